//! Levels for programs that act with an agent's session.

use axum::response::Response;
use kernel::{Error, FieldError, MembershipId, OrganizationId};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, Routes, created, rfc3339},
};

use crate::{
    model::{Change, Group, Level, Person, Policy, Requirement},
    operations,
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list_organizations))
        .routes(routes!(get, set))
        .routes(routes!(preview))
        .routes(routes!(list_persons))
        .routes(routes!(get_person))
        .routes(routes!(make_set_up_code))
        .routes(routes!(own))
}

/// What is decided for one group.
#[derive(Serialize, utoipa::ToSchema)]
struct MfaLevel {
    /// `practitioners`, `clients` or `employees`; `no_user_type` beside practitioners who come by single sign-on.
    group: &'static str,
    /// `upon_request`, `suggested` or `mandatory`. Nothing where the group signs in by single sign-on.
    level: Option<&'static str>,
    /// The single sign-on that takes the place of a level.
    managed_by: Option<String>,
    people: i64,
    without_second_factor: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
struct MfaLevels {
    #[schema(value_type = String)]
    organization_id: OrganizationId,
    /// To be sent along with a save.
    version: i64,
    changed_at: Option<String>,
    changed_by: Option<String>,
    levels: Vec<MfaLevel>,
}

impl MfaLevels {
    fn new(organization_id: OrganizationId, policy: Policy) -> Self {
        let levels = policy.settings.into_iter().map(|setting| MfaLevel {
            group: setting.group.as_str(),
            level: setting.managed_by.is_none().then(|| setting.level.as_str()),
            people: setting.people,
            without_second_factor: setting.unprotected(),
            managed_by: setting.managed_by,
        });
        Self {
            organization_id,
            version: policy.version,
            changed_at: policy.changed_at.map(rfc3339),
            changed_by: policy.changed_by,
            levels: levels.collect(),
        }
    }
}

/// Which levels to set; a group that is left out stays as it is.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct WantedLevels {
    #[schema(example = "mandatory")]
    practitioners: Option<String>,
    clients: Option<String>,
    employees: Option<String>,
    /// While practitioners sign in by single sign-on; else these are practitioners.
    no_user_type: Option<String>,
}

