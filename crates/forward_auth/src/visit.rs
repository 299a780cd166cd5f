//! What Latchstring shows on a product's own host: which application that is, who is there, and the pages that say no.

use std::{net::IpAddr, sync::Arc};

use axum::response::Response;
use gate::Verdict;
use grants::{EndedHow, Kind, State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Error, Secret, Timestamp, secret::Purpose};
use serde::Serialize;
use web::{
    Failure,
    page::{self, Action, Console, Ended, Refused, Shell, page},
    rest,
    text::{Text, dashed},
};

use crate::{
    catalogue::Known,
    forward::{ForwardAuth, Found},
    model::{Part, Reason, Standing},
    operations::{self, EndedEntry},
    question::{Origin, Presented},
};

/// Stands before every address on a page of ours on a product's host.
pub const BASE: &str = "/_latchstring";
pub const LEAVE: &str = "/_latchstring/leave";

/// The application whose host a request is for. The forwarded host counts only from a trusted proxy (case 29).
pub async fn application(
    forward: &ForwardAuth,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Result<Arc<Known>, Failure> {
    let unreadable = || Failure::Malformed("It cannot be told which host this request is for.".to_owned());
    let single = |name: &str| -> Result<Option<&str>, Failure> {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| unreadable()),
            _ => Err(unreadable()),
        }
    };
    let is_trusted = peer.is_some_and(|peer| forward.proxies.trusts(peer));
    let forwarded =
        if is_trusted { (single("x-forwarded-proto")?, single("x-forwarded-host")?) } else { (None, None) };
    let candidates = match forwarded {
        (Some(scheme), Some(host)) => vec![Origin::new(scheme, host).ok_or_else(unreadable)?],
        (None, None) => {
            let host = single("host")?.ok_or_else(unreadable)?;
            ["https", "http"].into_iter().filter_map(|scheme| Origin::new(scheme, host)).collect()
        }
        _ => return Err(unreadable()),
    };
    for origin in candidates {
        if let Some(known) = forward.catalogue.find_or_ask(&forward.world, &origin).await? {
            return Ok(known);
        }
    }
    Err(Error::NotFound.into())
}

/// Somebody from outside who is in at this application now.
pub enum Acting {
    Here(Arc<Verdict<Standing>>),
    Over(Reason),
    /// No entry at all: a member, or nobody.
    No,
}

pub async fn acting(forward: &ForwardAuth, headers: &HeaderMap, known: &Known) -> Result<Acting, Error> {
    let presented = Presented::read(headers, forward.world.settings.secure_cookies);
    if !matches!(presented, Presented::Acting(_)) {
        return Ok(Acting::No);
    }
    Ok(match forward.find(presented, known).await? {
        Found::Somebody(_, verdict) if verdict.value.part.is_acting() => Acting::Here(verdict),
        Found::Somebody(..) | Found::Nobody => Acting::No,
        Found::No(reason, _) => Acting::Over(reason),
    })
}

/// The page of our host on which somebody began who came by this way in.
pub const fn begins(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::TemporaryCredentials) => "/temporary",
        Some(Kind::Partner) => "/my-clients",
        _ => "/desk",
    }
}

/// The words that lead back there.
const fn words_back(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Partner) => "forward-to-clients",
        Some(Kind::TemporaryCredentials) => "forward-to-begin",
        _ => "forward-to-desk",
    }
}

/// What the band says, in words and as data for a product that draws its own.
#[derive(Debug, Serialize)]
pub struct Band {
    pub acting: &'static str,
    pub organization: String,
    pub organization_id: String,
    pub agent: String,
    pub grant: String,
    pub access: &'static str,
    pub until: String,
    pub now: String,
    pub label: String,
    pub text: String,
    /// The mode in words.
    pub mode: String,
    pub title: String,
    pub leave: String,
    pub leave_url: &'static str,
    pub ended: String,
    pub ended_text: String,
    pub ended_link: String,
    pub ended_url: String,
}

