//! *My Partner*: whom an organization lets in, and how far.

use askama::Template;
use axum::response::Response;
use grants::Mode;
use http::StatusCode;
use kernel::{Error, FieldError, GrantId, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, State, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use super::{
    AskPage, Fields, Tick, Which, choose, client_of, dates_of, day_of, names, no_client, of_partner,
    state_of, ticks, typed_day, used_at,
};
use crate::{
    model::{ChangeTerms, Offered, Partnership, Terms, Token},
    operations,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    organization: String,
    done: String,
}

struct UserRow {
    name: String,
    permissions: String,
    last: String,
}

struct Card {
    id: GrantId,
    name: String,
    state: State,
    permissions: String,
    mode: String,
    since: String,
    dates: String,
    last: String,
    by: String,
    users: Vec<UserRow>,
    is_live: bool,
}

impl Card {
    fn new(caller: &Caller, t: &Text, token: &Token, partnership: Partnership) -> Self {
        let state = state_of(token, caller.now);
        let user = |user: crate::model::PartnerUser| UserRow {
            permissions: if user.permissions.is_empty() {
                t.get("partners-nothing-left")
            } else {
                names(&user.permissions)
            },
            last: used_at(t, user.last_used_at),
            name: user.name,
        };
        let is_live = matches!(state, State::Active | State::Disabled);
        Self {
            id: token.id(),
            name: token.partner_name.clone(),
            state,
            permissions: names(&partnership.permissions),
            mode: mode_words(t, token.grant.mode),
            since: token.grant.activated_at.map(|at| t.clock(at)).unwrap_or_default(),
            dates: dates_of(t, token, caller.now),
            last: used_at(t, token.last_used_at),
            by: token.authorized_by.clone().unwrap_or_default(),
            users: if is_live { partnership.users.into_iter().map(user).collect() } else { Vec::new() },
            is_live,
        }
    }
}

fn mode_words(t: &Text, mode: Mode) -> String {
    t.get(match mode {
        Mode::ReadOnly => "partners-mode-read-only",
        Mode::Write => "partners-mode-write",
    })
}

#[derive(Template)]
#[template(path = "my_partner.html")]
struct ListPage {
    shell: Shell,
    organization: OrganizationId,
    vendor: String,
    live: Vec<Card>,
    over: Vec<Card>,
}

pub(super) async fn list(caller: Caller, Query(look): Query<Look>) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let organization = match client_of(&caller, &look.organization).await? {
        Which::One(id) => id,
        Which::Several(all) => {
            return Ok(choose(of_partner(&caller, t.get("partners-partner-title")), all, "/my-partner"));
        }
        Which::None => return Err(no_client(&caller)),
    };
    let (found, partners) = operations::partners(&caller, organization).await?;
    let title = t.with("partners-partner-title-of", [("organization", &found.name)]);
    let mut shell = of_partner(&caller, title);
    shell.live = true;
    shell.answer = match look.done.as_str() {
        "authorized" => Some(t.get("partners-done-partner-authorized")),
        "changed" => Some(t.get("partners-done-partner-changed")),
        "revoked" => Some(t.get("partners-done-partner-revoked")),
        "over" => Some(t.get("partners-done-partner-over")),
        _ => None,
    };
    let cards = partners.into_iter().map(|(token, partnership)| Card::new(&caller, &t, &token, partnership));
    let (live, over) = cards.partition(|card| card.is_live);
    let vendor = shell.vendor.clone();
    Ok(page(StatusCode::OK, &ListPage { shell, organization, vendor, live, over }))
}

/// What a client typed about a partner.
#[derive(Debug, Clone, Default)]
struct Typed {
    permissions: Vec<String>,
    mode: String,
    ends_on: String,
    review_on: String,
}

impl Typed {
    fn read(fields: &Fields) -> Self {
        Self {
            permissions: fields.all("permission"),
            mode: fields.one("mode").to_owned(),
            ends_on: fields.one("ends_at").to_owned(),
            review_on: fields.one("review_at").to_owned(),
        }
    }

