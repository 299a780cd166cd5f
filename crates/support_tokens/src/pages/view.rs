//! A token in words, for all pages alike.

use std::collections::BTreeMap;

use grants::{EndedHow, Mode, State};
use kernel::{GrantId, OrganizationId, Timestamp};
use operation::Call;
use web::{page, text::Text};

use crate::model::SupportToken;

/// What pages say about a token. Everything is written out; a template only places it.
pub struct View {
    pub id: GrantId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub code: String,
    pub state: page::State,
    /// "Ana Souza, level 2"; empty while nobody took it.
    pub agent: String,
    pub agent_name: String,
    pub agent_line: String,
    pub initials: String,
    pub mode: String,
    /// The agent's, or the customer's while there is no agent; may be empty.
    pub ticket: String,
    pub reason: String,
    pub made_by: String,
    pub made_at: String,
    /// "4 hours", or "until 18:00".
    pub length: String,
    /// When an agent could no longer take it.
    pub answer_by: String,
    /// When it would end if an agent took it now.
    pub would_end_at: String,
    pub since: String,
    /// The end, with the place of the clock.
    pub until: String,
    pub until_clock: String,
    /// "10:00 – 12:31"; empty if nobody ever took it.
    pub period: String,
    /// How it ended and by whom, or what is left of it.
    pub outcome: String,
    pub used: String,
    pub requests: i64,
    pub changes: i64,
    /// Who must not be taken at their word on the phone; on the agents' desk only, and mostly empty.
    pub phone_refused: String,
    /// Both ends of the ring.
    pub from: Timestamp,
    pub to: Timestamp,
}

impl View {
    pub fn new(call: &Call, t: &Text, token: &SupportToken) -> Self {
        let grant = &token.grant;
        let vendor = &call.world.settings.vendor_name;
        let association = token.association.as_ref();
        let since = grant.activated_at.map(|at| t.clock(at)).unwrap_or_default();
        let end = grant.over_at(call.now).unwrap_or_else(|| token.deadline());
        let period = match grant.activated_at {
            Some(from) => t.with("tokens-period", [("from", &t.clock(from)), ("to", &t.clock(end))]),
            None => String::new(),
        };
        let used = t.count("tokens-requests", token.used.requests);
        let changes = t.count("tokens-changes", token.used.changes);
        Self {
            id: token.id(),
            organization: token.organization(),
            organization_name: token.organization_name.clone(),
            code: token.code.to_string(),
            state: shown(token.state(call.now)),
            agent: agent(t, token),
            agent_name: association.map(|agent| agent.agent_name.clone()).unwrap_or_default(),
            agent_line: agent_line(t, token, vendor),
            initials: initials(association.map_or("", |agent| agent.agent_name.as_str())),
            mode: t.get(match grant.mode {
                Mode::ReadOnly => "tokens-mode-read-only",
                Mode::Write => "tokens-mode-write",
            }),
            ticket: association
                .map(|agent| agent.ticket.clone())
                .or_else(|| token.customer_ticket.clone())
                .unwrap_or_default(),
            reason: association.map(|agent| agent.reason.clone()).unwrap_or_default(),
            made_by: token.made_by.clone(),
            made_at: t.clock(grant.created_at),
            length: match grant.not_after {
                Some(moment) => t.with("tokens-length-until", [("clock", &t.clock_with_today(moment))]),
                None => t.length(token.validity),
            },
            answer_by: t.clock(grant.answer_by),
            would_end_at: with_zone(t, &t.clock_with_today(token.would_end_at(call.now))),
            since,
            until: with_zone(t, &t.clock(end)),
            until_clock: t.clock(end),
            period,
            outcome: outcome(call, t, token, end),
            used: t.with("tokens-used", [("requests", &used), ("changes", &changes)]),
            requests: token.used.requests,
            changes: token.used.changes,
            phone_refused: String::new(),
            from: grant.activated_at.unwrap_or(grant.created_at),
            to: token.deadline(),
        }
    }