impl WantedLevels {
    fn read(&self) -> Result<Vec<(Group, Level)>, Error> {
        let each = [
            ("levels/practitioners", Group::Practitioners, &self.practitioners),
            ("levels/clients", Group::Clients, &self.clients),
            ("levels/employees", Group::Employees, &self.employees),
            ("levels/no_user_type", Group::Untyped, &self.no_user_type),
        ];
        let mut wanted = Vec::new();
        let mut wrong = Vec::new();
        for (field, group, text) in each {
            let Some(text) = text else { continue };
            match Level::parse(text) {
                Some(level) => wanted.push((group, level)),
                None => wrong.push(FieldError {
                    field,
                    code: kernel::Code("not_a_level"),
                    sentence: "Choose upon_request, suggested or mandatory.".to_owned(),
                }),
            }
        }
        if wrong.is_empty() { Ok(wanted) } else { Err(Error::Invalid(wrong)) }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct MfaOrganization {
    name: String,
    #[serde(flatten)]
    levels: MfaLevels,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Search {
    /// Part of a name.
    search: String,
}

/// Which page: the token is how many to pass over.
fn offset(query: &PageQuery) -> i64 {
    query
        .page_token
        .as_deref()
        .and_then(|token| token.parse().ok())
        .filter(|offset| *offset >= 0)
        .unwrap_or(0)
}

fn next(has_more: bool, offset: i64, limit: i64) -> Option<String> {
    has_more.then(|| offset.saturating_add(limit).to_string())
}

/// The organizations with their levels, by name. For agents of level 2 and 3.
#[utoipa::path(get, path = "/api/v1/mfa-levels/organizations", operation_id = "mfa_levels.list_organizations",
    tag = "mfa_levels",
    params(Search, PageQuery),
    responses((status = 200, body = List<MfaOrganization>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_organizations(
    caller: Caller,
    Query(search): Query<Search>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<MfaOrganization>>, Failure> {
    let offset = offset(&query);
    let (listed, has_more) = operations::list(&caller, &search.search, query.limit(), offset).await?;
    let listed = listed.into_iter().map(|listed| MfaOrganization {
        name: listed.name,
        levels: MfaLevels::new(listed.organization, listed.policy),
    });
    Ok(Json(List::new(listed.collect(), next(has_more, offset, query.limit()))))
}

/// The levels of an organization, and how many people each touches.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/mfa-levels", operation_id = "mfa_levels.get",
    tag = "mfa_levels", params(("organization" = String, Path, description = "`grp_…`")),
    responses((status = 200, body = MfaLevels), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Json<MfaLevels>, Failure> {
    let (_, policy) = operations::view(&caller, id).await?;
    Ok(Json(MfaLevels::new(id, policy)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MfaLevelsSet {
    /// The version that was looked at.
    version: i64,
    levels: WantedLevels,
    /// Needed where a group goes to `upon_request`.
    #[serde(default)]
    confirmed: bool,
}

/// Sets the levels of one or several groups at once. It holds from the answer on, in open sessions too.
#[utoipa::path(put, path = "/api/v1/organizations/{organization}/mfa-levels", operation_id = "mfa_levels.set",
    tag = "mfa_levels", params(("organization" = String, Path, description = "`grp_…`")), request_body = MfaLevelsSet,
    responses((status = 200, body = MfaLevels), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "levels_changed, confirmation_required, managed_by_sso, no_such_group"),
        (status = 422, body = Problem)))]
async fn set(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Json(body): Json<MfaLevelsSet>,
) -> Result<Json<MfaLevels>, Failure> {
    operations::agent(&caller)?;
    let wanted = body.levels.read()?;
    let (policy, _) = operations::set(&caller, id, body.version, &wanted, body.confirmed).await?;
    Ok(Json(MfaLevels::new(id, policy)))
}

#[derive(Serialize, utoipa::ToSchema)]
struct MfaLevelChange {
    group: &'static str,
    before: &'static str,
    after: &'static str,
    /// How many people it touches.
    people: i64,
    without_second_factor: i64,
    needs_confirmation: bool,
}

impl From<Change> for MfaLevelChange {
    fn from(change: Change) -> Self {
        Self {
            group: change.group.as_str(),
            before: change.before.as_str(),
            after: change.after.as_str(),
            people: change.people,
            without_second_factor: change.unprotected,
            needs_confirmation: change.needs_confirmation(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct MfaLevelsPreview {
    version: i64,
    changes: Vec<MfaLevelChange>,
}

/// What a save of these levels would change. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/mfa-levels/preview", operation_id = "mfa_levels.preview",
    tag = "mfa_levels", params(("organization" = String, Path, description = "`grp_…`")), request_body = WantedLevels,
    responses((status = 200, body = MfaLevelsPreview), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "managed_by_sso, no_such_group"),
        (status = 422, body = Problem)))]
async fn preview(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Json(body): Json<WantedLevels>,
) -> Result<Json<MfaLevelsPreview>, Failure> {
    operations::agent(&caller)?;
    let (policy, changes) = operations::preview(&caller, id, &body.read()?).await?;
    let changes = changes.into_iter().map(MfaLevelChange::from).collect();
    Ok(Json(MfaLevelsPreview { version: policy.version, changes }))
}

/// What one of a person's organizations asks of them.
#[derive(Serialize, utoipa::ToSchema)]
struct MfaSource {
    /// Nothing where it is another organization than the one that is looked at.
    organization: Option<String>,
    group: &'static str,
    level: &'static str,
    managed_by: Option<String>,
}

impl MfaSource {
    /// What counts, and whose it is. `seen_from` is the organization whose people are looked at: others are not named.
    fn each(requirement: &Requirement, seen_from: Option<OrganizationId>) -> Vec<Self> {
        let sources = requirement.sources.iter().map(|source| Self {
            organization: seen_from
                .is_none_or(|from| from == source.organization)
                .then(|| source.organization_name.clone()),
            group: source.group.as_str(),
            level: source.level.as_str(),
            managed_by: source.managed_by.clone(),
        });
        sources.collect()
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct MfaPerson {
    #[schema(value_type = String, example = "mbr_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    member_id: MembershipId,
    name: String,
    email: String,
    user_type: &'static str,
    group: &'static str,
    /// `not_offered`, `suggested`, `forced`, `set_up` or `managed_by_sso`.
    state: &'static str,
    has_second_factor: bool,
    /// Where that comes from.
    sources: Vec<MfaSource>,
    /// A code that an agent made for them is good until then.
    set_up_code_until: Option<String>,
}

impl MfaPerson {
    fn new(person: Person, organization: OrganizationId) -> Self {
        Self {
            member_id: person.membership,
            state: person.requirement.state_in(organization).as_str(),
            has_second_factor: person.requirement.has_second_factor,
            sources: MfaSource::each(&person.requirement, Some(organization)),
            group: person.requirement.group_in(organization, person.user_type).as_str(),
            user_type: person.user_type.as_str(),
            name: person.name,
            email: person.email,
            set_up_code_until: person.code_until.map(rfc3339),
        }
    }
}

/// The people of an organization, and how it stands with each.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/mfa-levels/people", operation_id = "mfa_levels.list_persons",
    tag = "mfa_levels", params(("organization" = String, Path, description = "`grp_…`"), Search, PageQuery),
    responses((status = 200, body = List<MfaPerson>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_persons(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(search): Query<Search>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<MfaPerson>>, Failure> {
    let offset = offset(&query);
    let (_, people, has_more) =
        operations::persons(&caller, id, &search.search, query.limit(), offset).await?;
    let people = people.into_iter().map(|person| MfaPerson::new(person, id)).collect();
    Ok(Json(List::new(people, next(has_more, offset, query.limit()))))
}

/// One person of an organization.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/mfa-levels/people/{member}",
    operation_id = "mfa_levels.get_person", tag = "mfa_levels",
    params(("organization" = String, Path, description = "`grp_…`"), ("member" = String, Path, description = "`mbr_…`")),
    responses((status = 200, body = MfaPerson), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get_person(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
) -> Result<Json<MfaPerson>, Failure> {
    let (_, person) = operations::person(&caller, id, member).await?;
    Ok(Json(MfaPerson::new(person, id)))
}

#[derive(Serialize, utoipa::ToSchema)]
struct SetUpCode {
    /// Eight digits. Shown this once, to be told to the person and to nobody else.
    #[schema(example = "40718236")]
    code: String,
    expires_at: String,
}

/// Makes a code with which this person can set up a second factor without their mailbox. Find out first who it is.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/mfa-levels/people/{member}/set-up-code",
    operation_id = "mfa_levels.make_set_up_code", tag = "mfa_levels",
    params(("organization" = String, Path, description = "`grp_…`"), ("member" = String, Path, description = "`mbr_…`")),
    responses((status = 201, body = SetUpCode), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "agent_level_required, vendor_staff"), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "second_factor_on")))]
async fn make_set_up_code(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    let (code, expires_at) = operations::make_set_up_code(&caller, id, member).await?;
    Ok(created(SetUpCode { code, expires_at: rfc3339(expires_at) }))
}

#[derive(Serialize, utoipa::ToSchema)]
struct OwnMfaLevel {
    /// The strictest level of the caller's organizations; in a session by single sign-on, of the one that it is good for.
    level: &'static str,
    /// `not_offered`, `suggested`, `forced`, `set_up` or `managed_by_sso`.
    state: &'static str,
    sources: Vec<MfaSource>,
}

/// What is asked of the caller, and by which of their organizations.
#[utoipa::path(get, path = "/api/v1/account/mfa-level", operation_id = "mfa_levels.own", tag = "mfa_levels",
    responses((status = 200, body = OwnMfaLevel), (status = 401, body = Problem)))]
async fn own(caller: Caller) -> Result<Json<OwnMfaLevel>, Failure> {
    let requirement = operations::own(&caller).await?;
    let by_sso_of = caller.person()?.single_sign_on_of;
    Ok(Json(OwnMfaLevel {
        level: requirement.level(by_sso_of).as_str(),
        state: requirement.state(by_sso_of).as_str(),
        sources: MfaSource::each(&requirement, None),
    }))
}
