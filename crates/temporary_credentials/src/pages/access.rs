//! *Customer support access*: make a pair, see until when it works, end it with one click.

use askama::Template;
use axum::response::Response;
use grants::Mode;
use http::StatusCode;
use kernel::{Code, Duration, Error, FieldError, GrantId, OrganizationId, Secret, Timestamp};
use organizations::Organization;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Markup, Shell, State, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::{Credentials, NewCredentials},
    operations,
};

/// The lengths on offer; the vendor's limit and the organization's cut the list short.
const LENGTHS: [Duration; 5] =
    [Duration::hours(1), Duration::hours(5), Duration::days(1), Duration::days(3), Duration::days(7)];
const USUAL: Duration = Duration::hours(5);

#[derive(Template)]
#[template(path = "support_access.html")]
struct AccessPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    settings: String,
    action: String,
    sign_in: String,
    live: Option<Live>,
    lengths: Vec<Length>,
    form: NewForm,
    earlier: Vec<Earlier>,
}

/// The pair that works now.
struct Live {
    id: GrantId,
    revoke: String,
    email: String,
    from: Timestamp,
    to: Timestamp,
    until: String,
    last_used: String,
    mode: String,
    requires_agent: bool,
    made: String,
    /// On the answer to the form that made it, and never again.
    shown: Option<Shown>,
}

struct Shown {
    password: String,
    all: String,
}

struct Length {
    value: String,
    label: String,
    is_chosen: bool,
}

struct Earlier {
    email: String,
    state: State,
    made_by: String,
    made_at: Markup,
    ended_at: Markup,
    how: String,
    last_used: String,
    log: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    validity_seconds: String,
    /// There if it is ticked.
    write: String,
    requires_agent: String,
    /// The pair that the page showed, if it showed one.
    replaces: String,
}

/// What the page before did; a closed list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

pub async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let answer = match done.done.as_str() {
        "revoked" => Some(t.get("temporary_credentials-revoked")),
        "over" => Some(t.get("temporary_credentials-over")),
        _ => None,
    };
    rendered(&caller, id, NewForm::default(), Errors::none(), answer, None).await
}

