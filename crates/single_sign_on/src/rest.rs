//! Single sign-on of an organization, for its administrators and for the vendor's people who prepare it. No program does this.

use axum::response::Response;
use http::StatusCode;
use kernel::{ConnectionId, ConnectionSettingsId, DomainId, EmailAddress, Error, IdentityId};
use organizations::UserType;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use crate::{
    model::{Connection, Domain, PROOF_PATH, Settings},
    operations::{self, Prepare},
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(get))
        .routes(routes!(create))
        .routes(routes!(change, remove))
        .routes(routes!(activate))
        .routes(routes!(disable))
        .routes(routes!(list_people))
        .routes(routes!(disconnect))
        .routes(routes!(add_domain))
        .routes(routes!(remove_domain))
        .routes(routes!(prove_domain))
        .routes(routes!(confirm_domain))
        .routes(routes!(find))
}

/// How a provider is spoken to. What shows who we are is never shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnSettings)]
struct SettingsBody {
    #[schema(value_type = String, example = "scs_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: ConnectionSettingsId,
    #[schema(example = "https://login.example.com/tenant")]
    issuer: String,
    client_id: String,
    /// `practitioners`, `clients`, `employees`: who signs in by it.
    user_types: Vec<&'static str>,
    /// What somebody becomes who is not known here; none: nobody new comes in.
    new_people: Option<&'static str>,
    created_at: String,
    /// When somebody signed in with these settings to try them.
    tested_at: Option<String>,
    /// What the provider said then.
    claims: Vec<Claim>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnClaim)]
struct Claim {
    name: String,
    value: String,
}

impl SettingsBody {
    fn new(settings: Settings) -> Self {
        Self {
            id: settings.id,
            user_types: settings.groups.iter().map(|group| group.as_str()).collect(),
            new_people: settings.new_people.map(UserType::as_str),
            created_at: rfc3339(settings.created_at),
            tested_at: settings.tested_at.map(rfc3339),
            claims: settings.claims.into_iter().map(|(name, value)| Claim { name, value }).collect(),
            issuer: settings.issuer,
            client_id: settings.client_id,
        }
    }
}

/// A provider at which people of an organization sign in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnConnection)]
struct ConnectionBody {
    #[schema(value_type = String, example = "sso_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: ConnectionId,
    name: String,
    /// `active` or `off`.
    state: &'static str,
    /// Where the provider sends browsers back to; to be entered there.
    redirect_uri: String,
    /// Where the provider tells that somebody signed out; to be entered there.
    back_channel_logout_uri: String,
    /// What people sign in with.
    live: Option<SettingsBody>,
    /// What was prepared since, and is not switched on.
    draft: Option<SettingsBody>,
    created_at: String,
}

impl ConnectionBody {
    fn new(caller: &Caller, connection: Connection) -> Self {
        let (redirect_uri, back_channel_logout_uri) = addresses(caller, connection.id);
        Self {
            id: connection.id,
            state: connection.state(),
            redirect_uri,
            back_channel_logout_uri,
            live: connection.live.map(SettingsBody::new),
            draft: connection.draft.map(SettingsBody::new),
            created_at: rfc3339(connection.created_at),
            name: connection.name,
        }
    }
}

/// What has to be entered at the provider.
pub(crate) fn addresses(caller: &Caller, id: ConnectionId) -> (String, String) {
    let settings = &caller.world.settings;
    let own = settings.seen_from(&settings.public_url, &caller.origin.host);
    (format!("{own}/sign-in/sso/{id}/callback"), format!("{own}/sign-in/sso/{id}/back-channel-logout"))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnDomain)]
struct DomainBody {
    #[schema(value_type = String, example = "dom_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: DomainId,
    domain: String,
    /// Where the line has to stand.
    address: String,
    /// The line that shows whose the domain is.
    line: String,
    proved_at: Option<String>,
    /// `file`, or `vendor`: the vendor's administrator made sure by other means.
    proved_how: Option<String>,
}

