//! The padlock of one organization: open it, look at it, close it.

use askama::Template;
use axum::response::Response;
use grants::Mode;
use http::StatusCode;
use kernel::{Code, Duration, Error, FieldError, GrantId, OrganizationId, Timestamp};
use organizations::model::{Membership, Organization};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Action, Console, Errors, Form, Markup, Refused, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use super::view::{View, with_zone};
use crate::{
    model::SupportToken,
    operations::{self, Length, NewToken},
};

/// What a customer is asked to choose from.
const LENGTHS: [Duration; 4] = [Duration::hours(1), Duration::hours(4), Duration::days(1), Duration::days(3)];
const USUAL: Duration = Duration::hours(4);

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage {
    shell: Shell,
    token: View,
    may_revoke: bool,
    is_asked: bool,
    hands: Vec<(String, String)>,
    hands_sentence: String,
    means: String,
    /// "Ana is viewing /ledger · 12:14", for those who may look at what is done.
    seen: Option<Markup>,
}

#[derive(Template)]
#[template(path = "new_token.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    form: NewForm,
    lengths: Vec<LengthView>,
    longest: String,
    ends: String,
    /// The newest token, if there ever was one.
    last: Option<View>,
}

struct LengthView {
    value: String,
    label: String,
    is_chosen: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    /// Seconds, or `until`.
    validity_seconds: String,
    until: String,
    until_time: String,
    mode: String,
    customer_ticket: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Made {
    made: String,
    /// This one and no other, also when it has ended: an open page goes on showing its token.
    token: String,
}

pub async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(made): Query<Made>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, membership) = place(&caller, id).await?;
    if let Ok(grant) = made.token.parse::<GrantId>() {
        let token = of(&caller, id, grant).await?;
        return Ok(page(StatusCode::OK, &token_page(&caller, &token, &membership, false, None).await?));
    }
    let Some(token) = operations::live(&caller, id).await? else {
        return Ok(see_other(&format!("/organizations/{}/tokens/new", organization.id)));
    };
    let answer =
        (!made.made.is_empty() && token.association.is_none()).then(|| caller.text().get("tokens-made"));
    Ok(page(StatusCode::OK, &token_page(&caller, &token, &membership, false, answer).await?))
}

pub async fn new(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, membership) = place(&caller, id).await?;
    if operations::live(&caller, id).await?.is_some() {
        return Ok(see_other(&format!("/organizations/{id}/tokens")));
    }
    if !membership.may_open(&organization) {
        return Ok(may_not_open(&caller, &organization));
    }
    form_page(&caller, organization, NewForm::default(), Errors::none()).await
}

pub async fn create(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<NewForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, membership) = place(&caller, id).await?;
    let result = match form.command(&caller.text()) {
        Ok(new) => operations::create(&caller, id, new).await,
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match result {
        Ok(_) => Ok(see_other(&format!("/organizations/{id}/tokens?made=1"))),
        Err(Error::Invalid(fields)) => form_page(&caller, organization, form, Errors::from(fields)).await,
        Err(Error::Conflict(code, sentence)) => match operations::live(&caller, id).await? {
            // Two people pressed at the same moment: the later sees the one token there is, and whose it is.
            Some(token) => {
                let page_ = token_page(&caller, &token, &membership, false, Some(sentence)).await?;
                Ok(page(StatusCode::CONFLICT, &page_))
            }
            None => Err(Error::Conflict(code, sentence).into()),
        },
        Err(error) => Err(error.into()),
    }
}

