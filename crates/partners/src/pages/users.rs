//! Which of the partner's people may enter one client.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, GrantId, MembershipId, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use super::{AskPage, Fields, Tick, at_client, name_of, of_clients, ticks};
use crate::{
    model::{Colleague, PartnerUser, Permission},
    operations::{self, Details},
};

#[derive(Template)]
#[template(path = "my_client_users.html")]
struct AuthorizePage {
    shell: Shell,
    errors: Errors,
    back: String,
    client: String,
    /// Member, name, address, whether they are ticked.
    people: Vec<(String, String, String, bool)>,
    permissions: Vec<Tick>,
    /// What the vendor offers and this client did not give.
    not_given: Vec<Permission>,
}

/// The client, if the caller administers its partner.
async fn administered(caller: &Caller, id: GrantId) -> Result<Details, Failure> {
    let details = operations::as_partner(caller, id).await?;
    if details.is_administrator {
        return Ok(details);
    }
    Err(Error::forbidden(
        "administrator_of_organization_required",
        format!("Only an administrator of {} can do this.", details.token.partner_name),
    )
    .into())
}

async fn not_given(caller: &Caller, given: &[Permission]) -> Result<Vec<Permission>, Failure> {
    let mut all = operations::permissions(caller).await?;
    all.retain(|permission| !given.iter().any(|known| known.key == permission.key));
    Ok(all)
}

pub(super) async fn ask(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    authorize_page(&caller, id, &Fields::default(), Errors::none()).await
}

async fn authorize_page(
    caller: &Caller,
    id: GrantId,
    typed: &Fields,
    errors: Errors,
) -> Result<Response, Failure> {
    let details = administered(caller, id).await?;
    details.token.require_active(caller.now)?;
    let t = caller.text();
    let name = name_of(&t, &details.token);
    let chosen = typed.all("member");
    let is_there = |one: &Colleague| details.users.iter().any(|user| user.membership == one.membership);
    let people = operations::colleagues(caller, details.token.partner)
        .await?
        .into_iter()
        .filter(|one| !is_there(one))
        .map(|one| {
            let member = one.membership.to_string();
            let is_chosen = chosen.contains(&member);
            (member, one.name, one.email.to_string(), is_chosen)
        })
        .collect();
    let not_given = not_given(caller, &details.permissions).await?;
    let shell = of_clients(caller, t.with("partners-users-title", [("client", &name)]));
    Ok(page(
        errors.status(),
        &AuthorizePage {
            shell,
            errors,
            back: at_client(id),
            client: name,
            people,
            permissions: ticks(&details.permissions, &typed.all("permission")),
            not_given,
        },
    ))
}

pub(super) async fn authorize(
    caller: Caller,
    Path(id): Path<GrantId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let fields = Fields(fields);
    let members: Vec<MembershipId> = fields.ids("member")?;
    match operations::authorize_users(&caller, id, &members, &fields.all("permission")).await {
        Ok(_) => Ok(see_other(&format!("{}?done=authorized", at_client(id)))),
        Err(Error::Invalid(wrong)) => authorize_page(&caller, id, &fields, Errors::from(wrong)).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "my_client_user.html")]
struct UserPage {
    shell: Shell,
    errors: Errors,
    back: String,
    here: String,
    client: String,
    user: PartnerUser,
    permissions: Vec<Tick>,
    not_given: Vec<Permission>,
}

async fn one(caller: &Caller, id: GrantId, member: MembershipId) -> Result<(Details, PartnerUser), Failure> {
    let details = administered(caller, id).await?;
    let user = details.users.iter().find(|user| user.membership == member).cloned().ok_or(Error::NotFound)?;
    Ok((details, user))
}

pub(super) async fn show(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    user_page(&caller, id, member, None, Errors::none()).await
}

async fn user_page(
    caller: &Caller,
    id: GrantId,
    member: MembershipId,
    typed: Option<Vec<String>>,
    errors: Errors,
) -> Result<Response, Failure> {
    let (details, user) = one(caller, id, member).await?;
    let t = caller.text();
    let name = name_of(&t, &details.token);
    let chosen = typed.unwrap_or_else(|| {
        user.permissions.iter().map(|permission| permission.key.clone()).collect::<Vec<_>>()
    });
    let not_given = not_given(caller, &details.permissions).await?;
    let shell = of_clients(caller, t.with("partners-user-title", [("name", &user.name), ("client", &name)]));
    Ok(page(
        errors.status(),
        &UserPage {
            shell,
            errors,
            back: at_client(id),
            here: format!("{}/users/{member}", at_client(id)),
            client: name,
            permissions: ticks(&details.permissions, &chosen),
            user,
            not_given,
        },
    ))
}

pub(super) async fn change(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let chosen = Fields(fields).all("permission");
    match operations::change_user(&caller, id, member, &chosen).await {
        Ok(_) => Ok(see_other(&format!("{}?done=changed", at_client(id)))),
        Err(Error::Invalid(wrong)) => user_page(&caller, id, member, Some(chosen), Errors::from(wrong)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn ask_to_revoke(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (details, user) = one(&caller, id, member).await?;
    let t = caller.text();
    let name = name_of(&t, &details.token);
    let question = t.with("partners-ask-revoke-user", [("name", &user.name), ("client", &name)]);
    let back = at_client(id);
    Ok(page(
        StatusCode::OK,
        &AskPage {
            shell: of_clients(&caller, question.clone()),
            back_label: name,
            question,
            means: vec![t.with("partners-means-revoke-user", [("name", &user.name)])],
            action: format!("{back}/users/{member}/revoke"),
            verb: t.get("partners-revoke-permissions"),
            keep: back.clone(),
            keep_label: t.get("keep-it"),
            back,
        },
    ))
}

pub(super) async fn revoke(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::revoke_user(&caller, id, member).await?;
    Ok(see_other(&format!("{}?done=revoked", at_client(id))))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Of {
    organization: String,
}

impl Of {
    fn id(&self) -> Result<OrganizationId, Failure> {
        Ok(self.organization.parse().map_err(|_| Error::NotFound)?)
    }
}

/// Somebody leaves: every client at once.
pub(super) async fn ask_leaver(
    caller: Caller,
    Path(member): Path<MembershipId>,
    Query(of): Query<Of>,
) -> Result<Response, Failure> {
    caller.person()?;
    let organization = of.id()?;
    let all = operations::colleagues(&caller, organization).await?;
    let person = all.into_iter().find(|one| one.membership == member).ok_or(Error::NotFound)?;
    let t = caller.text();
    let question = t.with("partners-ask-leaver", [("name", &person.name)]);
    let back = format!("/my-clients?organization={organization}&user={member}");
    Ok(page(
        StatusCode::OK,
        &AskPage {
            shell: of_clients(&caller, question.clone()),
            back_label: t.get("partners-clients-title"),
            question,
            means: vec![t.with("partners-means-leaver", [("name", &person.name)])],
            action: format!("/my-clients/leaver/{member}?organization={organization}"),
            verb: t.get("partners-revoke-permissions"),
            keep: back.clone(),
            keep_label: t.get("keep-it"),
            back,
        },
    ))
}

pub(super) async fn leaver(
    caller: Caller,
    Path(member): Path<MembershipId>,
    Query(of): Query<Of>,
) -> Result<Response, Failure> {
    caller.person()?;
    let organization = of.id()?;
    operations::revoke_everywhere(&caller, organization, member).await?;
    Ok(see_other(&format!("/my-clients?organization={organization}&done=left")))
}
