//! The record of an act: who, what, when, from where, with what outcome. Kept in the transaction of the act.

use kernel::{Actor, Duration, EventId, GrantId, OrganizationId, SessionId, Timestamp};
use serde_json::{Map, Value};
use store::{Connection, args};

use crate::Call;

/// What one act leaves in the log.
#[derive(Debug, Clone)]
pub struct Entry {
    kind: &'static str,
    refused: bool,
    organization: Option<OrganizationId>,
    grant: Option<GrantId>,
    session: Option<SessionId>,
    subject: String,
    details: Map<String, Value>,
}

impl Entry {
    /// `kind` is the capability and the past participle: `support_token.revoked`.
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            refused: false,
            organization: None,
            grant: None,
            session: None,
            subject: String::new(),
            details: Map::new(),
        }
    }

    /// The organization that may see the entry in its access log.
    #[must_use]
    pub fn organization(mut self, id: OrganizationId) -> Self {
        self.organization = Some(id);
        self
    }

    #[must_use]
    pub fn grant(mut self, id: GrantId) -> Self {
        self.grant = Some(id);
        self
    }

    #[must_use]
    pub fn session(mut self, id: SessionId) -> Self {
        self.session = Some(id);
        self
    }

    /// What it was done to.
    #[must_use]
    pub fn subject(mut self, id: impl std::fmt::Display) -> Self {
        self.subject = id.to_string();
        self
    }

    /// One more fact. Never a secret.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }
}

/// An entry as it was written; open pages are told of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub id: EventId,
    pub at: Timestamp,
    pub kind: &'static str,
    pub refused: bool,
    pub organization: Option<OrganizationId>,
    pub grant: Option<GrantId>,
    pub session: Option<SessionId>,
    pub subject: String,
}

/// Writes an entry, the `place`th of its commit. Only a commit calls this.
pub(crate) async fn record(
    tx: &mut Connection,
    call: &Call,
    entry: Entry,
    place: i64,
) -> Result<Recorded, kernel::Error> {
    // The entries of one commit have one time; their ids keep them in order.
    let id = EventId::new(call.now + Duration::micros(place), &*call.world.entropy);
    let (actor_kind, actor_id, actor_name, on_behalf_of) = match &call.actor {
        Actor::Nobody => ("nobody", String::new(), String::new(), String::new()),
        Actor::Person(person) => ("person", person.user.to_string(), person.name.clone(), String::new()),
        Actor::Machine(machine) => (
            "machine",
            machine.key.to_string(),
            machine.name.clone(),
            machine.on_behalf_of.as_ref().map(|(user, _)| user.to_string()).unwrap_or_default(),
        ),
        Actor::System => ("system", String::new(), String::new(), String::new()),
        Actor::Operator => ("operator", String::new(), String::new(), String::new()),
    };
    tx.execute(
        "INSERT INTO audit (id, at, kind, outcome, actor_kind, actor_id, actor_name, on_behalf_of, organization_id, \
         grant_id, session_id, subject, details, address, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &args![
            id,
            call.now,
            entry.kind,
            if entry.refused { "refused" } else { "done" },
            actor_kind,
            actor_id,
            actor_name,
            on_behalf_of,
            entry.organization,
            entry.grant,
            entry.session,
            entry.subject,
            Value::Object(entry.details).to_string(),
            call.origin.address,
            call.origin.request_id,
        ],
    )
    .await?;
    Ok(Recorded {
        id,
        at: call.now,
        kind: entry.kind,
        refused: entry.refused,
        organization: entry.organization,
        grant: entry.grant,
        session: entry.session,
        subject: entry.subject,
    })
}