impl DomainBody {
    fn new(domain: Domain) -> Self {
        Self {
            id: domain.id,
            address: format!("https://{}{PROOF_PATH}", domain.domain),
            line: domain.line(),
            proved_at: domain.proved_at.map(rfc3339),
            proved_how: domain.proved_how,
            domain: domain.domain,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOn)]
struct OverviewBody {
    connections: Vec<ConnectionBody>,
    domains: Vec<DomainBody>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnPrepare)]
struct PrepareBody {
    name: String,
    issuer: String,
    client_id: String,
    /// May be left out where there is one for the same issuer already.
    #[serde(default)]
    client_secret: String,
    user_types: Vec<String>,
    /// `practitioner`, `administrator_client`, `standard_client` or `employee`.
    #[serde(default)]
    new_people: String,
}

impl From<PrepareBody> for Prepare {
    fn from(body: PrepareBody) -> Self {
        Self {
            name: body.name,
            issuer: body.issuer,
            client_id: body.client_id,
            client_secret: body.client_secret,
            groups: body.user_types,
            new_people: body.new_people,
        }
    }
}

/// The connections and the domains of an organization.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/single-sign-on",
    operation_id = "single_sign_on.get", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = OverviewBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(caller: Caller, Path(name): Path<String>) -> Result<Json<OverviewBody>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let overview = operations::overview(&caller, id).await?;
    Ok(Json(OverviewBody {
        connections: overview
            .connections
            .into_iter()
            .map(|connection| ConnectionBody::new(&caller, connection))
            .collect(),
        domains: overview.domains.into_iter().map(DomainBody::new).collect(),
    }))
}

/// Prepares a connection. What the provider says of itself is read at once.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/connections",
    operation_id = "single_sign_on.create", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = PrepareBody,
    responses((status = 201, body = ConnectionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<PrepareBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let connection = operations::create(&caller, id, body.into()).await?;
    Ok(created(ConnectionBody::new(&caller, connection)))
}

/// Prepares other settings. People go on to sign in with those that are on.
#[utoipa::path(put, path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}",
    operation_id = "single_sign_on.change", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`")), request_body = PrepareBody,
    responses((status = 200, body = ConnectionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    Path((name, id)): Path<(String, ConnectionId)>,
    Json(body): Json<PrepareBody>,
) -> Result<Json<ConnectionBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    let connection = operations::change(&caller, organization, id, body.into()).await?;
    Ok(Json(ConnectionBody::new(&caller, connection)))
}

/// Takes a connection that is off out of the list.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}",
    operation_id = "single_sign_on.remove", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove(
    caller: Caller,
    Path((name, id)): Path<(String, ConnectionId)>,
) -> Result<StatusCode, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    operations::remove(&caller, organization, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches on what was prepared and tried. An administrator of the organization only, who has just shown who they are.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}/activate",
    operation_id = "single_sign_on.activate", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`")),
    responses((status = 200, body = ConnectionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "not_tested, no_domain, no_local_administrator, people_outside_domains")))]
async fn activate(
    caller: Caller,
    Path((name, id)): Path<(String, ConnectionId)>,
) -> Result<Json<ConnectionBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    let connection = operations::activate(&caller, organization, id).await?;
    Ok(Json(ConnectionBody::new(&caller, connection)))
}

