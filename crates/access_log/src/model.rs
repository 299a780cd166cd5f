//! What the log shows: an entry, a period of access, and what was done in it. Nothing in here reads or writes.

use grants::{EndedHow, Grant, State};
use kernel::{ApplicationId, EventId, GrantId, OrganizationId, SessionId, Timestamp, UserId};
use organizations::model::Organization;
use serde_json::Value;

/// Every kind of entry that has a sentence of its own.
pub const KINDS: &[&str] = &[
    "organization.created",
    "organization.changed",
    "member.invited",
    "member.joined",
    "member.changed",
    "member.unlinked",
    "invitation.revoked",
    "person.created",
    "person.changed",
    "password.changed",
    "password.reset_asked",
    "password.reset",
    "account.locked",
    "email.change_asked",
    "email.changed",
    "email.change_undone",
    "lost_device.reported",
    "lost_device.checked",
    "lost_device.approved",
    "lost_device.reset",
    "lost_device.stopped",
    "lost_device.refused",
    "lost_device.expired",
    "lost_device.overtaken",
    "session.signed_in",
    "session.signed_out",
    "session.ended",
    "session.handed_over",
    "sign_in.failed",
    "support_token.created",
    "support_token.associated",
    "support_token.entered",
    "support_token.left",
    "support_token.revoked",
    "support_token.expired",
    "support_token.refused",
    "temporary_credentials.generated",
    "temporary_credentials.used",
    "temporary_credentials.entered",
    "temporary_credentials.left",
    "temporary_credentials.signed_out",
    "temporary_credentials.revoked",
    "temporary_credentials.expired",
    "temporary_credentials.refused",
    "open_doors.closed",
    "agent.invited",
    "agent.changed",
    "agent.suspended",
    "agent.restored",
    "application.created",
    "application.changed",
    "application.removed",
    "api_key.created",
    "api_key.revoked",
    "integration_login.created",
    "integration_login.revoked",
    "integration_login.used",
    "integration_login.refused",
    "legacy_sign_in.used",
    "authorized_request.created",
    "authorized_request.answered",
    "authorized_request.withdrawn",
    "mfa_level.changed",
    "mfa_level.code_made",
    "single_sign_on.prepared",
    "single_sign_on.tested",
    "single_sign_on.activated",
    "single_sign_on.disabled",
    "single_sign_on.removed",
    "single_sign_on.connected",
    "single_sign_on.disconnected",
    "single_sign_on.logged_out",
    "single_sign_on.refused",
    "single_sign_on.domain_added",
    "single_sign_on.domain_proved",
    "single_sign_on.domain_removed",
    "request.refused",
    "handover.refused",
    "partner_token.created",
    "partner_token.disabled",
    "partner_token.activated",
    "partner_token.deleted",
    "partner_token.removed",
    "partner_token.expired",
    "partner.authorized",
    "partner.changed",
    "partner.revoked",
    "partner.reminded",
    "partner.refused",
    "partner.entered",
    "partner.left",
    "partner.user_authorized",
    "partner.user_changed",
    "partner.user_revoked",
    "organization.registered",
    "permission.created",
    "permission.changed",
    "permission.removed",
    "application.rules_changed",
    "setup.completed",
    "setup.link_issued",
    "key_file.associated",
    "keys.rotated",
    "signing_key.created",
];

/// Who may read how much of an organization's log.
#[derive(Debug, Clone)]
pub struct Reach {
    pub organization: Organization,
    /// A member who is no administrator sees what happened under the grants that they made.
    pub only_grants_of: Option<UserId>,
}

impl Reach {
    pub const fn is_whole(&self) -> bool {
        self.only_grants_of.is_none()
    }
}

/// Who did something, as it was written down then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// `person`, `machine`, `system`, `operator` or `nobody`.
    pub kind: String,
    pub id: String,
    pub name: String,
}

/// One entry of the audit log, with the names that its ids have today.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: EventId,
    pub at: Timestamp,
    pub kind: String,
    pub is_refused: bool,
    pub by: By,
    /// The person on whose word a machine acted: id and name.
    pub on_behalf_of: Option<(String, String)>,
    pub grant: Option<GrantId>,
    pub reference_code: String,
    /// On whose side the grant ended, if it has.
    pub grant_ended_how: String,
    /// Who took the grant.
    pub agent_name: String,
    pub session: Option<SessionId>,
    pub subject: String,
    pub subject_name: String,
    pub address: String,
    pub request_id: String,
    pub details: Value,
}

impl Entry {
    pub const fn outcome(&self) -> &'static str {
        if self.is_refused { "refused" } else { "done" }
    }
}

/// Entries that a person looks for together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Group {
    #[default]
    All,
    Tokens,
    People,
    Settings,
    SignIns,
    Vendor,
    Refused,
}

impl Group {
    pub const ALL: [Self; 7] =
        [Self::All, Self::Tokens, Self::People, Self::Settings, Self::SignIns, Self::Vendor, Self::Refused];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Tokens => "tokens",
            Self::People => "people",
            Self::Settings => "settings",
            Self::SignIns => "sign_ins",
            Self::Vendor => "vendor",
            Self::Refused => "refused",
        }
    }

    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|group| group.as_str() == text).unwrap_or_default()
    }

    /// How the kinds of the group begin; one of these.
    const fn beginnings(self) -> [&'static str; 4] {
        match self {
            Self::All | Self::Refused => [""; 4],
            // Every way in from outside.
            Self::Tokens => ["support_token.", "temporary_credentials.", "partner", "open_doors."],
            Self::People => ["member.", "invitation.", "member.", "invitation."],
            Self::Settings => ["organization.", "application.", "mfa_level.", "organization."],
            Self::SignIns => ["session.", "sign_in.", "session.", "sign_in."],
            Self::Vendor => ["agent.", "api_key.", "agent.", "api_key."],
        }
    }
}

