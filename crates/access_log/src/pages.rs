//! "Who had access when": the picture, its table, the entries; and one grant.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::{Code, Duration, EventId, FieldError, GrantId, OrganizationId, Timestamp, UserId};
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Markup, Shell, State, page},
    rest::{List, Path, Query},
    text::{Text, dashed},
};

use crate::{
    export,
    model::{Account, Entry, Filter, Group, Totals, VisitMark, Window},
    operations,
    picture::{self, Picture},
    rest::{LogEntry, file},
    sentences::{plain, sentence, who},
    stays,
    timeline::{DAYS, Frame},
};

/// Names and paths are cut in tables; the exports and the API have them whole.
const LONGEST_NAME: usize = 60;
const LONGEST_PATH: usize = 160;

/// Somebody whose last request is not older is said to be there now.
const PRESENT: Duration = Duration::minutes(2);

pub fn routes() -> Router<App> {
    Router::new()
        .route("/organizations/{organization}/access-log", get(log))
        .route("/organizations/{organization}/access-log.csv", get(csv))
        .route("/organizations/{organization}/access-log.json", get(json))
        .route("/organizations/{organization}/access-log/{grant}", get(grant))
}

/// What somebody asked to see, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Look {
    days: String,
    group: String,
    person: String,
    state: String,
    from: String,
    to: String,
    before: String,
}

impl Look {
    fn days(&self) -> i64 {
        DAYS.into_iter().find(|days| days.to_string() == self.days).unwrap_or(DAYS[1])
    }

    fn person(&self) -> Option<UserId> {
        self.person.parse().ok()
    }

    fn state(&self) -> Option<State> {
        State::parse(&self.state)
    }

    /// The dates that a person typed are days on that person's clock, the last one included.
    fn filter(&self, t: &Text) -> (Filter, Errors) {
        let mut filter = Filter::of_group(Group::parse(&self.group));
        filter.person = self.person();
        filter.state = self.state().map(|state| match state {
            State::Pending => grants::State::Pending,
            State::Active => grants::State::Active,
            State::Disabled => grants::State::Disabled,
            State::Expired => grants::State::Expired,
            State::Revoked => grants::State::Revoked,
        });
        let mut wrong = Vec::new();
        let mut day = |field, text: &str| -> Option<Timestamp> {
            let text = text.trim();
            let day = t.moment_of(text, "00:00");
            if day.is_none() && !text.is_empty() {
                wrong.push(FieldError {
                    field,
                    code: Code("not_a_date"),
                    sentence: t.get("access_log-not-a-date"),
                });
            }
            day
        };
        filter.from = day("from", &self.from).unwrap_or(filter.from);
        filter.to = day("to", &self.to).map_or(filter.to, |day| t.midnight(day + Duration::hours(36)));
        (filter, Errors::from(wrong))
    }

    /// The same look with one thing changed, as the query of an address.
    fn query(&self, changed: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let all = [
            ("days", &self.days),
            ("group", &self.group),
            ("person", &self.person),
            ("state", &self.state),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, text) in all.into_iter().filter(|(name, text)| *name != changed && !text.is_empty()) {
            query.append_pair(name, text);
        }
        if !value.is_empty() {
            query.append_pair(changed, value);
        }
        query.finish()
    }
}

/// A choice of a list.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// An entry as a row.
pub struct EntryRow {
    pub at: Markup,
    pub who: String,
    pub sentence: Markup,
    pub is_refused: bool,
    pub address: String,
    pub grant: Option<(String, String)>,
}

impl EntryRow {
    pub fn of(t: &Text, entry: &Entry, organization: OrganizationId, vendor: &str) -> Self {
        let code = if entry.reference_code.is_empty() {
            t.get("access_log-the-grant")
        } else {
            dashed(&plain(&entry.reference_code, LONGEST_NAME))
        };
        Self {
            at: t.time(entry.at),
            who: who(t, entry),
            sentence: sentence(t, entry, vendor),
            is_refused: entry.is_refused,
            address: plain(&entry.address, LONGEST_NAME),
            grant: entry.grant.map(|id| (format!("/organizations/{organization}/access-log/{id}"), code)),
        }
    }
}

