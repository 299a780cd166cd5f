//! News for open pages (`GET /events`) and for the vendor's product (`GET /api/v1/events`), as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::{Stream, stream};
use kernel::{ApiKeyId, OrganizationId, Person, Scope, Timestamp};
use operation::{
    World,
    audit::Recorded,
    live::{self, ACTIVITY},
};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use web::{App, Caller, Failure};

/// A comment is sent after so long without news, so that nothing on the way takes the silence for an end.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long, and its listener connects again.
const LONGEST: kernel::Duration = kernel::Duration::minutes(15);

pub fn page_routes() -> Router<App> {
    Router::new().route("/events", get(for_pages))
}

/// What a listener may hear of.
enum Ear {
    /// A page: that something changed which this person may see, nothing more. The page fetches itself anew.
    Person { person: Box<Person>, organizations: Vec<OrganizationId> },
    /// A product: which grant and session ended.
    Machine(ApiKeyId),
}

struct Listening {
    world: Arc<World>,
    news: live::Stream,
    ear: Ear,
    looked_at: Timestamp,
}

async fn for_pages(caller: Caller) -> Result<Response, Failure> {
    let person = caller.person()?.clone();
    // Before the look, so that nothing between the two is missed.
    let news = caller.world.live.listen_as(person.user)?;
    let mut tx = caller.read().await?;
    let memberships = organizations::operations::open_memberships(&mut tx, &person, caller.now).await?;
    let organizations = memberships.into_iter().map(|(_, organization)| organization.id).collect();
    Ok(answer(&caller, news, Ear::Person { person: Box::new(person), organizations }))
}

/// For the vendor's product, so that it can close what it has open.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "events.listen", tag = "events",
    responses((status = 200, description = "server-sent events: grant.revoked, grant.expired, grant.left, session.ended, …; \
    data is {\"grant\": id or null, \"session\": id or null, \"organization\": id or null}", content_type = "text/event-stream"),
    (status = 401, body = web::rest::Problem), (status = 403, body = web::rest::Problem)))]
pub async fn for_machines(caller: Caller) -> Result<Response, Failure> {
    let key = caller.actor.machine(Scope::EventsRead)?.key;
    let news = caller.world.live.listen_as(key)?;
    Ok(answer(&caller, news, Ear::Machine(key)))
}

fn answer(caller: &Caller, news: live::Stream, ear: Ear) -> Response {
    let listening = Listening { world: Arc::clone(&caller.world), news, ear, looked_at: caller.now };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Sse::new(events(listening)).keep_alive(keep_alive).into_response()
}

fn events(listening: Listening) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(listening, |mut listening| async move {
        loop {
            let event = match listening.news.recv().await {
                Ok(news) if listening.is_over(&news) => return None,
                Ok(news) => listening.event(&news),
                // Some were missed: whoever listens looks anew at everything.
                Err(RecvError::Lagged(_)) => Some(Event::default().event("missed").data("{}")),
                Err(RecvError::Closed) => return None,
            };
            if let Some(event) = event {
                return Some((Ok(event), listening));
            }
        }
    })
}

impl Listening {
    /// A stream ends with the session that it was opened in, and with the rights that it was opened on: the page
    /// connects again and is judged anew.
    fn is_over(&self, news: &Recorded) -> bool {
        // However little happens, whoever listens is asked again who they are from time to time.
        if self.world.clock.now().since(self.looked_at) > LONGEST {
            return true;
        }
        let (person, organizations) = match &self.ear {
            Ear::Person { person, organizations } => (person, organizations),
            Ear::Machine(key) => return news.kind == "api_key.revoked" && news.subject == key.to_string(),
        };
        let has_ended = news.session == Some(person.session)
            && matches!(news.kind, "session.ended" | "session.signed_out");
        let touches_rights =
            ["member.", "agent.", "mfa_level."].iter().any(|about| news.kind.starts_with(about));
        let in_mine = news.organization.is_some_and(|organization| organizations.contains(&organization));
        let about_me = news.subject == person.user.to_string();
        has_ended || (touches_rights && (in_mine || about_me))
    }

    fn event(&self, news: &Recorded) -> Option<Event> {
        match &self.ear {
            Ear::Person { person, organizations } => {
                let in_mine =
                    news.organization.is_some_and(|organization| organizations.contains(&organization));
                // Agents hear that tokens changed, not whose: the desk shows what they may see.
                let at_the_desk =
                    person.staff.agent_level.is_some() && news.kind.starts_with("support_token.");
                let in_administration = person.staff.is_administrator && news.organization.is_none();
                (in_mine || at_the_desk || in_administration)
                    .then(|| Event::default().id(news.id.to_string()).event("changed").data("{}"))
            }
            Ear::Machine(_) if news.kind == ACTIVITY => None,
            Ear::Machine(_) => {
                let data = json!({ "grant": news.grant, "session": news.session, "organization": news.organization });
                let kind = told_outside(news.kind);
                Some(Event::default().id(news.id.to_string()).event(kind).data(data.to_string()))
            }
        }
    }
}

/// How programs hear of it: every way in is a grant, whatever its kind, and credentials are what they are called. A product that
/// knows the ends of grants closes what it has open for every kind of them; what is only disabled is shut for now as well.
fn told_outside(kind: &str) -> String {
    match kind {
        "temporary_credentials.generated" => "credentials.generated".to_owned(),
        "temporary_credentials.used" => "credentials.used".to_owned(),
        "partner.revoked" | "partner_token.deleted" | "partner_token.disabled" => "grant.revoked".to_owned(),
        "partner_token.expired" => "grant.expired".to_owned(),
        "partner.left" => "grant.left".to_owned(),
        _ => kind.replacen("support_token.", "grant.", 1).replacen("temporary_credentials.", "grant.", 1),
    }
}
