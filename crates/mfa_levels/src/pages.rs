//! *Authentication and security*, for agents of level 2 and 3.

mod persons;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use kernel::{Error, OrganizationId};
use organizations::Organization;
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    emails::{group_word, level_word},
    model::{Change, Group, Level, Policy, Setting},
    operations::{self, Listed},
};

const ON_A_PAGE: i64 = 50;

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/admin/authentication", get(list))
        .route("/admin/organizations/{id}/authentication", get(show).post(save))
        .route("/admin/organizations/{id}/authentication/confirm", get(ask))
        .route("/admin/organizations/{id}/authentication/people", get(persons::list))
        .route("/admin/organizations/{id}/authentication/people/{member}", get(persons::show))
        .route("/admin/organizations/{id}/authentication/people/{member}/code", post(persons::make_code))
}

fn shell(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Administration, "authentication", title)
}

/// What the vendor calls an organization, in the plural.
fn kind(caller: &Caller, t: &Text) -> String {
    let called = &caller.world.settings.organizations_called;
    if called.is_empty() { t.get("nav-organizations") } else { called.clone() }
}

fn at(id: OrganizationId) -> String {
    format!("/admin/organizations/{id}/authentication")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    q: String,
    from: i64,
}

/// A page of a list, and the ones beside it.
struct Pager {
    first: Option<String>,
    later: Option<String>,
}

impl Pager {
    fn new(here: &str, q: &str, from: i64, has_more: bool) -> Self {
        let href = |from: i64| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("q", q)
                .append_pair("from", &from.to_string())
                .finish();
            format!("{here}?{query}")
        };
        Self {
            first: (from > 0).then(|| href(0)),
            later: has_more.then(|| href(from.saturating_add(ON_A_PAGE))),
        }
    }
}

#[derive(Template)]
#[template(path = "organizations_list.html")]
struct ListPage {
    shell: Shell,
    errors: Errors,
    q: String,
    rows: Vec<ListRow>,
    groups: Vec<String>,
    pager: Pager,
}

struct ListRow {
    organization: OrganizationId,
    name: String,
    /// What is decided for each group.
    words: Vec<(String, String)>,
}

async fn list(caller: Caller, Query(query): Query<ListQuery>) -> Result<Response, Failure> {
    caller.person()?;
    let from = query.from.max(0);
    let (listed, has_more) = operations::list(&caller, &query.q, ON_A_PAGE, from).await?;
    let t = caller.text();
    let row = |listed: Listed| ListRow {
        organization: listed.organization,
        name: listed.name,
        words: listed
            .policy
            .settings
            .iter()
            .filter(|setting| setting.group != Group::Untyped)
            .map(|setting| {
                // Whoever has no user type stands beside the practitioners who do.
                let apart =
                    listed.policy.of(Group::Untyped).filter(|_| setting.group == Group::Practitioners);
                let word = match (&setting.managed_by, apart) {
                    (Some(_), Some(apart)) => {
                        t.with("mfa_levels-managed-short-but", [("level", &level_word(&t, apart.level))])
                    }
                    (Some(_), None) => t.get("mfa_levels-managed-short"),
                    (None, _) => level_word(&t, setting.level),
                };
                (group_word(&t, setting.group), word)
            })
            .collect(),
    };
    let shell = shell(&caller, kind(&caller, &t));
    let groups = Group::ALL.iter().filter(|group| **group != Group::Untyped);
    let groups = groups.map(|group| group_word(&t, *group)).collect();
    let rows = listed.into_iter().map(row).collect();
    let pager = Pager::new("/admin/authentication", &query.q, from, has_more);
    Ok(page(StatusCode::OK, &ListPage { shell, errors: Errors::none(), q: query.q, rows, groups, pager }))
}

/// What was chosen. A group that is managed by single sign-on sends nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct LevelsForm {
    version: i64,
    practitioners: String,
    clients: String,
    employees: String,
    no_user_type: String,
    confirmed: String,
    /// How many people the save before touched; a page that is looked at again after it says so.
    saved: Option<i64>,
    asked: i64,
}

impl LevelsForm {
    fn of(&self, group: Group) -> &str {
        match group {
            Group::Practitioners => &self.practitioners,
            Group::Clients => &self.clients,
            Group::Employees => &self.employees,
            Group::Untyped => &self.no_user_type,
        }
    }

    fn wanted(&self) -> Vec<(Group, Level)> {
        Group::ALL.iter().filter_map(|group| Some((*group, Level::parse(self.of(*group))?))).collect()
    }

    /// The address that asks for the confirmation of these.
    fn confirmation(&self, id: OrganizationId) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("version", &self.version.to_string());
        for (group, level) in self.wanted() {
            query.append_pair(group.as_str(), level.as_str());
        }
        format!("{}/confirm?{}", at(id), query.finish())
    }
}

struct LevelOption {
    value: &'static str,
    word: String,
    line: String,
    is_chosen: bool,
}

struct Row {
    name: &'static str,
    word: String,
    managed_by: Option<String>,
    people: i64,
    protected: i64,
    unprotected: i64,
    /// In hundredths, for the picture.
    share: i64,
    options: Vec<LevelOption>,
    /// The word of what is saved, where something else is chosen.
    is_unsaved: bool,
}