#[derive(Template)]
#[template(path = "log.html")]
pub struct LogPage {
    pub shell: Shell,
    pub errors: Errors,
    pub lead: String,
    pub path: String,
    pub may_export: bool,
    pub export_query: String,
    pub windows: Vec<(String, String, bool)>,
    pub picture: Picture,
    pub is_cut: bool,
    pub days: i64,
    pub groups: Vec<Choice>,
    pub people: Vec<Choice>,
    pub states: Vec<Choice>,
    pub from: String,
    pub to: String,
    pub log: Vec<EntryRow>,
    pub newest: Option<String>,
    pub older: Option<String>,
}

async fn log(
    caller: Caller,
    Path(organization): Path<OrganizationId>,
    Query(look): Query<Look>,
) -> Result<Response, Failure> {
    let t = caller.text();
    let frame = Frame::of(&t, look.days());
    let window = Window { organization, from: frame.from, to: frame.to };
    let (filter, errors) = look.filter(&t);
    let before: Option<EventId> = look.before.parse().ok();
    let seen = operations::overview(&caller, window, &filter, before).await?;
    let vendor = caller.world.settings.vendor_name.clone();
    let name = plain(&seen.reach.organization.name, LONGEST_NAME);
    let mut shell = caller.shell(
        Console::Customer,
        "organizations",
        t.with("access_log-page-title", [("organization", &name)]),
    );
    // The first page changes while it is open; an older one was read to find something, and stays.
    shell.live = before.is_none();
    let lead = if seen.reach.is_whole() { "access_log-lead" } else { "access_log-lead-member" };
    let path = format!("/organizations/{organization}/access-log");
    let at = |changed: &str, value: &str| format!("{path}?{}", look.query(changed, value));
    let shown = LogPage {
        lead: t.with(lead, [("organization", &name), ("vendor", &vendor)]),
        may_export: seen.reach.is_whole(),
        export_query: look.query("days", ""),
        windows: DAYS
            .into_iter()
            .map(|days| (at("days", &days.to_string()), t.count("access_log-days", days), days == frame.days))
            .collect(),
        picture: Picture::of(&t, &frame, &seen.periods, &vendor),
        is_cut: seen.is_cut,
        days: frame.days,
        groups: groups(&t, Group::parse(&look.group)),
        people: people(&seen.people, look.person()),
        states: states(&t, look.state()),
        from: look.from.clone(),
        to: look.to.clone(),
        log: seen.entries.iter().map(|entry| EntryRow::of(&t, entry, organization, &vendor)).collect(),
        newest: before.map(|_| at("before", "")),
        older: seen.older.map(|id| at("before", &id.to_string())),
        path: path.clone(),
        shell,
        errors,
    };
    Ok(page(shown.errors.status(), &shown))
}

fn groups(t: &Text, chosen: Group) -> Vec<Choice> {
    let key = |group| match group {
        Group::All => "access_log-group-all",
        Group::Tokens => "access_log-group-tokens",
        Group::People => "access_log-group-people",
        Group::Settings => "access_log-group-settings",
        Group::SignIns => "access_log-group-sign-ins",
        Group::Vendor => "access_log-group-vendor",
        Group::Refused => "access_log-group-refused",
    };
    let choice = |group: Group| Choice {
        value: group.as_str().to_owned(),
        label: t.get(key(group)),
        is_chosen: group == chosen,
    };
    Group::ALL.into_iter().map(choice).collect()
}

fn people(people: &[(UserId, String)], chosen: Option<UserId>) -> Vec<Choice> {
    let choice = |(id, name): &(UserId, String)| Choice {
        value: id.to_string(),
        label: plain(name, LONGEST_NAME),
        is_chosen: chosen == Some(*id),
    };
    people.iter().map(choice).collect()
}

fn states(t: &Text, chosen: Option<State>) -> Vec<Choice> {
    let choice = |state: State| Choice {
        value: state.class().to_owned(),
        label: state.word(t),
        is_chosen: chosen == Some(state),
    };
    State::ALL.into_iter().map(choice).collect()
}