/// The one answer to a form that is a page and no redirection: the password must not be kept anywhere for a page after it.
pub async fn generate(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<NewForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let made = match form.command(&t) {
        Ok(new) => operations::generate(&caller, id, new).await,
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match made {
        Ok((credentials, password)) => {
            let clock = with_zone(&t, &t.clock(credentials.ends_at()));
            let answer = t.with("temporary_credentials-made", [("until", &clock)]);
            rendered(&caller, id, NewForm::default(), Errors::none(), Some(answer), Some(password)).await
        }
        Err(Error::Invalid(fields)) => rendered(&caller, id, form, Errors::from(fields), None, None).await,
        Err(Error::Conflict(code, sentence)) => {
            let field = FieldError { field: "validity_seconds", code, sentence };
            let mut answer = rendered(&caller, id, form, Errors::from(vec![field]), None, None).await?;
            *answer.status_mut() = StatusCode::CONFLICT;
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// D8: one click, and nothing is asked: it is the brake for an emergency.
pub async fn revoke(
    caller: Caller,
    Path((id, grant)): Path<(OrganizationId, GrantId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    // The address names both, and a pair of another organization is not found.
    let (_, all) = operations::list(&caller, id).await?;
    if !all.iter().any(|one| one.id() == grant) {
        return Err(Error::NotFound.into());
    }
    let done = match operations::revoke(&caller, grant).await {
        Ok(_) => "revoked",
        // It ended while the page was open: what was wanted is so.
        Err(Error::Conflict(..)) => "over",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("/organizations/{id}/support-access?done={done}")))
}

fn with_zone(t: &Text, clock: &str) -> String {
    t.with("temporary_credentials-clock-zone", [("clock", &clock), ("zone", &t.zone_name())])
}

fn last_used(t: &Text, credentials: &Credentials) -> String {
    match credentials.last_used_at {
        Some(at) => t.with("temporary_credentials-last-used-at", [("clock", &t.clock(at))]),
        None => t.get("temporary_credentials-never-used"),
    }
}

async fn rendered(
    caller: &Caller,
    id: OrganizationId,
    form: NewForm,
    errors: Errors,
    answer: Option<String>,
    password: Option<Secret>,
) -> Result<Response, Failure> {
    let (organization, all) = operations::list(caller, id).await?;
    let t = caller.text();
    let title = t.with("temporary_credentials-title-of", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    // A page that shows a password must not be fetched anew: it would be gone.
    shell.live = password.is_none();
    shell.answer = answer;
    let sign_in = format!("{}/sign-in", caller.world.settings.public_url);
    let (live, over): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| !one.state(caller.now).is_over());
    let live = live.into_iter().next().map(|one| Live::new(&t, one, &sign_in, password));
    let longest = operations::longest_validity(caller, &organization);
    let status = match live.as_ref().and_then(|live| live.shown.as_ref()) {
        Some(_) => StatusCode::CREATED,
        None => errors.status(),
    };
    let page_ = AccessPage {
        lengths: lengths(&t, longest, &form),
        earlier: over.iter().map(|one| Earlier::new(&t, caller.now, one)).collect(),
        settings: format!("/organizations/{id}/settings"),
        action: format!("/organizations/{id}/support-access"),
        sign_in,
        live,
        shell,
        errors,
        organization,
        form,
    };
    Ok(page(status, &page_))
}

fn lengths(t: &Text, longest: Duration, form: &NewForm) -> Vec<Length> {
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
    let length = |length: Duration| {
        let value = length.as_seconds().to_string();
        Length { is_chosen: value == chosen, value, label: t.length(length) }
    };
    lengths.into_iter().map(length).collect()
}

impl Live {
    fn new(t: &Text, credentials: Credentials, sign_in: &str, password: Option<Secret>) -> Self {
        let to = credentials.ends_at();
        let until = with_zone(t, &t.clock_with_today(to));
        let email = credentials.address.to_string();
        let shown = password.map(|password| {
            let password = password.expose().to_owned();
            // D4: where, as whom, with what, and until when, in one go.
            let all = t.with(
                "temporary_credentials-copied",
                [
                    ("address", &sign_in),
                    ("email", &email),
                    ("value", &password),
                    ("until", &with_zone(t, &t.clock(to))),
                ],
            );
            Shown { password, all }
        });
        let made_at = t.clock(credentials.grant.created_at);
        Self {
            id: credentials.id(),
            revoke: format!(
                "/organizations/{}/support-access/{}/revoke",
                credentials.organization,
                credentials.id()
            ),
            from: credentials.grant.created_at,
            to,
            until,
            last_used: last_used(t, &credentials),
            mode: t.get(match credentials.grant.mode {
                Mode::ReadOnly => "temporary_credentials-mode-read-only",
                Mode::Write => "temporary_credentials-mode-write",
            }),
            requires_agent: credentials.requires_agent,
            made: t.with(
                "temporary_credentials-made-by-at",
                [("name", &credentials.made_by), ("clock", &made_at)],
            ),
            email,
            shown,
        }
    }
}

impl Earlier {
    fn new(t: &Text, now: Timestamp, credentials: &Credentials) -> Self {
        let state = match credentials.state(now) {
            grants::State::Revoked => State::Revoked,
            _ => State::Expired,
        };
        let by = credentials.grant.ended.as_ref().and_then(|ended| ended.by.as_ref());
        Self {
            email: credentials.address.to_string(),
            state,
            made_by: credentials.made_by.clone(),
            made_at: t.time(credentials.grant.created_at),
            ended_at: t.time(credentials.ends_at()),
            how: match by {
                Some((_, name)) => t.with("temporary_credentials-revoked-by", [("name", name)]),
                None => state.word(t),
            },
            last_used: last_used(t, credentials),
            log: format!("/organizations/{}/access-log/{}", credentials.organization, credentials.id()),
        }
    }
}

impl NewForm {
    fn may_change(&self) -> bool {
        !self.write.is_empty()
    }

    fn wants_agent(&self) -> bool {
        !self.requires_agent.is_empty()
    }

    fn command(&self, t: &Text) -> Result<NewCredentials, FieldError> {
        let wrong = || FieldError {
            field: "validity_seconds",
            code: Code("required"),
            sentence: t.get("temporary_credentials-length-missing"),
        };
        let seconds: i64 = self.validity_seconds.parse().map_err(|_| wrong())?;
        Ok(NewCredentials {
            validity: Duration::seconds(seconds),
            // A19: changing things is a choice.
            mode: if self.may_change() { Mode::Write } else { Mode::ReadOnly },
            requires_agent: self.wants_agent(),
            replaces: self.replaces.parse().ok(),
        })
    }
}
