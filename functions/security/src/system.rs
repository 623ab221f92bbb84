//! What the system is made of, and what can be told to it: rows 3, 14, 15, 17 and 18. The document has no row for the audit
//! trail.

mod audit;
mod command;

use axum::Json;
use axum::extract::{FromRef, State as Shared};
use serde::Serialize;
use shared::domain::{AccountOperation, LogLevel, PolicyRule, SecurityProfile, Subsystem, Whose};
use shared::error::Error;
use shared::http::{Fault, Fields, operations};
use shared::runtime::{Foundation, StartError};
use shared::service::{
    AuditReading, Endpoint, SecurityAdmin, SecurityRoot, SecuritySystem, Sessions, SystemControl,
    SystemInfo,
};
use utoipa::{IntoParams, ToSchema};

use crate::document::{BodyRefused, OutOfService, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, BodyFields, Holder, QueryFields};
use crate::view::Success;
use command::{Command, SystemRequest};

operations! { State;
    GET "/security/api/v1/systemEndpoints" => endpoints,
    GET "/security/api/v1/securityProfiles" => profiles,
    GET "/security/api/v1/systemServices" => services,
    GET "/security/api/v1/system" => info,
    POST "/security/api/v1/system" => command,
    GET "/security/api/v1/audit/{userId}" => audit::events,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sessions: Sessions,
    system: SystemControl,
    audit: AuditReading,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            sessions: foundation.sessions()?,
            system: foundation.system_control(),
            audit: foundation.audit_reading(),
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

/// Where all dialects are.
#[derive(Serialize, ToSchema)]
struct SystemEndpointList {
    endpoints: Vec<SystemEndpoint>,
}

#[derive(Serialize, ToSchema)]
struct SystemEndpoint {
    #[serde(rename = "type")]
    #[schema(example = "security")]
    kind: &'static str,
    id: usize,
    #[schema(example = "Gatehouse")]
    vendor: &'static str,
    #[schema(example = "https://id.example.com/security")]
    uri: String,
    #[serde(rename = "authenticationType")]
    #[schema(example = "bearer")]
    authentication_type: &'static str,
}

impl SystemEndpoint {
    fn new((index, endpoint): (usize, Endpoint)) -> Self {
        Self {
            kind: endpoint.dialect.as_str(),
            id: index + 1,
            vendor: "Gatehouse",
            uri: endpoint.uri,
            authentication_type: "bearer",
        }
    }
}

/// List the dialects that are served
#[utoipa::path(get, path = "/security/api/v1/systemEndpoints", tag = "system", security(("bearer" = [])),
    responses((status = 200, description = "OK", body = SystemEndpointList), TokenRefused, OutOfService))]
async fn endpoints(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
) -> Json<SystemEndpointList> {
    let served = state.system.endpoints(&caller).into_iter();
    let endpoints = served.enumerate().map(SystemEndpoint::new).collect();
    Json(SystemEndpointList { endpoints })
}

/// What each role may do.
#[derive(Serialize, ToSchema)]
struct SecurityProfileList {
    profiles: Vec<SecurityProfileView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SecurityProfile)]
struct SecurityProfileView {
    #[schema(format = "int64")]
    id: u64,
    #[schema(example = "noc")]
    name: &'static str,
    description: &'static str,
    policy: Vec<PolicyView>,
    /// The role that has the profile
    #[schema(example = "noc")]
    role: &'static str,
    /// None: the profile is built in
    #[schema(value_type = [Object])]
    notes: [(); 0],
}

#[derive(Serialize, ToSchema)]
#[schema(as = SecurityProfilePolicy)]
struct PolicyView {
    /// The accounts: `users/<role>`, or `users/self` for the own
    #[schema(example = "users/noc")]
    resource: String,
    /// `READ`, `MODIFY`, `DELETE`, `CREATE`, or `NONE`
    #[schema(example = "CREATE")]
    access: &'static str,
}

impl From<&SecurityProfile> for SecurityProfileView {
    fn from(profile: &SecurityProfile) -> Self {
        Self {
            id: profile.number(),
            name: profile.role.as_str(),
            description: profile.description,
            policy: profile.policy.iter().map(PolicyView::from).collect(),
            role: profile.role.as_str(),
            notes: [],
        }
    }
}

