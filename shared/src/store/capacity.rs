//! What a call costs, as DynamoDB reports it. A condition that fails costs, too, and is not reported.

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{Intercept, RuntimeComponents};
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, Input, Output,
};

use crate::usage::{self, Usage};

/// Has DynamoDB report what each call takes, and counts it with the call.
#[derive(Debug)]
pub(super) struct CountCapacity;

impl Intercept for CountCapacity {
    fn name(&self) -> &'static str {
        "CountCapacity"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        ask(context.input_mut());
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        usage::call_begins();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        usage::call_ends();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = context.output_or_error() {
            usage::add(consumed(output));
        }
        Ok(())
    }
}

/// What a call is for: its units have one name for both.
#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
}

fn ask(input: &mut Input) {
    macro_rules! ask {
        ($($operation:ty),* $(,)?) => {
            $(if let Some(input) = input.downcast_mut::<$operation>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                return;
            })*
        };
    }
    ask!(
        GetItemInput,
        BatchGetItemInput,
        QueryInput,
        ScanInput,
        PutItemInput,
        UpdateItemInput,
        DeleteItemInput,
        TransactWriteItemsInput,
    );
}

fn consumed(output: &Output) -> Usage {
    macro_rules! consumed {
        ($($operation:ty => $kind:ident),* $(,)?) => {
            $(if let Some(output) = output.downcast_ref::<$operation>() {
                return units(Kind::$kind, output.consumed_capacity.iter());
            })*
        };
    }
    consumed!(
        GetItemOutput => Read,
        QueryOutput => Read,
        ScanOutput => Read,
        PutItemOutput => Write,
        UpdateItemOutput => Write,
        DeleteItemOutput => Write,
    );
    if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
        return units(Kind::Read, output.consumed_capacity().iter());
    }
    if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
        return units(Kind::Write, output.consumed_capacity().iter());
    }
    Usage::default()
}

/// A transaction tells both kinds; what it was asked a second time reads alone.
fn units<'a>(kind: Kind, consumed: impl Iterator<Item = &'a ConsumedCapacity>) -> Usage {
    let mut used = Usage::default();
    for consumed in consumed {
        let (read, write) = (consumed.read_capacity_units, consumed.write_capacity_units);
        if read.is_some() || write.is_some() {
            used.read_units += read.unwrap_or_default();
            used.write_units += write.unwrap_or_default();
            continue;
        }
        let total = consumed.capacity_units.unwrap_or_default();
        match kind {
            Kind::Read => used.read_units += total,
            Kind::Write => used.write_units += total,
        }
    }
    used
}
