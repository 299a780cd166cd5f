//! The vendor's people, for the vendor's administrators.

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use kernel::{Error, FieldError, InvitationId, Timestamp, UserId};
use organizations::{Invitation, Offer};
use people::{StaffMember, model::checked_email};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::LEVELS,
    operations::{self, InviteAgent},
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/admin/agents", get(list))
        .route("/admin/agents/invite", get(ask_invite).post(invite))
        .route("/admin/agents/{id}", get(show).post(change))
        .route("/admin/agents/{id}/suspend", get(ask_suspend).post(suspend))
        .route("/admin/agents/{id}/restore", post(restore))
        .route("/admin/agent-invitations/{id}/revoke", post(revoke_invitation))
}

/// What the page before did. A closed list: an address cannot put words of its own on the page.
#[derive(Debug, Default, Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "agents.html")]
struct AgentsPage {
    shell: Shell,
    agents: Vec<Row>,
    invitations: Vec<InvitationRow>,
}

struct Row {
    id: UserId,
    name: String,
    email: String,
    role: String,
    is_suspended: bool,
}

struct InvitationRow {
    id: InvitationId,
    email: String,
    role: String,
    expires_at: Timestamp,
}

/// "Agent, level 2 · Vendor administrator", or that there is no role any more.
fn role_words(t: &Text, agent_level: Option<u8>, is_administrator: bool) -> String {
    let agent = agent_level.map(|level| t.with("people-agent-level", [("level", &level)]));
    let administrator = is_administrator.then(|| t.get("people-vendor-administrator"));
    let words: Vec<String> = agent.into_iter().chain(administrator).collect();
    if words.is_empty() { t.get("agents-no-role") } else { words.join(" · ") }
}

fn row(t: &Text, member: StaffMember) -> Row {
    Row {
        id: member.user.id,
        role: role_words(t, member.agent_level, member.is_administrator),
        name: member.user.name,
        email: member.user.email.to_string(),
        is_suspended: member.suspended_at.is_some(),
    }
}

fn invitation_row(t: &Text, invitation: &Invitation) -> InvitationRow {
    let role = match invitation.offer {
        Offer::Staff { agent_level, is_administrator } => role_words(t, agent_level, is_administrator),
        Offer::Membership { .. } => String::new(),
    };
    InvitationRow {
        id: invitation.id,
        email: invitation.email.to_string(),
        role,
        expires_at: invitation.expires_at,
    }
}

async fn list(caller: Caller, Query(done): Query<Done>) -> Result<Response, Failure> {
    let (staff, invitations) = operations::list(&caller).await?;
    let t = caller.text();
    let mut shell = caller.shell(Console::Administration, "agents", t.get("agents-title"));
    shell.answer = match done.done.as_str() {
        "invited" => Some(t.get("agents-done-invited")),
        "changed" => Some(t.get("agents-done-changed")),
        "suspended" => Some(t.get("agents-done-suspended")),
        "restored" => Some(t.get("agents-done-restored")),
        "revoked" => Some(t.get("agents-done-revoked")),
        _ => None,
    };
    let agents = staff.into_iter().map(|member| row(&t, member)).collect();
    let invitations = invitations.iter().map(|invitation| invitation_row(&t, invitation)).collect();
    Ok(page(StatusCode::OK, &AgentsPage { shell, agents, invitations }))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RoleForm {
    email: String,
    name: String,
    /// Empty: no agent.
    agent_level: String,
    /// There if it is ticked.
    is_administrator: String,
}

impl RoleForm {
    fn level(&self) -> Option<u8> {
        // What is no number is no level either, and is refused as such.
        (!self.agent_level.is_empty()).then(|| self.agent_level.parse().unwrap_or(0))
    }

    fn administers(&self) -> bool {
        !self.is_administrator.is_empty()
    }
}

/// One entry of the choice of levels.
struct Level {
    value: String,
    label: String,
    is_chosen: bool,
}

fn levels(t: &Text, chosen: &str) -> Vec<Level> {
    let none = Level { value: String::new(), label: t.get("agents-no-agent"), is_chosen: chosen.is_empty() };
    let some = LEVELS.into_iter().map(|level| Level {
        value: level.to_string(),
        label: t.with("people-agent-level", [("level", &level)]),
        is_chosen: chosen == level.to_string(),
    });
    std::iter::once(none).chain(some).collect()
}

#[derive(Template)]
#[template(path = "agent_invite.html")]
struct InvitePage {
    shell: Shell,
    errors: Errors,
    form: RoleForm,
    administers: bool,
    levels: Vec<Level>,
}

async fn ask_invite(caller: Caller) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let form = RoleForm { agent_level: "1".to_owned(), ..RoleForm::default() };
    Ok(invite_page(&caller, form, Errors::none()))
}

