//! Links from mails that do one thing: the page says what, a button does it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::EmailAddress;
use web::{
    Caller, Failure,
    page::{Console, Shell, page, see_other},
    rest::Path,
};

use super::gone;
use crate::operations;

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    shell: Shell,
    lead: String,
    heading: String,
    /// What follows from it.
    ends: String,
    action: String,
    verb: String,
    keep: String,
    /// It gives something, rather than ending it.
    is_gentle: bool,
}

/// The words of one kind of link.
struct Words {
    path: &'static str,
    title: &'static str,
    lead: Option<&'static str>,
    heading: &'static str,
    ends: &'static str,
    verb: &'static str,
    keep: &'static str,
}

const LOCK: Words = Words {
    path: "/lock-account",
    title: "recovery-lock-title",
    lead: Some("recovery-lock-lead"),
    heading: "recovery-lock-heading",
    ends: "recovery-lock-ends",
    verb: "recovery-lock-verb",
    keep: "recovery-lock-keep",
};
const CONFIRM: Words = Words {
    path: "/confirm-email",
    title: "recovery-confirm-title",
    lead: None,
    heading: "recovery-confirm-heading",
    ends: "recovery-confirm-ends",
    verb: "recovery-confirm-verb",
    keep: "recovery-confirm-keep",
};
const UNDO: Words = Words {
    path: "/undo-email",
    title: "recovery-undo-title",
    lead: None,
    heading: "recovery-undo-heading",
    ends: "recovery-undo-ends",
    verb: "recovery-undo-verb",
    keep: "recovery-undo-keep",
};
const STOP: Words = Words {
    path: "/stop-recovery",
    title: "recovery-stop-title",
    lead: None,
    heading: "recovery-stop-heading",
    ends: "recovery-stop-ends",
    verb: "recovery-stop-verb",
    keep: "recovery-stop-keep",
};

fn link_page(caller: &Caller, words: &Words, token: &str, email: &EmailAddress) -> Response {
    let t = caller.text();
    let said = |key: &str| t.with(key, [("email", email)]);
    let link = LinkPage {
        lead: words.lead.map(said).unwrap_or_default(),
        heading: said(words.heading),
        ends: said(words.ends),
        action: format!("{}/{token}", words.path),
        verb: t.get(words.verb),
        keep: t.get(words.keep),
        is_gentle: words.path == CONFIRM.path,
        shell: caller.shell(Console::Public, "", t.get(words.title)),
    };
    page(StatusCode::OK, &link)
}

pub(super) async fn lock(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_lock(&caller, &token).await {
        Ok(email) => Ok(link_page(&caller, &LOCK, &token, &email)),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn do_lock(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::lock_account(&caller, &token).await {
        Ok(()) => Ok(see_other("/recovery/account-locked")),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn confirm(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_confirmation(&caller, &token).await {
        Ok(email) => Ok(link_page(&caller, &CONFIRM, &token, &email)),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn do_confirm(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::confirm_email(&caller, &token).await {
        Ok(()) => Ok(see_other("/recovery/email-changed")),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn undo(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_undo(&caller, &token).await {
        Ok(email) => Ok(link_page(&caller, &UNDO, &token, &email)),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn do_undo(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::undo_email(&caller, &token).await {
        Ok(()) => Ok(see_other("/recovery/email-restored")),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn stop(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_stop(&caller, &token).await {
        Ok(email) => Ok(link_page(&caller, &STOP, &token, &email)),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn do_stop(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::stop(&caller, &token).await {
        Ok(()) => Ok(see_other("/recovery/request-stopped")),
        Err(error) => gone(&caller, error),
    }
}