/// Switches it off. Everybody who signed in by it is out when this answers.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}/disable",
    operation_id = "single_sign_on.disable", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`")),
    responses((status = 200, body = ConnectionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn disable(
    caller: Caller,
    Path((name, id)): Path<(String, ConnectionId)>,
) -> Result<Json<ConnectionBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    let connection = operations::disable(&caller, organization, id).await?;
    Ok(Json(ConnectionBody::new(&caller, connection)))
}

/// Somebody's account at the provider.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnIdentity)]
struct IdentityBody {
    #[schema(value_type = String)]
    id: IdentityId,
    name: String,
    email: String,
    issuer: String,
    /// What the provider calls them. Nothing else says who they are.
    subject: String,
    created_at: String,
}

/// Who is connected, for administrators of the organization.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}/people",
    operation_id = "single_sign_on.list_people", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`")),
    responses((status = 200, body = List<IdentityBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_people(
    caller: Caller,
    Path((name, id)): Path<(String, ConnectionId)>,
) -> Result<Json<List<IdentityBody>>, Failure> {
    caller.person()?;
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    let people = operations::connected(&caller, organization, id).await?;
    let people = people.into_iter().map(|(identity, name, email)| IdentityBody {
        id: identity.id,
        name,
        email,
        issuer: identity.issuer,
        subject: identity.subject,
        created_at: rfc3339(identity.created_at),
    });
    Ok(Json(List::whole(people.collect())))
}

/// Takes an account at the provider from a person, who is out at once.
#[utoipa::path(delete,
    path = "/api/v1/organizations/{organization}/single-sign-on/connections/{connection}/people/{identity}",
    operation_id = "single_sign_on.disconnect", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("connection" = String, Path, description = "`sso_…`"), ("identity" = String, Path, description = "`idn_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn disconnect(
    caller: Caller,
    Path((name, connection, id)): Path<(String, ConnectionId, IdentityId)>,
) -> Result<StatusCode, Failure> {
    caller.person()?;
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    operations::disconnect(&caller, organization, connection, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnDomainAdd)]
struct AddDomainBody {
    #[schema(example = "example.com")]
    domain: String,
}

/// Begins to prove a mail domain.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/domains",
    operation_id = "single_sign_on.add_domain", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = AddDomainBody,
    responses((status = 201, body = DomainBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn add_domain(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<AddDomainBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let domain = operations::add_domain(&caller, id, &body.domain).await?;
    Ok(created(DomainBody::new(domain)))
}

/// Takes a domain out of the list.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/single-sign-on/domains/{domain}",
    operation_id = "single_sign_on.remove_domain", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("domain" = String, Path, description = "`dom_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove_domain(
    caller: Caller,
    Path((name, id)): Path<(String, DomainId)>,
) -> Result<StatusCode, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    operations::remove_domain(&caller, organization, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks whether the domain shows the line.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/domains/{domain}/prove",
    operation_id = "single_sign_on.prove_domain", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("domain" = String, Path, description = "`dom_…`")),
    responses((status = 200, body = DomainBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "domain_not_proved, domain_of_another")))]
async fn prove_domain(
    caller: Caller,
    Path((name, id)): Path<(String, DomainId)>,
) -> Result<Json<DomainBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    Ok(Json(DomainBody::new(operations::prove_domain(&caller, organization, id).await?)))
}

/// The vendor's administrator has made sure by other means whose the domain is. It is logged.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/single-sign-on/domains/{domain}/confirm",
    operation_id = "single_sign_on.confirm_domain", tag = "single_sign_on",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("domain" = String, Path, description = "`dom_…`")),
    responses((status = 200, body = DomainBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn confirm_domain(
    caller: Caller,
    Path((name, id)): Path<(String, DomainId)>,
) -> Result<Json<DomainBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    Ok(Json(DomainBody::new(operations::confirm_domain(&caller, organization, id).await?)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnFind)]
struct FindBody {
    email: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SingleSignOnWay)]
struct WayBody {
    name: String,
    /// The page to open.
    #[schema(example = "/sign-in/sso/sso_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    path: String,
}

/// Where an address signs in, as its domain tells. Whether anybody has the address makes no difference.
#[utoipa::path(post, path = "/api/v1/sign-in/single-sign-on", operation_id = "sign_in.find_single_sign_on", tag = "sign_in",
    request_body = FindBody, responses((status = 200, body = List<WayBody>), (status = 422, body = Problem)))]
async fn find(caller: Caller, Json(body): Json<FindBody>) -> Result<Json<List<WayBody>>, Failure> {
    let email: EmailAddress = body.email.parse().map_err(|_| {
        Error::invalid("email", "not_an_email_address", "Enter an e-mail address such as ana@example.com.")
    })?;
    let ways = operations::for_address(&mut *caller.read().await?, &email).await?;
    let ways = ways.into_iter().map(|(id, name)| WayBody { name, path: format!("/sign-in/sso/{id}") });
    Ok(Json(List::whole(ways.collect())))
}