fn invite_page(caller: &Caller, form: RoleForm, errors: Errors) -> Response {
    let t = caller.text();
    let shell = caller.shell(Console::Administration, "agents", t.get("agents-invite-title"));
    let (levels, administers) = (levels(&t, &form.agent_level), form.administers());
    page(errors.status(), &InvitePage { shell, errors, form, administers, levels })
}

async fn invite(caller: Caller, Form(form): Form<RoleForm>) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let outcome = match checked_email("email", &form.email) {
        Ok(email) => {
            let (agent_level, is_administrator) = (form.level(), form.administers());
            let invite = InviteAgent { email, name: form.name.clone(), agent_level, is_administrator };
            operations::invite(&caller, invite).await.map(drop)
        }
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match outcome {
        Ok(()) => Ok(see_other("/admin/agents?done=invited")),
        Err(Error::Invalid(fields)) => Ok(invite_page(&caller, form, Errors::from(fields))),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "agent.html")]
struct AgentPage {
    shell: Shell,
    errors: Errors,
    member: StaffMember,
    has_role: bool,
    administers: bool,
    levels: Vec<Level>,
}

async fn show(caller: Caller, Path(id): Path<UserId>) -> Result<Response, Failure> {
    agent_page(&caller, id, None, Errors::none()).await
}

async fn agent_page(
    caller: &Caller,
    id: UserId,
    form: Option<RoleForm>,
    errors: Errors,
) -> Result<Response, Failure> {
    let member = operations::get(caller, id).await?;
    let t = caller.text();
    let form = form.unwrap_or_else(|| RoleForm {
        agent_level: member.agent_level.map(|level| level.to_string()).unwrap_or_default(),
        is_administrator: if member.is_administrator { "on".to_owned() } else { String::new() },
        ..RoleForm::default()
    });
    let shell = caller.shell(Console::Administration, "agents", member.user.name.clone());
    let (levels, administers) = (levels(&t, &form.agent_level), form.administers());
    let has_role = member.has_role();
    Ok(page(errors.status(), &AgentPage { shell, errors, member, has_role, administers, levels }))
}

async fn change(
    caller: Caller,
    Path(id): Path<UserId>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Failure> {
    match operations::change(&caller, id, form.level(), form.administers()).await {
        Ok(_) => Ok(see_other("/admin/agents?done=changed")),
        Err(Error::Invalid(fields)) => agent_page(&caller, id, Some(form), Errors::from(fields)).await,
        Err(Error::Conflict(code, sentence)) if code.0 == "last_vendor_administrator" => {
            let errors = Errors::from(vec![FieldError { field: "is_administrator", code, sentence }]);
            agent_page(&caller, id, Some(form), errors).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "agent_suspend.html")]
struct SuspendPage {
    shell: Shell,
    member: StaffMember,
    action: String,
}

async fn ask_suspend(caller: Caller, Path(id): Path<UserId>) -> Result<Response, Failure> {
    let member = operations::get(&caller, id).await?;
    let title = caller.text().with("agents-suspend-title", [("name", &member.user.name)]);
    let shell = caller.shell(Console::Administration, "agents", title);
    let action = format!("/admin/agents/{id}/suspend");
    Ok(page(StatusCode::OK, &SuspendPage { shell, member, action }))
}

async fn suspend(caller: Caller, Path(id): Path<UserId>) -> Result<Response, Failure> {
    operations::suspend(&caller, id).await?;
    Ok(see_other("/admin/agents?done=suspended"))
}

async fn restore(caller: Caller, Path(id): Path<UserId>) -> Result<Response, Failure> {
    operations::restore(&caller, id).await?;
    Ok(see_other("/admin/agents?done=restored"))
}

async fn revoke_invitation(caller: Caller, Path(id): Path<InvitationId>) -> Result<Response, Failure> {
    operations::revoke_invitation(&caller, id).await?;
    Ok(see_other("/admin/agents?done=revoked"))
}