    fn terms(&self, t: &Text) -> Result<Terms, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let ends_at = typed_day(t, "ends_at", &self.ends_on).map_err(|error| wrong.push(error));
        let review_at = typed_day(t, "review_at", &self.review_on).map_err(|error| wrong.push(error));
        match (ends_at, review_at) {
            (Ok(ends_at), Ok(review_at)) => Ok(Terms {
                permissions: self.permissions.clone(),
                mode: Mode::parse(&self.mode).unwrap_or_default(),
                ends_at,
                review_at,
            }),
            _ => Err(wrong),
        }
    }

    fn may_write(&self) -> bool {
        self.mode == Mode::Write.as_str()
    }
}

#[derive(Template)]
#[template(path = "my_partner_authorize.html")]
struct AuthorizePage {
    shell: Shell,
    errors: Errors,
    back: String,
    organization: OrganizationId,
    vendor: String,
    token: String,
    /// Whose it is; nothing while nobody has pasted one.
    offered: Option<Offered>,
    typed: Typed,
    permissions: Vec<Tick>,
    zone: String,
}

pub(super) async fn ask(caller: Caller, Query(look): Query<Look>) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let organization = match client_of(&caller, &look.organization).await? {
        Which::One(id) => id,
        Which::Several(all) => {
            let shell = of_partner(&caller, t.get("partners-authorize-title"));
            return Ok(choose(shell, all, "/my-partner/authorize"));
        }
        Which::None => return Err(no_client(&caller)),
    };
    // Whoever may not is told so before they paste anything.
    operations::partners(&caller, organization).await?;
    authorize_page(&caller, organization, String::new(), None, Typed::default(), Errors::none()).await
}

async fn authorize_page(
    caller: &Caller,
    organization: OrganizationId,
    token: String,
    offered: Option<Offered>,
    typed: Typed,
    errors: Errors,
) -> Result<Response, Failure> {
    let t = caller.text();
    let title = match &offered {
        Some(offered) => t.with("partners-authorize-title-of", [("partner", &offered.partner_name)]),
        None => t.get("partners-authorize-title"),
    };
    let shell = of_partner(caller, title);
    let permissions = ticks(&operations::permissions(caller).await?, &typed.permissions);
    let (vendor, zone) = (shell.vendor.clone(), t.zone_name());
    Ok(page(
        errors.status(),
        &AuthorizePage {
            shell,
            errors,
            back: format!("/my-partner?organization={organization}"),
            organization,
            vendor,
            token,
            offered,
            typed,
            permissions,
            zone,
        },
    ))
}

/// First whose token it is, then what it may do; only the second grants something.
pub(super) async fn authorize(
    caller: Caller,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let fields = Fields(fields);
    let organization: OrganizationId = fields.one("organization").parse().map_err(|_| Error::NotFound)?;
    let token = fields.one("token").trim().to_owned();
    let typed = Typed::read(&fields);
    let (typed, errors) = if fields.one("step") == "authorize" {
        let done = match typed.terms(&caller.text()) {
            Ok(terms) => operations::authorize(&caller, organization, &token, terms).await,
            Err(wrong) => Err(Error::Invalid(wrong)),
        };
        match done {
            Ok(_) => {
                return Ok(see_other(&format!("/my-partner?organization={organization}&done=authorized")));
            }
            Err(Error::Invalid(wrong)) => (typed, Errors::from(wrong)),
            Err(error) => return refused_page(&caller, organization, error).await,
        }
    } else {
        (Typed::default(), Errors::none())
    };
    // Also for a form that comes back: somebody else may have taken the token while it was filled in.
    match operations::look(&caller, organization, &token).await {
        Ok(offered) => authorize_page(&caller, organization, token, Some(offered), typed, errors).await,
        Err(error) => refused_page(&caller, organization, error).await,
    }
}

/// The form in which another token can be pasted, with why this one cannot be taken.
async fn refused_page(
    caller: &Caller,
    organization: OrganizationId,
    error: Error,
) -> Result<Response, Failure> {
    match error {
        Error::Conflict(code, sentence) if code.0.starts_with("partner_") => {
            let errors = Errors::from(vec![FieldError { field: "token", code, sentence }]);
            authorize_page(caller, organization, String::new(), None, Typed::default(), errors).await
        }
        error => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "my_partner_edit.html")]
