//! One thing for many clients: chosen in the list, confirmed here, and then told one by one.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Code, Error, FieldError, GrantId, MembershipId, OrganizationId};
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
    rest::Query,
    text::Text,
};

use super::{
    Fields, Tick,
    clients::{Look, list_page},
    name_of, of_clients, ticks,
};
use crate::{
    model::{Act, Colleague},
    operations,
};

/// So many are chosen on one page at most.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "my_clients_many.html")]
struct ManyPage {
    shell: Shell,
    errors: Errors,
    back: String,
    organization: OrganizationId,
    /// What the list was looked at for, so that the way back leads there.
    carried: Vec<(&'static str, String)>,
    what: &'static str,
    is_giving: bool,
    verb: String,
    means: String,
    clients: Vec<(GrantId, String)>,
    people: Vec<(String, String, bool)>,
    permissions: Vec<Tick>,
}

fn what(fields: &Fields) -> Result<&'static str, Failure> {
    ["authorize", "revoke", "disable", "activate", "delete"]
        .into_iter()
        .find(|what| *what == fields.one("do"))
        .ok_or_else(|| Error::NotFound.into())
}

fn organization(fields: &Fields) -> Result<OrganizationId, Failure> {
    Ok(fields.one("organization").parse().map_err(|_| Error::NotFound)?)
}

pub(super) async fn ask(
    caller: Caller,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    many_page(&caller, &Fields(fields), Errors::none()).await
}

async fn many_page(caller: &Caller, fields: &Fields, errors: Errors) -> Result<Response, Failure> {
    let (what, organization) = (what(fields)?, organization(fields)?);
    let colleagues = operations::colleagues(caller, organization).await?;
    let ids: Vec<GrantId> = fields.ids("client")?;
    let look = Look::carried(fields);
    if ids.is_empty() {
        let sentence = caller.text().get("partners-choose-clients");
        let wrong = FieldError { field: "clients", code: Code("required"), sentence };
        return list_page(caller, look, Errors::from(vec![wrong])).await;
    }
    let t = caller.text();
    let mut clients = Vec::new();
    for id in ids.into_iter().take(MOST) {
        let details = operations::as_partner(caller, id).await?;
        if details.token.partner != organization {
            return Err(Error::NotFound.into());
        }
        clients.push((id, name_of(&t, &details.token)));
    }
    let needs_person = matches!(what, "authorize" | "revoke");
    let one = |person: Colleague| {
        let id = person.membership.to_string();
        let is_chosen = id == fields.one("member");
        (id, person.name, is_chosen)
    };
    let people = if needs_person { colleagues.into_iter().map(one).collect() } else { Vec::new() };
    let permissions = if what == "authorize" {
        ticks(&operations::permissions(caller).await?, &fields.all("permission"))
    } else {
        Vec::new()
    };
    let title = t.count(&format!("partners-many-{what}"), clients.len());
    Ok(page(
        errors.status(),
        &ManyPage {
            shell: of_clients(caller, title),
            errors,
            back: look.back(organization),
            organization,
            carried: look.carry(),
            what,
            is_giving: matches!(what, "authorize" | "activate"),
            verb: t.get(&format!("partners-many-{what}-verb")),
            means: t.get(&format!("partners-many-{what}-means")),
            clients,
            people,
            permissions,
        },
    ))
}