impl From<&PolicyRule> for PolicyView {
    fn from(PolicyRule { whose, access }: &PolicyRule) -> Self {
        let accounts = match whose {
            Whose::Own => "self",
            Whose::Other(role) => role.as_str(),
        };
        Self {
            resource: format!("users/{accounts}"),
            access: match access {
                None => "NONE",
                Some(AccountOperation::Read) => "READ",
                Some(AccountOperation::Modify) => "MODIFY",
                Some(AccountOperation::Delete) => "DELETE",
                Some(AccountOperation::Create) => "CREATE",
            },
        }
    }
}

/// Which part of the profiles is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ProfilesAsked {
    /// The first one, counted from 1
    #[param(minimum = 1, default = 1, value_type = Option<u64>)]
    offset: usize,
    /// How many; all if absent
    #[param(value_type = Option<u64>)]
    limit: usize,
    /// What the name holds, in any case
    #[param(value_type = Option<String>)]
    filter: String,
}

impl ProfilesAsked {
    fn read(query: &Fields) -> Result<Self, Fault> {
        let number = |name| -> Result<Option<usize>, Fault> {
            let number = query.optional_number(name)?;
            // As good as infinite, if it does not fit.
            Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
        };
        let offset = number("offset")?.unwrap_or(1);
        if offset == 0 {
            return Err(Error::InvalidField("offset").into());
        }
        Ok(Self {
            offset,
            limit: number("limit")?.unwrap_or(usize::MAX),
            filter: query.optional("filter")?.unwrap_or_default().to_owned(),
        })
    }
}

/// List the security profiles
///
/// One per role. They are built in and say what the roles allow. Needs the role root or admin.
#[utoipa::path(get, path = "/security/api/v1/securityProfiles", tag = "system", security(("bearer" = [])),
    params(ProfilesAsked),
    responses(
        (status = 200, description = "OK", body = SecurityProfileList),
        (status = 400, body = ErrorBody, description = "The part cannot be read (1018)"),
        TokenRefused, OutOfService,
    ))]
async fn profiles(
    Shared(state): Shared<State>,
    Holder(caller): Holder<SecurityAdmin>,
    QueryFields(query): QueryFields,
) -> Result<Json<SecurityProfileList>, ApiError> {
    let asked = ProfilesAsked::read(&query)?;
    let found = state.system.profiles(&caller, &asked.filter);
    let part = found.iter().skip(asked.offset - 1).take(asked.limit);
    let profiles = part.map(SecurityProfileView::from).collect();
    Ok(Json(SecurityProfileList { profiles }))
}

/// What another service has to know.
#[derive(Serialize, ToSchema)]
struct InternalSystemServices {
    /// The name of the key that signs tokens; the key itself is at `/.well-known/jwks.json`
    key: String,
    #[schema(example = 1)]
    version: u32,
    services: Vec<InternalSystemService>,
}

#[derive(Serialize, ToSchema)]
struct InternalSystemService {
    /// The same as `publicURI`: there is no other way in
    #[serde(rename = "privateURI")]
    private_uri: String,
    #[serde(rename = "publicURI")]
    public_uri: String,
    /// Always empty
    token: &'static str,
}

impl From<Endpoint> for InternalSystemService {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            private_uri: endpoint.uri.clone(),
            public_uri: endpoint.uri,
            token: "",
        }
    }
}

/// List the services, for another service
///
/// Needs the role system or root.
#[utoipa::path(get, path = "/security/api/v1/systemServices", tag = "system", security(("bearer" = [])),
    responses((status = 200, description = "OK", body = InternalSystemServices), TokenRefused, OutOfService))]
async fn services(
    Shared(state): Shared<State>,
    Holder(caller): Holder<SecuritySystem>,
) -> Result<Json<InternalSystemServices>, ApiError> {
    let (key, served) = state.system.services(&caller)?;
    let services = served.into_iter().map(InternalSystemService::from);
    Ok(Json(InternalSystemServices {
        key,
        version: 1,
        services: services.collect(),
    }))
}