struct EditPage {
    shell: Shell,
    errors: Errors,
    back: String,
    here: String,
    name: String,
    typed: Typed,
    /// They can change nothing now, so that another choice gives everybody more.
    is_read_only: bool,
    permissions: Vec<Tick>,
    zone: String,
}

pub(super) async fn show(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    edit_page(&caller, id, None, Errors::none()).await
}

fn back_of(token: &Token) -> String {
    format!("/my-partner?organization={}", token.client().map(|id| id.to_string()).unwrap_or_default())
}

async fn edit_page(
    caller: &Caller,
    id: GrantId,
    typed: Option<Typed>,
    errors: Errors,
) -> Result<Response, Failure> {
    let details = operations::as_client(caller, id).await?;
    let token = &details.token;
    let typed = typed.unwrap_or_else(|| Typed {
        permissions: details.permissions.iter().map(|permission| permission.key.clone()).collect(),
        mode: token.grant.mode.as_str().to_owned(),
        ends_on: day_of(caller, token.grant.ends_at),
        review_on: day_of(caller, token.review_at),
    });
    let t = caller.text();
    let title = t.with("partners-edit-title", [("partner", &token.partner_name)]);
    let permissions = ticks(&operations::permissions(caller).await?, &typed.permissions);
    Ok(page(
        errors.status(),
        &EditPage {
            shell: of_partner(caller, title),
            errors,
            back: back_of(token),
            here: format!("/my-partner/{id}"),
            name: token.partner_name.clone(),
            typed,
            is_read_only: token.grant.mode == Mode::ReadOnly,
            permissions,
            zone: t.zone_name(),
        },
    ))
}

pub(super) async fn change(
    caller: Caller,
    Path(id): Path<GrantId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let typed = Typed::read(&Fields(fields));
    let before = operations::as_client(&caller, id).await?;
    let t = caller.text();
    let outcome = match typed.terms(&t) {
        Ok(terms) => {
            // A day that was not touched stays the moment that it was.
            let kept = |typed: &str, at| typed == day_of(&caller, at);
            let change = ChangeTerms {
                permissions: Some(terms.permissions),
                mode: Some(terms.mode),
                ends_at: (!kept(&typed.ends_on, before.token.grant.ends_at)).then_some(terms.ends_at),
                review_at: (!kept(&typed.review_on, before.token.review_at)).then_some(terms.review_at),
            };
            operations::change(&caller, id, change).await
        }
        Err(wrong) => Err(Error::Invalid(wrong)),
    };
    match outcome {
        Ok(token) => Ok(see_other(&format!("{}&done=changed", back_of(&token)))),
        Err(Error::Invalid(wrong)) => edit_page(&caller, id, Some(typed), Errors::from(wrong)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn ask_to_revoke(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    let details = operations::as_client(&caller, id).await?;
    let t = caller.text();
    let partner = &details.token.partner_name;
    let question = t.with("partners-ask-revoke-partner", [("partner", partner)]);
    let who = details.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>();
    let mut means = Vec::new();
    // Of a disabled token nobody can enter now.
    if !who.is_empty() && details.token.state(caller.now) == grants::State::Active {
        means.push(t.with("partners-ask-who", [("names", &who.join(", "))]));
    }
    means.push(t.with("partners-means-revoke-partner", [("partner", partner)]));
    let back = back_of(&details.token);
    Ok(page(
        StatusCode::OK,
        &AskPage {
            shell: of_partner(&caller, question.clone()),
            back_label: t.get("partners-partner-title"),
            question,
            means,
            action: format!("/my-partner/{id}/revoke"),
            verb: t.get("partners-revoke-permissions"),
            keep: back.clone(),
            keep_label: t.get("keep-it"),
            back,
        },
    ))
}

pub(super) async fn revoke(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    match operations::revoke(&caller, id).await {
        Ok(token) => Ok(see_other(&format!("{}&done=revoked", back_of(&token)))),
        // Somebody else, or the clock, was first: it is so, and the page says that it is.
        Err(Error::Conflict(code, _)) if code.0 == "grant_over" => {
            let details = operations::as_client(&caller, id).await?;
            Ok(see_other(&format!("{}&done=over", back_of(&details.token))))
        }
        Err(error) => Err(error.into()),
    }
}