impl Band {
    pub fn new(verdict: &Verdict<Standing>, known: &Known, t: &Text) -> Self {
        let (grounds, words) = (verdict.value.grounds(), &verdict.value.words);
        let account = &verdict.value.account.name;
        let until = verdict.value.grant_ends_at().unwrap_or(verdict.until);
        let may_write = verdict.value.part.may_write();
        let delegation = words.delegation();
        let clock = t.clock(until);
        let (access, mode) =
            if may_write { ("write", "banner-mode-write") } else { ("read_only", "banner-mode-read-only") };
        let (text, kind) = match verdict.value.part {
            Part::Temporary { .. } => ("banner-text-temporary", Some(Kind::TemporaryCredentials)),
            Part::Partner { .. } => ("banner-text", Some(Kind::Partner)),
            _ => ("banner-text", None),
        };
        Self {
            acting: verdict.value.part.acting(),
            organization: account.to_string(),
            organization_id: grounds.organization.to_string(),
            agent: words.name().to_owned(),
            grant: grounds.grant().map(|grant| grant.to_string()).unwrap_or_default(),
            access,
            until: rest::rfc3339(until),
            now: rest::rfc3339(t.now()),
            label: t.get(if delegation.is_some() { "banner-label-partner" } else { "banner-label" }),
            text: match delegation {
                Some(delegation) => t.with(
                    "banner-text-partner",
                    [("partner", &delegation.partner_name), ("organization", &account), ("clock", &clock)],
                ),
                None => t.with(text, [("organization", &account), ("clock", &clock)]),
            },
            mode: t.get(mode),
            title: t.get(if delegation.is_some() { "banner-title-partner" } else { "banner-title" }),
            leave: t.get("banner-leave"),
            leave_url: LEAVE,
            ended: t.get("ended-title"),
            ended_text: t.with("banner-ended", [("organization", &account)]),
            ended_link: t.get(words_back(kind)),
            ended_url: format!("{}{}", known.public_url, begins(kind)),
        }
    }
}

/// The band as a piece of HTML, for a product that includes it on the server.
#[derive(askama::Template)]
#[template(path = "banner.html")]
pub struct BandFragment {
    pub band: Band,
}

fn text(headers: &HeaderMap, language: &str, zone: &str, now: Timestamp) -> Text {
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Text::new(if language.is_empty() { accepted } else { language }, zone, now)
}

/// The frame of a page on a product's host.
pub fn shell(forward: &ForwardAuth, t: Text, title: String) -> Shell {
    let mut shell = Shell::public(t, title);
    shell.console = Console::Public;
    shell.vendor.clone_from(&forward.world.settings.vendor_name);
    shell.demo = forward.world.settings.is_demo;
    BASE.clone_into(&mut shell.base);
    shell
}