pub(super) async fn act(
    caller: Caller,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let fields = Fields(fields);
    let (what, organization) = (what(&fields)?, organization(&fields)?);
    let member: Option<MembershipId> = fields.one("member").parse().ok();
    let act = match (what, member) {
        ("authorize", Some(member)) => Act::Authorize { member, permissions: fields.all("permission") },
        ("revoke", Some(member)) => Act::Revoke { member },
        ("authorize" | "revoke", None) => {
            let sentence = caller.text().get("partners-choose-person");
            let wrong = FieldError { field: "member", code: Code("required"), sentence };
            return many_page(&caller, &fields, Errors::from(vec![wrong])).await;
        }
        ("disable", _) => Act::Disable,
        ("activate", _) => Act::Activate,
        _ => Act::Delete,
    };
    if matches!(&act, Act::Authorize { permissions, .. } if permissions.is_empty()) {
        let sentence = caller.text().get("partners-choose-permission");
        let wrong = FieldError { field: "permissions", code: Code("required"), sentence };
        return many_page(&caller, &fields, Errors::from(vec![wrong])).await;
    }
    let ids: Vec<GrantId> = fields.ids("client")?;
    if ids.is_empty() {
        return many_page(&caller, &fields, Errors::none()).await;
    }
    if ids.len() > MOST {
        return Err(Error::invalid("clients", "too_many", "Choose at most 50 clients on a page.").into());
    }
    let outcomes = operations::many(&caller, organization, &act, &ids).await?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("organization", &organization.to_string()).append_pair("do", what);
    for (name, value) in Look::carried(&fields).carry() {
        query.append_pair(name, &value);
    }
    for outcome in &outcomes {
        match &outcome.refused {
            None => query.append_pair("yes", &outcome.grant.to_string()),
            Some((code, _)) => query.append_pair("no", &format!("{}~{code}", outcome.grant)),
        };
    }
    Ok(see_other(&format!("/my-clients/done?{}", query.finish())))
}

struct Line {
    href: Option<String>,
    name: String,
    is_done: bool,
    words: String,
}

#[derive(Template)]
#[template(path = "my_clients_done.html")]
struct DonePage {
    shell: Shell,
    back: String,
    lines: Vec<Line>,
}

/// What became of it, one by one. The address says which; how each of them stands is read from the database, and the words
/// are a closed list.
pub(super) async fn done(
    caller: Caller,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let fields = Fields(fields);
    let (what, organization) = (what(&fields)?, organization(&fields)?);
    operations::colleagues(&caller, organization).await?;
    let t = caller.text();
    let mut lines = Vec::new();
    for id in fields.ids::<GrantId>("yes")?.into_iter().take(MOST) {
        let (href, name) = named(&caller, &t, id).await?;
        lines.push(Line { href, name, is_done: true, words: t.get(&format!("partners-many-{what}-done")) });
    }
    for refused in fields.all("no").into_iter().take(MOST) {
        let (id, code) = refused.split_once('~').unwrap_or((&refused, ""));
        let (href, name) = named(&caller, &t, id.parse().map_err(|_| Error::NotFound)?).await?;
        lines.push(Line { href, name, is_done: false, words: t.get(words(code)) });
    }
    let count = lines.iter().filter(|line| line.is_done).count();
    let mut shell = of_clients(&caller, t.get("partners-many-result"));
    shell.answer = Some(t.count_with("partners-many-answer", count, &[("all", &lines.len())]));
    let back = Look::carried(&fields).back(organization);
    Ok(page(StatusCode::OK, &DonePage { shell, back, lines }))
}

async fn named(caller: &Caller, t: &Text, id: GrantId) -> Result<(Option<String>, String), Failure> {
    match operations::as_partner(caller, id).await {
        Ok(details) => Ok((Some(super::at_client(id)), name_of(t, &details.token))),
        // It was deleted, by this very act.
        Err(Error::NotFound) => Ok((None, t.get("partners-many-gone"))),
        Err(error) => Err(error.into()),
    }
}

fn words(code: &str) -> &'static str {
    match code {
        "permission_not_given" => "partners-why-not-given",
        "partner_user_authorized_already" => "partners-why-authorized",
        "partner_user_not_authorized" => "partners-why-not-authorized",
        "partner_token_pending" | "grant_pending" => "partners-why-pending",
        "partner_token_disabled" | "grant_disabled" => "partners-why-disabled",
        "grant_not_disabled" => "partners-why-active",
        "grant_over" => "partners-why-over",
        _ => "partners-why-other",
    }
}