/// The entries that the page shows, all of them, as a file.
async fn csv(
    caller: Caller,
    Path(organization): Path<OrganizationId>,
    Query(look): Query<Look>,
) -> Result<Response, Failure> {
    let (entries, is_cut) = exported(&caller, organization, &look).await?;
    let name = format!("access-log-{organization}.csv");
    Ok(file(&name, "text/csv; charset=utf-8; header=present", export::csv(&entries).into_bytes(), is_cut))
}

async fn json(
    caller: Caller,
    Path(organization): Path<OrganizationId>,
    Query(look): Query<Look>,
) -> Result<Response, Failure> {
    let (entries, is_cut) = exported(&caller, organization, &look).await?;
    let list = List::whole(entries.into_iter().map(LogEntry::from).collect::<Vec<_>>());
    let body = serde_json::to_vec(&list).map_err(kernel::Error::internal)?;
    Ok(file(&format!("access-log-{organization}.json"), "application/json", body, is_cut))
}

async fn exported(
    caller: &Caller,
    organization: OrganizationId,
    look: &Look,
) -> Result<(Vec<Entry>, bool), Failure> {
    caller.person()?;
    let (filter, errors) = look.filter(&caller.text());
    if !errors.is_empty() {
        let sentence = caller.text().get("access_log-not-a-date");
        return Err(kernel::Error::invalid("from", "not_a_date", sentence).into());
    }
    Ok(operations::export(caller, organization, &filter).await?)
}

/// What was done in one minute on one page.
pub struct VisitRow {
    pub minute: Markup,
    pub path: String,
    pub application: String,
    pub kind: String,
    /// A word beside it, for what is more than looking.
    pub is_marked: bool,
    pub requests: i64,
}

#[derive(Template)]
#[template(path = "grant.html")]
pub struct GrantPage {
    pub shell: Shell,
    pub back: String,
    pub path: String,
    pub lead: String,
    pub state: State,
    pub hands: (String, Vec<(String, String)>),
    pub facts: Vec<(String, String)>,
    pub live: String,
    pub totals: Totals,
    /// Each session in two lines.
    pub stays: Vec<(String, String)>,
    pub visits: Vec<VisitRow>,
    pub more_visits: Option<String>,
    pub log: Vec<EntryRow>,
    pub older: Option<String>,
    pub newest: Option<String>,
}

/// Where the two lists of the page of a grant go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Further {
    before: String,
    after: String,
}

async fn grant(
    caller: Caller,
    Path((organization, grant)): Path<(OrganizationId, GrantId)>,
    Query(further): Query<Further>,
) -> Result<Response, Failure> {
    let (before, after) = (further.before.parse().ok(), VisitMark::parse(&further.after));
    let account = operations::account(&caller, organization, grant, after.as_ref(), before).await?;
    let t = caller.text();
    let title = picture::name(&t, &account.period);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = before.is_none() && after.is_none();
    let vendor = caller.world.settings.vendor_name.clone();
    Ok(page(StatusCode::OK, &grant_page(shell, &account, &vendor, before.is_some() || after.is_some())))
}

pub(crate) fn grant_page(shell: Shell, account: &Account, vendor: &str, is_further: bool) -> GrantPage {
    let t = shell.t.clone();
    let period = &account.period;
    let organization = account.reach.organization.id;
    let back = format!("/organizations/{organization}/access-log");
    let path = format!("{back}/{}", period.grant.id);
    let name = plain(&account.reach.organization.name, LONGEST_NAME);
    let further = |name: &str, value: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("{path}?{query}")
    };
    GrantPage {
        lead: picture::ending(&t, period, vendor),
        state: picture::state(period.grant.state(t.now())),
        hands: hands(&t, account, &name),
        facts: facts(&t, account, vendor),
        live: presence(&t, account),
        totals: account.totals,
        stays: account
            .stays
            .iter()
            .map(|stay| (stays::who_and_when(&t, period, stay, vendor), stays::what(&t, stay)))
            .collect(),
        visits: account
            .visits
            .iter()
            .map(|visit| VisitRow {
                minute: t.time(visit.minute),
                path: plain(&visit.path, LONGEST_PATH),
                application: plain(&visit.application_name, LONGEST_NAME),
                is_marked: visit.kind != "read",
                kind: t.get(match visit.kind.as_str() {
                    "change" => "access_log-visit-change",
                    "refused" => "access_log-visit-refused",
                    _ => "access_log-visit-read",
                }),
                requests: visit.requests,
            })
            .collect(),
        more_visits: account.more_visits.as_ref().map(|mark| further("after", &mark.to_token())),
        log: account.entries.iter().map(|entry| EntryRow::of(&t, entry, organization, vendor)).collect(),
        older: account.older_entries.map(|id| further("before", &id.to_string())),
        newest: is_further.then(|| path.clone()),
        path,
        back,
        shell,
    }
}