/// The page for somebody who is told no: what happened, and who can help. No form, and a way out.
pub async fn refused(
    forward: &ForwardAuth,
    headers: &HeaderMap,
    reason: Reason,
    home: Option<String>,
) -> Response {
    let now = forward.world.clock.now();
    let home = home.unwrap_or_else(|| forward.world.settings.public_url.clone());
    let is_over = matches!(reason, Reason::GrantRevoked | Reason::GrantExpired | Reason::SessionEnded);
    // Whoever was in reads it in their own language and time.
    let entry = entry(forward, headers, now).await;
    let (language, zone) =
        entry.as_ref().map_or(("", ""), |entry| (entry.language.as_str(), entry.time_zone.as_str()));
    let t = text(headers, language, zone, now);
    let kind = entry.as_ref().map(|entry| entry.kind);
    let to_desk = Action::primary(format!("{home}{}", begins(kind)), t.get(words_back(kind)));
    let mut answer = if is_over {
        page(StatusCode::FORBIDDEN, &ended_page(forward, t, reason, entry, to_desk))
    } else {
        let (sentence, who_can, action) = match reason {
            Reason::ReadOnly => (
                t.get("forward-read-only"),
                t.get("forward-read-only-who"),
                Action::primary("/", t.get("forward-to-product")),
            ),
            Reason::MfaRequired => (
                t.get("forward-mfa-required"),
                t.get("forward-mfa-required-who"),
                Action::primary(format!("{home}{}", rest::SET_UP_PATH), t.get("forward-mfa-required-verb")),
            ),
            Reason::PermissionMissing => (
                t.get("forward-permission-missing"),
                t.get("forward-permission-missing-who"),
                Action::primary("/", t.get("forward-to-product")),
            ),
            Reason::UnknownApplication => (
                t.get("forward-unknown-application"),
                t.get("forward-unknown-application-who"),
                Action::primary(home, t.get("error-home")),
            ),
            _ => (
                t.get("forward-not-allowed"),
                t.get("forward-not-allowed-who"),
                Action::primary(home, t.get("error-home")),
            ),
        };
        let shell = shell(forward, t.clone(), t.get("error-forbidden-title"));
        page(
            StatusCode::FORBIDDEN,
            &Refused { shell, sentence, who_can: Some(who_can), actions: vec![action] },
        )
    };
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What became of the entry that the request still carries. The page says less if it cannot be read.
async fn entry(forward: &ForwardAuth, headers: &HeaderMap, now: Timestamp) -> Option<EndedEntry> {
    let Presented::Acting(value) = Presented::read(headers, forward.world.settings.secure_cookies) else {
        return None;
    };
    let secret = Secret::parse(Purpose::Session, value)?;
    operations::ended_entry(&forward.world, &secret.hash(), now).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what became of an entry could not be read");
        None
    })
}

fn ended_page(
    forward: &ForwardAuth,
    t: Text,
    reason: Reason,
    entry: Option<EndedEntry>,
    to_desk: Action,
) -> Ended {
    let state = if reason == Reason::GrantRevoked { page::State::Revoked } else { page::State::Expired };
    let shell = shell(forward, t.clone(), t.get("ended-title"));
    let is_temporary = entry.as_ref().is_some_and(|entry| entry.kind == Kind::TemporaryCredentials);
    let note = if is_temporary { "forward-ended-note-temporary" } else { "forward-ended-note" };
    let note = Some(t.get(note));
    let actions = vec![to_desk];
    let Some(entry) = entry else {
        let sentence = t.get(match reason {
            Reason::GrantRevoked => "forward-ended-revoked",
            Reason::GrantExpired => "forward-ended-expired",
            _ => "forward-ended-session",
        });
        return Ended { shell, state, sentence, facts: Vec::new(), actions, note };
    };
    let clock = t.clock(entry.at);
    let by = entry.by.as_deref().unwrap_or_default();
    let sentence = match (entry.state, entry.how) {
        (State::Revoked, Some(EndedHow::Agent)) => t.with("forward-ended-by-agent", [("clock", &clock)]),
        (State::Revoked, Some(EndedHow::Partner)) => t.with("forward-ended-by-partner", [("clock", &clock)]),
        (State::Revoked, Some(EndedHow::AgentRemoved)) => {
            t.with("forward-ended-agent-removed", [("clock", &clock)])
        }
        (State::Revoked, _) if !by.is_empty() => {
            t.with("forward-ended-by", [("name", &by), ("clock", &clock)])
        }
        (State::Revoked, _) => t.with("forward-ended-revoked-at", [("clock", &clock)]),
        (State::Expired, _) => t.with("forward-ended-expired-at", [("clock", &clock)]),
        _ if is_temporary => t.with("forward-ended-session-at-temporary", [("clock", &clock)]),
        _ => t.with("forward-ended-session-at", [("clock", &clock)]),
    };
    let mut facts = vec![
        (t.get("forward-fact-organization"), entry.organization),
        (t.get("forward-fact-code"), dashed(&entry.reference_code)),
        (t.get("forward-fact-entered"), t.clock(entry.began_at)),
    ];
    if !entry.ticket.is_empty() {
        facts.push((t.get("forward-fact-ticket"), entry.ticket));
    }
    facts.retain(|(_, value)| !value.is_empty());
    Ended { shell, state, sentence, facts, actions, note }
}