#[derive(Template)]
#[template(path = "levels.html")]
struct LevelsPage {
    shell: Shell,
    organization: Organization,
    kind: String,
    version: i64,
    rows: Vec<Row>,
    changed: Option<String>,
    /// Somebody else saved meanwhile: what they did, beside what was chosen here.
    meanwhile: Option<String>,
}

fn row(t: &Text, setting: &Setting, chosen: Level) -> Row {
    let options = Level::ALL.iter().map(|level| LevelOption {
        value: level.as_str(),
        word: level_word(t, *level),
        line: t.get(&format!("mfa_levels-level-{}-line", level.as_str())),
        is_chosen: *level == chosen,
    });
    Row {
        name: setting.group.as_str(),
        word: group_word(t, setting.group),
        managed_by: setting.managed_by.clone(),
        people: setting.people,
        protected: setting.protected,
        unprotected: setting.unprotected(),
        share: if setting.people == 0 { 0 } else { setting.protected * 100 / setting.people },
        options: options.collect(),
        is_unsaved: chosen != setting.level,
    }
}

fn levels_page(
    caller: &Caller,
    organization: Organization,
    policy: Policy,
    chosen: Option<&LevelsForm>,
) -> LevelsPage {
    let t = caller.text();
    let wanted = chosen.map(LevelsForm::wanted).unwrap_or_default();
    let rows = policy.settings.iter().map(|setting| {
        let of_form = wanted.iter().find(|(group, _)| *group == setting.group);
        row(&t, setting, of_form.map_or(setting.level, |(_, level)| *level))
    });
    let rows = rows.collect();
    let changed = policy.changed_at.map(|at| {
        let by = policy.changed_by.clone().unwrap_or_else(|| t.get("mfa_levels-somebody"));
        t.with("mfa_levels-changed", [("by", &by), ("clock", &t.clock(at))])
    });
    LevelsPage {
        shell: shell(caller, t.with("mfa_levels-title-of", [("organization", &organization.name)])),
        kind: kind(caller, &t),
        version: policy.version,
        rows,
        changed,
        meanwhile: None,
        organization,
    }
}

async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<LevelsForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, policy) = operations::view(&caller, id).await?;
    let mut shown = levels_page(&caller, organization, policy, None);
    let t = &shown.shell.t;
    shown.shell.answer = done.saved.map(|people| match (people, done.asked) {
        (0, _) => t.get("mfa_levels-saved-nothing"),
        (people, 0) => t.count("mfa_levels-saved", people),
        (_, asked) => t.count("mfa_levels-saved-asked", asked),
    });
    Ok(page(StatusCode::OK, &shown))
}

async fn save(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<LevelsForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let wanted = form.wanted();
    match operations::set(&caller, id, form.version, &wanted, !form.confirmed.is_empty()).await {
        Ok((_, changes)) => {
            let people: i64 = changes.iter().map(|change| change.people).sum();
            let asked: i64 = changes
                .iter()
                .filter(|change| change.after == Level::Mandatory)
                .map(|change| change.unprotected)
                .sum();
            Ok(see_other(&format!("{}?saved={people}&asked={asked}", at(id))))
        }
        Err(Error::Conflict(code, _)) if code.0 == "confirmation_required" => {
            Ok(see_other(&form.confirmation(id)))
        }
        Err(Error::Conflict(code, sentence)) => {
            let (organization, policy) = operations::view(&caller, id).await?;
            let mut shown = levels_page(&caller, organization, policy, Some(&form));
            if code.0 == "levels_changed" {
                let t = &shown.shell.t;
                let by = shown.changed.clone().unwrap_or_default();
                shown.meanwhile = Some(t.with("mfa_levels-meanwhile", [("changed", &by)]));
            } else {
                shown.meanwhile = Some(sentence);
            }
            Ok(page(StatusCode::CONFLICT, &shown))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "levels_confirm.html")]
struct ConfirmPage {
    shell: Shell,
    organization: Organization,
    action: String,
    version: i64,
    wanted: Vec<(&'static str, &'static str)>,
    lines: Vec<String>,
}

/// E6: asks before a group goes to *upon request*.
async fn ask(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(form): Query<LevelsForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let wanted = form.wanted();
    let (organization, _) = operations::view(&caller, id).await?;
    let (_, changes) = operations::preview(&caller, id, &wanted).await?;
    if changes.is_empty() {
        return Ok(see_other(&at(id)));
    }
    let t = caller.text();
    let line = |change: &Change| {
        t.with(
            "mfa_levels-confirm-line",
            [
                ("group", &group_word(&t, change.group)),
                ("after", &level_word(&t, change.after)),
                ("people", &change.people),
                ("unprotected", &change.unprotected),
            ],
        )
    };
    let lines = changes.iter().map(line).collect();
    let shell = shell(&caller, t.with("mfa_levels-confirm-title-of", [("organization", &organization.name)]));
    let wanted = wanted.iter().map(|(group, level)| (group.as_str(), level.as_str())).collect();
    Ok(page(
        StatusCode::OK,
        &ConfirmPage { shell, organization, action: at(id), version: form.version, wanted, lines },
    ))
}