pub async fn ask_to_revoke(
    caller: Caller,
    Path((id, grant)): Path<(OrganizationId, GrantId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (_, membership) = place(&caller, id).await?;
    let token = of(&caller, id, grant).await?;
    let is_asked = !token.state(caller.now).is_over() && may_revoke(&caller, &token, &membership)?;
    Ok(page(StatusCode::OK, &token_page(&caller, &token, &membership, is_asked, None).await?))
}

pub async fn revoke(
    caller: Caller,
    Path((id, grant)): Path<(OrganizationId, GrantId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (_, membership) = place(&caller, id).await?;
    of(&caller, id, grant).await?;
    match operations::revoke(&caller, grant).await {
        Ok(_) => Ok(see_other(&format!("/organizations?revoked={grant}"))),
        Err(Error::Conflict(_, sentence)) => {
            let token = of(&caller, id, grant).await?;
            let page_ = token_page(&caller, &token, &membership, false, Some(sentence)).await?;
            Ok(page(StatusCode::CONFLICT, &page_))
        }
        Err(error) => Err(error.into()),
    }
}

async fn place(caller: &Caller, id: OrganizationId) -> Result<(Organization, Membership), Failure> {
    let mut tx = caller.read().await?;
    Ok(organizations::operations::require_member(caller, &mut tx, id).await?)
}

/// The token of this organization: the address names both, and a token of another one is not found.
async fn of(caller: &Caller, organization: OrganizationId, grant: GrantId) -> Result<SupportToken, Failure> {
    let token = operations::get(caller, grant).await?;
    if token.organization() == organization { Ok(token) } else { Err(Error::NotFound.into()) }
}

fn may_revoke(caller: &Caller, token: &SupportToken, membership: &Membership) -> Result<bool, Failure> {
    Ok(token.may_be_revoked_by(caller.person()?.user, membership.is_administrator()))
}

async fn token_page(
    caller: &Caller,
    token: &SupportToken,
    membership: &Membership,
    is_asked: bool,
    answer: Option<String>,
) -> Result<TokenPage, Failure> {
    let t = caller.text();
    let view = View::new(caller, &t, token);
    let seen = if view.is_active() { operations::last_seen(caller, token).await? } else { None };
    let seen = seen.map(|seen| {
        let key = if seen.is_now(caller.now) { "tokens-seen-now" } else { "tokens-seen-last" };
        t.rich(key, &[("name", &view.agent_name), ("page", &seen.path), ("clock", &t.clock(seen.at))])
    });
    let key = if is_asked { "tokens-revoke-title" } else { "tokens-token-title" };
    let title = t.with(key, [("organization", &view.organization_name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = true;
    shell.answer = answer;
    let mut hands = vec![(view.made_by.clone(), t.with("tokens-hand-made", [("clock", &view.made_at)]))];
    if view.was_taken() {
        hands.push((view.agent_name.clone(), t.with("tokens-hand-took", [("clock", &view.since)])));
        hands.push((view.organization_name.clone(), view.mode.clone()));
    }
    let hands_sentence = if view.was_taken() {
        t.with(
            "tokens-hands-taken",
            [
                ("maker", &view.made_by),
                ("agent", &view.agent_name),
                ("organization", &view.organization_name),
                ("mode", &view.mode),
            ],
        )
    } else {
        t.with("tokens-hands-made", [("maker", &view.made_by)])
    };
    let means = if view.was_taken() {
        t.with("tokens-revoke-means", [("agent", &view.agent_name)])
    } else {
        t.with("tokens-revoke-means-waiting", [("code", &view.code)])
    };
    let may_revoke = may_revoke(caller, token, membership).unwrap_or(false);
    Ok(TokenPage { may_revoke, is_asked, hands, hands_sentence, means, token: view, shell, seen })
}

async fn form_page(
    caller: &Caller,
    organization: Organization,
    form: NewForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let t = caller.text();
    let title = t.with("tokens-new-title-of", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = true;
    let longest = operations::longest_validity(caller, &organization);
    let mut lengths: Vec<Duration> = LENGTHS.into_iter().filter(|length| *length <= longest).collect();
    if lengths.is_empty() {
        lengths.push(longest);
    }
    let usual = if lengths.contains(&USUAL) { USUAL } else { lengths[lengths.len() - 1] };
    let chosen = if form.validity_seconds.is_empty() {
        usual.as_seconds().to_string()
    } else {
        form.validity_seconds.clone()
    };
    let ends: Vec<String> = lengths
        .iter()
        .map(|length| {
            let clock = t.clock_with_today(caller.now + *length);
            t.with("tokens-new-end", [("length", &t.length(*length)), ("clock", &clock)])
        })
        .collect();
    let lengths = lengths
        .iter()
        .map(|length| {
            let value = length.as_seconds().to_string();
            LengthView { is_chosen: value == chosen, value, label: t.length(*length) }
        })
        .collect();
    let last = operations::history(caller, organization.id, None, 1).await?.tokens;
    let page_ = NewPage {
        longest: t.length(longest),
        ends: with_zone(&t, &ends.join(", ")),
        last: last.first().map(|token| View::new(caller, &t, token)),
        lengths,
        shell,
        errors,
        organization,
        form: NewForm { validity_seconds: chosen, ..form },
    };
    Ok(page(page_.errors.status(), &page_))
}

fn may_not_open(caller: &Caller, organization: &Organization) -> Response {
    let t = caller.text();
    let shell = caller.shell(Console::Customer, "organizations", t.get("tokens-new-title"));
    let name = &organization.name;
    let refused = Refused {
        sentence: t.with("tokens-may-not-open", [("organization", name)]),
        who_can: Some(t.with("tokens-administrator-of", [("organization", name)])),
        actions: vec![
            Action::primary("/organizations", t.get("tokens-organizations-title")),
            Action::plain(
                format!("/organizations/{}/tokens/history", organization.id),
                t.get("tokens-history-title"),
            ),
        ],
        shell,
    };
    page(StatusCode::FORBIDDEN, &refused)
}

impl NewForm {
    fn is_until(&self) -> bool {
        self.validity_seconds == "until"
    }

    fn may_change(&self) -> bool {
        self.mode == Mode::Write.as_str()
    }

    fn command(&self, t: &Text) -> Result<NewToken, FieldError> {
        let wrong = |field, sentence| FieldError { field, code: Code("required"), sentence };
        let length = if self.is_until() {
            let moment: Option<Timestamp> = t.moment_of(&self.until, &self.until_time);
            Length::Until(moment.ok_or_else(|| wrong("until", t.get("tokens-until-missing")))?)
        } else {
            let seconds = self.validity_seconds.parse::<i64>();
            let seconds = seconds.map_err(|_| wrong("validity_seconds", t.get("tokens-length-missing")))?;
            Length::For(Duration::seconds(seconds))
        };
        // A19: whoever sends nothing, or something else, gets reading only.
        let mode = Mode::parse(&self.mode).unwrap_or_default();
        Ok(NewToken { length, mode, customer_ticket: self.customer_ticket.clone() })
    }
}