    /// The same, for an agent: with the people of that organization who have a second factor on (C12).
    #[must_use]
    pub fn at_desk(mut self, names: &BTreeMap<OrganizationId, Vec<String>>) -> Self {
        self.phone_refused = names.get(&self.organization).map(|names| names.join(", ")).unwrap_or_default();
        self
    }

    pub fn is_live(&self) -> bool {
        self.state.is_live()
    }

    pub fn is_active(&self) -> bool {
        self.state == page::State::Active
    }

    pub fn is_revoked(&self) -> bool {
        self.state.is_revoked()
    }

    pub fn revoke_href(&self) -> String {
        format!("/organizations/{}/tokens/{}/revoke", self.organization, self.id)
    }

    pub fn give_back_href(&self) -> String {
        format!("/desk/give-back/{}", self.id)
    }

    pub fn was_taken(&self) -> bool {
        !self.agent.is_empty()
    }
}

/// "14:00, São Paulo time"
pub fn with_zone(t: &Text, clock: &str) -> String {
    t.with("tokens-clock-zone", [("clock", &clock), ("zone", &t.zone_name())])
}

/// The same state, as pages draw it.
fn shown(state: State) -> page::State {
    match state {
        State::Pending => page::State::Pending,
        State::Active => page::State::Active,
        State::Disabled => page::State::Disabled,
        State::Expired => page::State::Expired,
        State::Revoked => page::State::Revoked,
    }
}

fn agent(t: &Text, token: &SupportToken) -> String {
    match &token.association {
        None => String::new(),
        Some(agent) => match agent.agent_level {
            Some(level) => t.with("tokens-agent", [("name", &agent.agent_name), ("level", &level)]),
            None => agent.agent_name.clone(),
        },
    }
}

fn agent_line(t: &Text, token: &SupportToken, vendor: &str) -> String {
    match token.association.as_ref().and_then(|agent| agent.agent_level) {
        Some(level) => t.with("tokens-agent-line", [("level", &level), ("vendor", &vendor)]),
        None => t.with("tokens-agent-line-former", [("vendor", &vendor)]),
    }
}

fn initials(name: &str) -> String {
    page::Viewer {
        name: name.to_owned(),
        staff: kernel::Staff::default(),
        consoles: Vec::new(),
        has_my_partner: false,
    }
    .initials()
}

fn outcome(call: &Call, t: &Text, token: &SupportToken, end: Timestamp) -> String {
    let clock = t.clock(end);
    let Some(ended) = &token.grant.ended else {
        return match token.state(call.now) {
            State::Pending => t.with("tokens-outcome-pending", [("clock", &clock)]),
            State::Active => t.with("tokens-outcome-active", [("left", &t.span(call.now, end))]),
            State::Disabled => t.get("tokens-outcome-disabled"),
            State::Expired | State::Revoked => expired(t, token, &clock),
        };
    };
    let name = ended.by.as_ref().map(|(_, name)| name.as_str()).unwrap_or_default();
    let vendor = &call.world.settings.vendor_name;
    match ended.how {
        // No support token ends by a partner.
        EndedHow::Customer | EndedHow::Partner => {
            t.with("tokens-outcome-customer", [("name", &name), ("clock", &clock)])
        }
        EndedHow::Agent => t.with("tokens-outcome-agent", [("name", &name), ("clock", &clock)]),
        EndedHow::Vendor => {
            t.with("tokens-outcome-vendor", [("name", &name), ("vendor", vendor), ("clock", &clock)])
        }
        EndedHow::AgentRemoved => {
            let agent = token.association.as_ref().map_or("", |agent| agent.agent_name.as_str());
            t.with("tokens-outcome-agent-removed", [("agent", &agent), ("vendor", vendor), ("clock", &clock)])
        }
        EndedHow::Expired => expired(t, token, &clock),
    }
}

fn expired(t: &Text, token: &SupportToken, clock: &str) -> String {
    let key =
        if token.association.is_some() { "tokens-outcome-expired" } else { "tokens-outcome-unanswered" };
    t.with(key, [("clock", &clock)])
}
