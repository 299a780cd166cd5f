//! Organizations, members and invitations for programs.

mod shapes;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::{Actor, Duration, Error, InvitationId, MembershipId};
use people::model::checked_email;
use serde::Deserialize;
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, Routes, created, instant},
};

use crate::{
    model::{MemberKind, Role, UserType, WhoMayOpen},
    operations::{
        self, ChangeMember, ChangeOrganization, ChangeSettings, CreateOrganization, Invite, MemberQuery,
        MemberSort, NewPerson,
    },
};
use shapes::{
    AcceptBody, Accepted, ChangeBody, ChangeMemberBody, CreateBody, Created, InvitationView, InviteBody,
    MemberView, OrganizationView, SettingsBody, word,
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change))
        .routes(routes!(change_settings))
        .routes(routes!(list_members))
        .routes(routes!(change_member, unlink))
        .routes(routes!(list_invitations, invite))
        .routes(routes!(revoke_invitation))
        .routes(routes!(accept))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct OrganizationQuery {
    /// Part of a name or of an external id; for the vendor only.
    search: String,
    /// A person's own organizations, also for a vendor administrator.
    mine: bool,
}

/// The vendor's: all organizations, without a way into any. A person's: those they belong to.
#[utoipa::path(get, path = "/api/v1/organizations", operation_id = "organizations.list", tag = "organizations",
    params(OrganizationQuery, PageQuery),
    responses((status = 200, body = List<OrganizationView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(
    caller: Caller,
    Query(query): Query<OrganizationQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<OrganizationView>>, Failure> {
    let is_own = match &caller.actor {
        Actor::Person(person) => query.mine || !person.staff.is_administrator,
        _ => false,
    };
    if is_own {
        let own = operations::list_own(&caller).await?;
        return Ok(Json(List::whole(own.into_iter().map(OrganizationView::from).collect())));
    }
    if let Actor::Nobody = caller.actor {
        return Err(Error::Unauthenticated.into());
    }
    let (all, next) =
        operations::list(&caller, &query.search, page.page_token.as_deref(), page.limit()).await?;
    Ok(Json(List::new(all.into_iter().map(OrganizationView::from).collect(), next)))
}

/// Makes an organization and invites its first administrator by e-mail.
#[utoipa::path(post, path = "/api/v1/organizations", operation_id = "organizations.create", tag = "organizations",
    request_body = CreateBody,
    responses((status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(caller: Caller, Json(body): Json<CreateBody>) -> Result<Response, Failure> {
    let administrator_email = checked_email("administrator_email", &body.administrator_email)
        .map_err(|error| Error::Invalid(vec![error]))?;
    let new = CreateOrganization {
        name: body.name,
        external_id: body.external_id,
        companies: body.companies,
        administrator_email,
        administrator_name: body.administrator_name,
    };
    let (organization, invitation) = operations::create(&caller, new).await?;
    Ok(created(Created {
        organization: OrganizationView::new(organization),
        invitation: InvitationView::from(invitation),
    }))
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}", operation_id = "organizations.get", tag = "organizations",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = OrganizationView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get(caller: Caller, Path(name): Path<String>) -> Result<Json<OrganizationView>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    Ok(Json(OrganizationView::from(operations::view(&caller, id).await?)))
}

/// What the vendor tells of an organization. What is left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/organizations/{organization}", operation_id = "organizations.change",
    tag = "organizations", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    request_body = ChangeBody,
    responses((status = 200, body = OrganizationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<ChangeBody>,
) -> Result<Json<OrganizationView>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let change = ChangeOrganization { name: body.name, companies: body.companies };
    Ok(Json(OrganizationView::new(operations::change(&caller, id, change).await?)))
}

/// What the organization decides for itself; its administrators only, in person.
#[utoipa::path(put, path = "/api/v1/organizations/{organization}/settings",
    operation_id = "organizations.change_settings", tag = "organizations",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = SettingsBody,
    responses((status = 200, body = OrganizationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change_settings(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<SettingsBody>,
) -> Result<Json<OrganizationView>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let settings = ChangeSettings {
        longest_validity: body.longest_validity_seconds.map(Duration::seconds),
        who_may_open: word("who_may_open", &body.who_may_open, WhoMayOpen::parse)?,
        backend_may_open: body.backend_may_open,
    };
    Ok(Json(OrganizationView::new(operations::change_settings(&caller, id, settings).await?)))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct MembersQuery {
    /// Part of a name or of an e-mail address.
    search: String,
    /// `administrator` or `member`.
    role: Option<String>,
    /// `customer` or `vendor_staff`.
    kind: Option<String>,
    /// With an end only, or without only.
    temporary: Option<bool>,
    /// `name`, `email`, `role`, `user_type` or `last_access`.
    sort: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/members", operation_id = "members.list",
    tag = "members", params(("organization" = String, Path, description = "`grp_…` or `ext:…`"), MembersQuery, PageQuery),
    responses((status = 200, body = List<MemberView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_members(
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<MembersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<MemberView>>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let offset = match page.page_token.as_deref() {
        None | Some("") => 0,
        Some(token) => token.parse::<u32>().map(i64::from).map_err(|_| {
            Error::invalid("page_token", "not_a_page_token", "Send the next_token of the page before.")
        })?,
    };
    let limit = page.limit();
    let selection = MemberQuery {
        search: &query.search,
        role: query.role.as_deref().map(|text| word("role", text, Role::parse)).transpose()?,
        kind: query.kind.as_deref().map(|text| word("kind", text, MemberKind::parse)).transpose()?,
        is_temporary: query.temporary,
        sort: query
            .sort
            .as_deref()
            .map(|text| word("sort", text, MemberSort::parse))
            .transpose()?
            .unwrap_or_default(),
        limit,
        offset,
    };
    let (members, has_more) = operations::list_members(&caller, id, selection).await?;
    let next = has_more.then(|| (offset + limit).to_string());
    Ok(Json(List::new(members.into_iter().map(MemberView::from).collect(), next)))
}

/// Changes role, user type or end. What is left out stays as it is; `"ends_at": null` takes the end away.
#[utoipa::path(patch, path = "/api/v1/organizations/{organization}/members/{member}", operation_id = "members.change",
    tag = "members", params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("member" = String, Path, description = "`mbr_…`")), request_body = ChangeMemberBody,
    responses((status = 200, body = MemberView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn change_member(
    caller: Caller,
    Path((name, member)): Path<(String, MembershipId)>,
    Json(body): Json<ChangeMemberBody>,
) -> Result<Json<MemberView>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let change = ChangeMember {
        role: body.role.as_deref().map(|text| word("role", text, Role::parse)).transpose()?,
        user_type: body
            .user_type
            .as_deref()
            .map(|text| word("user_type", text, UserType::parse))
            .transpose()?,
        ends_at: match body.ends_at {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(instant("ends_at", &text)?)),
        },
    };
    Ok(Json(MemberView::from(operations::change_member(&caller, id, member, change).await?)))
}

/// Takes a person out of the organization without deleting the person. Their sessions there end at once.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/members/{member}", operation_id = "members.unlink",
    tag = "members", params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("member" = String, Path, description = "`mbr_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn unlink(
    caller: Caller,
    Path((name, member)): Path<(String, MembershipId)>,
) -> Result<Response, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    operations::unlink(&caller, id, member).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Invites somebody by e-mail. The link is in the mail only.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/invitations", operation_id = "members.invite",
    tag = "members", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = InviteBody,
    responses((status = 201, body = InvitationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn invite(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<InviteBody>,
) -> Result<Response, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let invite = Invite {
        email: checked_email("email", &body.email).map_err(|error| Error::Invalid(vec![error]))?,
        name: body.name,
        role: word("role", &body.role, Role::parse)?,
        kind: body
            .kind
            .as_deref()
            .map_or(Ok(MemberKind::Customer), |text| word("kind", text, MemberKind::parse))?,
        user_type: word("user_type", &body.user_type, UserType::parse)?,
        ends_at: body.ends_at.as_deref().map(|text| instant("ends_at", text)).transpose()?,
    };
    Ok(created(InvitationView::from(operations::invite(&caller, id, invite).await?)))
}

/// The invitations that can still be accepted.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/invitations", operation_id = "invitations.list",
    tag = "invitations", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<InvitationView>), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_invitations(
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<List<InvitationView>>, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    let open = operations::list_invitations(&caller, id).await?;
    Ok(Json(List::whole(open.into_iter().map(InvitationView::from).collect())))
}

/// The link stops working.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/invitations/{invitation}",
    operation_id = "invitations.revoke", tag = "invitations",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("invitation" = String, Path, description = "`inv_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revoke_invitation(
    caller: Caller,
    Path((name, invitation)): Path<(String, InvitationId)>,
) -> Result<Response, Failure> {
    let id = operations::resolve_for(&caller, &name).await?;
    operations::revoke_invitation(&caller, id, invitation).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Accepts an invitation with the token of its link. Whoever is known here is signed in as the invited person; a new person
/// sends a name and a password.
#[utoipa::path(post, path = "/api/v1/invitations/accept", operation_id = "invitations.accept", tag = "invitations",
    request_body = AcceptBody,
    responses((status = 200, body = Accepted), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn accept(caller: Caller, Json(body): Json<AcceptBody>) -> Result<Json<Accepted>, Failure> {
    let new = match (body.name, body.password) {
        (None, None) => None,
        (name, password) => Some(NewPerson {
            name: name.unwrap_or_default(),
            password: password.unwrap_or_default(),
            language: body.language.unwrap_or_default(),
            time_zone: body.time_zone.unwrap_or_default(),
        }),
    };
    let accepted = operations::accept_invitation(&caller, &body.token, new).await?;
    Ok(Json(Accepted { user_id: accepted.user, organization_id: accepted.organization }))
}
