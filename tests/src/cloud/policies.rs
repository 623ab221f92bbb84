//! Rights, judged as IAM judges them.

use serde_json::{Value, json};

use crate::harness::{Call, Policies};
use crate::template::Template;

const TEMPLATE: &str = "
Resources:
  Users:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${AWS::StackName}-users'
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: listing
          KeySchema:
            - { AttributeName: listing, KeyType: HASH }
            - { AttributeName: listed_at, KeyType: RANGE }
  Sessions:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${AWS::StackName}-sessions'
      KeySchema:
        - { AttributeName: user_id, KeyType: HASH }
        - { AttributeName: session_id, KeyType: RANGE }
  Auth:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: auth } }
    Properties:
      Policies:
        - Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:ConditionCheckItem]
              Resource: !GetAtt Users.Arn
              Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['user#*', 'email#default#?'] } }
            - Effect: Allow
              Action: dynamodb:Query
              Resource: !Sub '${Users.Arn}/index/listing'
            - Effect: Allow
              Action: dynamodb:*
              Resource: !GetAtt Sessions.Arn
            - Effect: Deny
              Action: dynamodb:Scan
              Resource: '*'
            - Effect: Allow
              Action: ssm:GetParametersByPath
              Resource: !Sub 'arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${AWS::StackName}/signing/*'
            - Effect: Allow
              Action: kms:Sign
              Resource: !Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/*'
              Condition: { StringEquals: { 'aws:ResourceTag/gatehouse': ours } }
            - Effect: Allow
              Action: [kms:CreateKey, kms:TagResource]
              Resource: '*'
              Condition: { StringEquals: { 'aws:RequestTag/gatehouse': ours } }
";

/// What is refused of a call that the function `auth` makes.
fn refused(target: &str, body: &Value) -> Vec<String> {
    let policies = Policies::of(&Template::parse(TEMPLATE));
    let body = body.to_string();
    let call = Call {
        target,
        body: body.as_bytes(),
    };
    let allowed = policies.allow("auth", call);
    assert!(!policies.allow("another", call), "it has no policy");
    let mut refused = policies.refused();
    refused.retain(|refusal| refusal.starts_with("auth "));
    assert_eq!(allowed, refused.is_empty());
    refused
}

fn dynamodb(operation: &str, body: &Value) -> Vec<String> {
    refused(&format!("DynamoDB_20120810.{operation}"), body)
}

fn key(pk: &str) -> Value {
    json!({ "pk": { "S": pk } })
}

#[test]
fn a_key_has_to_be_like_one_of_the_leading_keys() {
    let get = |pk: &str| json!({ "TableName": "gatehouse-users", "Key": key(pk) });
    for allowed in ["user#1", "user#", "email#default#a"] {
        assert_eq!(dynamodb("GetItem", &get(allowed)), [""; 0], "{allowed}");
    }
    for (pk, refusal) in [
        (
            "number#1",
            "auth may not dynamodb:GetItem table/gatehouse-users [\"number#1\"]",
        ),
        (
            "email#default#ab",
            "auth may not dynamodb:GetItem table/gatehouse-users [\"email#default#ab\"]",
        ),
    ] {
        assert_eq!(dynamodb("GetItem", &get(pk)), [refusal]);
    }
    let item = json!({ "TableName": "gatehouse-users", "Item": key("user#1") });
    assert_eq!(dynamodb("PutItem", &item), [""; 0]);
    assert_eq!(dynamodb("UpdateItem", &get("user#1")).len(), 1);
}

#[test]
fn every_part_of_a_batch_and_of_a_transaction_is_judged() {
    let batch = json!({ "RequestItems": {
        "gatehouse-users": { "Keys": [key("user#1"), key("number#1")] },
        "gatehouse-sessions": { "Keys": [{ "user_id": { "S": "1" }, "session_id": { "S": "2" } }] },
    } });
    assert_eq!(
        dynamodb("BatchGetItem", &batch),
        ["auth may not dynamodb:BatchGetItem table/gatehouse-users [\"user#1\", \"number#1\"]"]
    );
    let users = "gatehouse-users";
    let transaction = json!({ "TransactItems": [
        { "Put": { "TableName": users, "Item": key("user#1") } },
        { "ConditionCheck": { "TableName": users, "Key": key("user#1") } },
        { "Put": { "TableName": users, "Item": key("number#1") } },
        { "Delete": { "TableName": users, "Key": key("user#1") } },
    ] });
    assert_eq!(
        dynamodb("TransactWriteItems", &transaction),
        [
            "auth may not dynamodb:PutItem table/gatehouse-users [\"number#1\"]",
            "auth may not dynamodb:DeleteItem table/gatehouse-users [\"user#1\"]",
        ]
    );
}

#[test]
fn an_index_is_a_resource_of_its_own_and_a_denial_goes_before_all() {
    let mut query = json!({
        "TableName": "gatehouse-users",
        "IndexName": "listing",
        "KeyConditionExpression": "#l = :listing",
        "ExpressionAttributeNames": { "#l": "listing" },
        "ExpressionAttributeValues": { ":listing": { "S": "default#0" } },
    });
    assert_eq!(dynamodb("Query", &query), [""; 0]);
    query["IndexName"] = Value::Null;
    query["ExpressionAttributeNames"]["#l"] = json!("pk");
    assert_eq!(
        dynamodb("Query", &query),
        ["auth may not dynamodb:Query table/gatehouse-users [\"default#0\"]"]
    );
    let scan = json!({ "TableName": "gatehouse-sessions" });
    assert_eq!(dynamodb("Scan", &scan).len(), 1);
}

#[test]
fn keys_are_told_apart_by_their_tags() {
    let allows = |function: &str, operation: &str, body: &Value, tags: &[(&str, &str)]| {
        let policies = Policies::of(&Template::parse(TEMPLATE));
        let (target, body) = (format!("TrentService.{operation}"), body.to_string());
        let call = Call {
            target: &target,
            body: body.as_bytes(),
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let tags: Vec<_> = tags.iter().map(owned).collect();
        policies.allow_kms(function, call, &tags)
    };
    let key = json!({ "KeyId": "1" });
    assert!(allows("auth", "Sign", &key, &[("gatehouse", "ours")]));
    for tags in [&[][..], &[("gatehouse", "theirs")], &[("another", "ours")]] {
        assert!(!allows("auth", "Sign", &key, tags), "{tags:?}");
    }
    assert!(!allows("another", "Sign", &key, &[("gatehouse", "ours")]));
    let deletion = "ScheduleKeyDeletion";
    assert!(!allows("auth", deletion, &key, &[("gatehouse", "ours")]));
    let tagged = |value: &str| json!({ "Tags": [{ "TagKey": "gatehouse", "TagValue": value }] });
    assert!(allows("auth", "CreateKey", &tagged("ours"), &[]));
    assert!(!allows("auth", "CreateKey", &tagged("theirs"), &[]));
    assert!(!allows("auth", "CreateKey", &json!({}), &[]));
}

#[test]
fn parameters_are_resources_by_their_names() {
    let target = "AmazonSSM.GetParametersByPath";
    let path = json!({ "Path": "/gatehouse/signing/RS256" });
    assert_eq!(refused(target, &path), [""; 0]);
    assert_eq!(
        refused(target, &json!({ "Path": "/gatehouse/server" })).len(),
        1
    );
}