/// Which entries.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The kind begins with one of these.
    pub kinds: [String; 4],
    pub only_refused: bool,
    /// Somebody who did it, on whose word it was done, to whom it was done, or who was in.
    pub person: Option<UserId>,
    /// What the grant of the entry is now.
    pub state: Option<State>,
    pub grant: Option<GrantId>,
    pub from: Timestamp,
    /// Entries before this moment.
    pub to: Timestamp,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            kinds: Default::default(),
            only_refused: false,
            person: None,
            state: None,
            grant: None,
            from: Timestamp::from_micros(i64::MIN),
            to: Timestamp::from_micros(i64::MAX),
        }
    }
}

impl Filter {
    pub fn of_group(group: Group) -> Self {
        Self {
            kinds: group.beginnings().map(str::to_owned),
            only_refused: group == Group::Refused,
            ..Self::default()
        }
    }

    /// `support_token.revoked`, or `support_token` for all of them.
    pub fn of_kind(kind: &str) -> Self {
        let beginning =
            if kind.is_empty() || kind.contains('.') { kind.to_owned() } else { format!("{kind}.") };
        Self { kinds: [(); 4].map(|()| beginning.clone()), ..Self::default() }
    }
}

/// Somebody from outside who took a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsider {
    pub user: UserId,
    pub name: String,
    /// What they are today; a level that was taken away is none.
    pub level: Option<i64>,
}

/// A grant with what it was given for: one bar of the timeline and one row of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub grant: Grant,
    pub organization: OrganizationId,
    pub reference_code: String,
    pub maker_name: String,
    /// The partner, if it is one's.
    pub company: String,
    pub outsider: Option<Outsider>,
    pub customer_ticket: String,
    pub ticket: String,
    pub reason: String,
}

impl Period {
    /// Since when somebody from outside could be in; while nobody has taken it, since when it waits.
    pub fn began_at(&self) -> Timestamp {
        self.grant.activated_at.unwrap_or(self.grant.created_at)
    }

    /// When it ended, or will end if nobody does anything; [`Timestamp::MAX`] if it has no end.
    pub fn ends_at(&self) -> Timestamp {
        let deadline = || self.grant.deadline().unwrap_or(Timestamp::MAX);
        self.grant.ended.as_ref().map_or_else(deadline, |ended| ended.at)
    }

    pub fn ended_how(&self) -> Option<EndedHow> {
        self.grant.ended.as_ref().map(|ended| ended.how)
    }

    pub fn ended_by(&self) -> &str {
        self.grant.ended.as_ref().and_then(|ended| ended.by.as_ref()).map_or("", |(_, name)| name)
    }
}

/// What acting sessions of one grant did in one minute on one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub minute: Timestamp,
    pub application: ApplicationId,
    pub application_name: String,
    /// `read`, `change` or `refused`.
    pub kind: String,
    pub path: String,
    pub requests: i64,
    pub last_at: Timestamp,
}

/// Where a page of visits goes on: after this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitMark {
    pub minute: Timestamp,
    pub application: String,
    pub kind: String,
    pub path: String,
}

impl VisitMark {
    pub fn of(visit: &Visit) -> Self {
        Self {
            minute: visit.minute,
            application: visit.application.to_string(),
            kind: visit.kind.clone(),
            path: visit.path.clone(),
        }
    }

    pub fn to_token(&self) -> String {
        format!("{}~{}~{}~{}", self.minute.as_micros(), self.application, self.kind, self.path)
    }

    pub fn parse(token: &str) -> Option<Self> {
        let mut parts = token.splitn(4, '~');
        let minute = Timestamp::from_micros(parts.next()?.parse().ok()?);
        let mut part = || parts.next().map(str::to_owned);
        Some(Self { minute, application: part()?, kind: part()?, path: part()? })
    }
}

/// How many requests of a grant there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub reads: i64,
    pub changes: i64,
    pub refused: i64,
}

impl Totals {
    pub const fn requests(&self) -> i64 {
        self.reads + self.changes + self.refused
    }
}

/// What one session inside the account came to, from coming in to going out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub session: SessionId,
    pub user: UserId,
    pub name: String,
    /// What they are to the vendor today.
    pub level: Option<i64>,
    /// The company that they came for, where that is neither the vendor nor unknown.
    pub company: String,
    pub began_at: Timestamp,
    /// None: they are in.
    pub ended_at: Option<Timestamp>,
    /// Pages that were looked at, each once.
    pub pages: i64,
    pub changes: i64,
    pub refused: i64,
}

/// Everything about one grant.
#[derive(Debug, Clone)]
pub struct Account {
    /// The newest first.
    pub stays: Vec<Stay>,
    pub reach: Reach,
    pub period: Period,
    pub totals: Totals,
    pub last: Option<Visit>,
    pub visits: Vec<Visit>,
    pub more_visits: Option<VisitMark>,
    pub entries: Vec<Entry>,
    pub older_entries: Option<EventId>,
}

/// What the page of an organization shows.
#[derive(Debug, Clone)]
pub struct Overview {
    pub reach: Reach,
    pub periods: Vec<Period>,
    /// There are more periods than are drawn.
    pub is_cut: bool,
    pub entries: Vec<Entry>,
    pub older: Option<EventId>,
    /// Whom one can look for: id and name.
    pub people: Vec<(UserId, String)>,
}

/// A stretch of time, of one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub organization: OrganizationId,
    pub from: Timestamp,
    pub to: Timestamp,
}