/// What the process that answers tells of itself.
#[derive(Serialize, ToSchema)]
struct SystemInfoView {
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Seconds since it began to serve
    uptime: i64,
    /// When that was, in epoch seconds
    start: i64,
    #[schema(example = "linux")]
    os: &'static str,
    processors: usize,
    /// On Lambda the function's name
    hostname: String,
    /// None: the gateway has them
    #[schema(value_type = [Object])]
    certificates: [(); 0],
}

impl From<SystemInfo> for SystemInfoView {
    fn from(info: SystemInfo) -> Self {
        Self {
            version: info.version,
            uptime: info.uptime,
            start: info.machine.started_at.as_second(),
            os: info.machine.os,
            processors: info.machine.processors,
            hostname: info.machine.hostname,
            certificates: [],
        }
    }
}

/// See what the system tells of itself
///
/// Of the one process that answers, of many. Needs the role root or admin.
#[utoipa::path(get, path = "/security/api/v1/system", tag = "system", security(("bearer" = [])),
    params(("command" = String, Query, description = "`info`, in any case", example = "info")),
    responses(
        (status = 200, description = "OK", body = SystemInfoView),
        (status = 400, body = ErrorBody, description = "There is no such command (1031)"),
        TokenRefused, OutOfService,
    ))]
async fn info(
    Shared(state): Shared<State>,
    Holder(caller): Holder<SecurityAdmin>,
    QueryFields(query): QueryFields,
) -> Result<Json<SystemInfoView>, ApiError> {
    let command = query.optional("command")?.unwrap_or_default();
    if !command.eq_ignore_ascii_case("info") {
        return Err(command::unknown());
    }
    Ok(Json(state.system.info(&caller).into()))
}

/// What a command answers.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum SystemAnswer {
    /// To `setloglevel` and `reload`
    Done(Success),
    /// To `getloglevels`
    Levels {
        #[serde(rename = "tagList")]
        tag_list: Vec<TagValue>,
    },
    /// To `getloglevelnames` and `getsubsystemnames`
    Names { list: Vec<&'static str> },
}

/// A subsystem and its level.
#[derive(Serialize, ToSchema)]
struct TagValue {
    #[schema(example = "http")]
    tag: &'static str,
    #[schema(example = "debug")]
    value: &'static str,
}

/// Tell the system something
///
/// `setloglevel`: at once in the process that answers, within five minutes in all others. `reload`: the process that answers
/// makes anew all that it keeps between requests. Needs the role root.
#[utoipa::path(post, path = "/security/api/v1/system", tag = "system", security(("bearer" = [])),
    request_body = SystemRequest,
    responses(
        (status = 200, description = "OK", body = SystemAnswer),
        (status = 400, body = ErrorBody,
            description = "There is no such command (1031), or a member is missing or names no subsystem or level (1018)"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn command(
    Shared(state): Shared<State>,
    Holder(caller): Holder<SecurityRoot>,
    BodyFields(fields): BodyFields,
) -> Result<Json<SystemAnswer>, ApiError> {
    let system = &state.system;
    Ok(Json(match Command::read(&fields)? {
        Command::SetLogLevels(levels) => {
            system.set_log_levels(&caller, &levels).await?;
            SystemAnswer::Done(Success::POSTED)
        }
        Command::Reload => {
            system.reload(&caller);
            SystemAnswer::Done(Success::POSTED)
        }
        Command::GetLogLevels => levels(&system.log_levels(&caller).await?),
        Command::GetLogLevelNames => SystemAnswer::Names {
            list: LogLevel::ALL.map(LogLevel::as_str).to_vec(),
        },
        Command::GetSubsystemNames => SystemAnswer::Names {
            list: Subsystem::all().map(Subsystem::as_str).collect(),
        },
    }))
}

fn levels(levels: &[(Subsystem, LogLevel)]) -> SystemAnswer {
    let entry = |(subsystem, level): &(Subsystem, LogLevel)| TagValue {
        tag: subsystem.as_str(),
        value: level.as_str(),
    };
    SystemAnswer::Levels {
        tag_list: levels.iter().map(entry).collect(),
    }
}