/// Who opened, who took it, what for: the same as a sentence.
fn hands(t: &Text, account: &Account, organization: &str) -> (String, Vec<(String, String)>) {
    let period = &account.period;
    let maker = plain(&period.maker_name, LONGEST_NAME);
    let who = picture::who(t, period, LONGEST_NAME);
    let mode = mode(t, account);
    let sentence = t.with(
        "access_log-hands",
        [("maker", &maker), ("who", &who), ("organization", &organization), ("mode", &mode)],
    );
    let took = match period.grant.activated_at {
        Some(at) => t.with("access_log-took-at", [("clock", &t.clock(at))]),
        None => t.get("access_log-not-taken"),
    };
    let opened = t.with("access_log-opened-at", [("clock", &t.clock(period.grant.created_at))]);
    (sentence, vec![(maker, opened), (who, took), (organization.to_owned(), mode)])
}

fn mode(t: &Text, account: &Account) -> String {
    t.get(match account.period.grant.mode {
        grants::Mode::ReadOnly => "access_log-mode-read",
        grants::Mode::Write => "access_log-mode-write",
    })
}

fn facts(t: &Text, account: &Account, vendor: &str) -> Vec<(String, String)> {
    let period = &account.period;
    let none = t.get("access_log-none");
    let or_none = |text: &str| {
        let text = plain(text, 200);
        if text.is_empty() { none.clone() } else { text }
    };
    let clock = |at: Option<Timestamp>| at.map_or_else(|| none.clone(), |at| t.clock(at));
    let through = if period.grant.created_through.is_some() {
        "access_log-through-product"
    } else {
        "access_log-through-here"
    };
    let ends = if period.grant.ended.is_some() { "access_log-fact-ended" } else { "access_log-fact-until" };
    vec![
        (t.get("access_log-fact-code"), or_none(&dashed(&period.reference_code))),
        (t.get("access_log-fact-opened-by"), or_none(&period.maker_name)),
        (t.get("access_log-fact-opened-at"), t.clock(period.grant.created_at)),
        (t.get("access_log-fact-through"), t.get(through)),
        (t.get("access_log-fact-taken-by"), picture::who(t, period, LONGEST_NAME)),
        (t.get("access_log-fact-ticket"), or_none(&period.ticket)),
        (t.get("access_log-fact-customer-ticket"), or_none(&period.customer_ticket)),
        (t.get("access_log-fact-reason"), or_none(&period.reason)),
        (t.get("access_log-fact-mode"), mode(t, account)),
        (t.get("access_log-fact-from"), clock(period.grant.activated_at)),
        (t.get(ends), t.clock(period.ends_at())),
        (t.get("access_log-fact-how"), picture::ending(t, period, vendor)),
    ]
}

/// "Ana Souza is on /trial-balance, 12:14", or what was last.
fn presence(t: &Text, account: &Account) -> String {
    let Some(last) = &account.last else {
        return t.get("access_log-nothing-done");
    };
    let who = account
        .period
        .outsider
        .as_ref()
        .map_or_else(String::new, |outsider| plain(&outsider.name, LONGEST_NAME));
    let is_open = account.period.grant.state(t.now()) == grants::State::Active;
    let is_there = is_open && t.now().since(last.last_at) <= PRESENT;
    let key = if is_there { "access_log-is-there" } else { "access_log-was-there" };
    t.with(
        key,
        [("who", &who), ("path", &plain(&last.path, LONGEST_PATH)), ("clock", &t.clock(last.last_at))],
    )
}
