//! Setting up a second factor on the way in, for whoever may not be without one (E2, E14, C14).
//!
//! Whoever knows the password alone must not get to set up a factor of their own: the mailbox is shown first, unless the
//! person has just come from a link in it, or a code that an agent told them. What was shown counts in the half sign-in in
//! which it was shown, and in no other: a set-up that its owner left half done is nobody's to finish (E11).

use kernel::{Error, Factor};
use operation::{Call, Housekeeping, audit, outbox};
use people::{
    passwords,
    throttle::{self, Subject},
};
use second_factor::{emails::Change, operations as factors, operations::Offered};
use store::Connection;

use super::{Half, Opening, SignedIn, Wanted, at_step, begin_flow, over};
use crate::{
    emails,
    model::{Flow, MAILBOX_RECENT, MAILED_CODE_TRIES, Next},
    rows,
};

/// Whoever set up a factor and is signed in with it.
#[derive(Debug)]
pub struct SetUp {
    pub signed_in: SignedIn,
    /// Shown once.
    pub recovery_codes: Vec<String>,
}

/// Begins to set up a second factor for somebody who is signed in and to whom everything is shut until they have one. The
/// session shows no more than a password does, so it goes the same way as a sign-in; it ends when that is done.
pub async fn begin_for_session(call: &Call, wanted: &Wanted, earlier: Option<&str>) -> Result<Half, Error> {
    let person = call.actor.person()?;
    let (user, stored, standing) = {
        let mut tx = call.read().await?;
        if !mfa_levels::operations::is_shut(&mut tx, person.user, person.into(), call.now).await? {
            return Err(Error::conflict(
                "nothing_to_set_up",
                "Nothing is shut to you. Two-factor authentication is under My account.",
            ));
        }
        let user = people::operations::get(&mut tx, person.user).await?;
        let stored = people::operations::password_hash(&mut tx, user.id).await?;
        (user, stored, factors::standing(&mut tx, person.user).await?)
    };
    let stored = stored.ok_or(Error::Unauthenticated)?;
    let next = if standing.is_on() { Next::Code } else { Next::SetUp };
    let half = begin_flow(call, &user, &stored, next, wanted, earlier, (None, None)).await?;
    Ok(Half { standing, ..half })
}

/// The half sign-in at this step. It is for whoever has no second factor: with one, also one that was set up after this began,
/// it would be a way to put another in its place without it (E14, C9).
pub(super) async fn at_set_up(call: &Call, presented: &str) -> Result<Flow, Error> {
    let flow = at_step(call, presented, Next::SetUp).await?;
    let standing = factors::standing(&mut *call.read().await?, flow.user).await?;
    if standing.is_on() { Err(over()) } else { Ok(flow) }
}

/// Whether the person has to show first that it is they.
pub async fn needs_mailed_code(call: &Call, tx: &mut Connection, flow: &Flow) -> Result<bool, Error> {
    if flow.vouched_at.is_some() {
        return Ok(false);
    }
    let shown = people::operations::mailbox_proved_at(tx, flow.user).await?;
    Ok(shown.is_none_or(|at| call.now.since(at) > MAILBOX_RECENT))
}

/// Mails a code to the address that is known. A new one makes the one before it worthless.
pub async fn mail_code(call: &Call, presented: &str) -> Result<(), Error> {
    let flow = at_set_up(call, presented).await?;
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    // Each mail counts as a failure until a code from one is shown: there is no flood to somebody's mailbox.
    let _counted = throttle::begin(call, Subject::Mail(user.id)).await?;
    let code = kernel::entropy::digits(&*call.world.entropy, 8);
    let hash = passwords::hash(call, &code).await?;
    let mut work = call.begin().await?;
    rows::save_mailed_code(&mut work, flow.id, &hash).await?;
    outbox::send(&mut work, emails::mailed_code(call, &user, &code)).await?;
    work.commit(audit::Entry::new("sign_in.code_mailed").subject(user.id)).await
}

/// Takes the mailed code: once, five tries.
pub async fn prove_mailbox(call: &Call, presented: &str, code: &str) -> Result<(), Error> {
    let flow = at_step(call, presented, Next::SetUp).await?;
    let wrong = || {
        Error::invalid(
            "code",
            "wrong_mailed_code",
            "This is not the code from the newest mail. Ask for another one.",
        )
    };
    let stored = flow.mailed_code_hash.ok_or_else(wrong)?;
    let mut note = Housekeeping::begin(&call.world).await?;
    let is_counted = rows::count_mailed_try(&mut note, flow.id, MAILED_CODE_TRIES).await?;
    note.commit().await?;
    let typed: String = code.chars().filter(|c| !c.is_whitespace()).take(64).collect();
    if !is_counted || !passwords::verify(call, Some(&stored), &typed).await? {
        call.refused(audit::Entry::new("sign_in.mailbox_proved").subject(flow.user)).await;
        return Err(wrong());
    }
    let mut work = call.begin().await?;
    if !rows::forget_mailed_code(&mut work, flow.id, &stored).await? {
        return Err(wrong());
    }
    if !rows::vouch(&mut work, flow.id, call.now).await? {
        return Err(over());
    }
    throttle::begin_anew(&mut work, Subject::Mail(flow.user)).await?;
    work.commit(audit::Entry::new("sign_in.mailbox_proved").subject(flow.user)).await
}

/// Takes a code that an agent told the person: once, five tries, in place of one from the mailbox.
pub async fn prove_by_agents_code(call: &Call, presented: &str, code: &str) -> Result<(), Error> {
    let flow = at_step(call, presented, Next::SetUp).await?;
    let wrong = || {
        Error::invalid(
            "agent_code",
            "wrong_agent_code",
            "This is not the code that support told you, or it is over. Ask for another one.",
        )
    };
    // A code may be somebody's whose password another one knows: a try counts like one at a password.
    let attempt = throttle::begin(call, Subject::Code(flow.user)).await?;
    let Some(proved) = mfa_levels::operations::check_set_up_code(call, flow.user, code).await? else {
        call.refused(audit::Entry::new("sign_in.agents_code_shown").subject(flow.user)).await;
        return Err(wrong());
    };
    let mut work = call.begin().await?;
    if !proved.use_up(&mut work).await? {
        return Err(wrong());
    }
    if !rows::vouch(&mut work, flow.id, call.now).await? {
        return Err(over());
    }
    attempt.succeeded(&mut work).await?;
    work.commit(audit::Entry::new("sign_in.agents_code_shown").subject(flow.user)).await
}

pub(super) fn mailbox_not_proved() -> Error {
    Error::forbidden(
        "mailbox_not_proved",
        "Show first that the mailbox of this account is yours: enter the code that is mailed to it.",
    )
}

/// Shows the key that the person is to put into an authenticator app.
pub async fn offer_key(call: &Call, presented: &str) -> Result<Offered, Error> {
    let flow = at_set_up(call, presented).await?;
    let mut work = call.begin().await?;
    if needs_mailed_code(call, &mut work, &flow).await? {
        return Err(mailbox_not_proved());
    }
    let offered = factors::begin_key(&mut work, flow.user, &flow.id.to_string()).await?;
    work.commit(audit::Entry::new("second_factor.begun").subject(flow.user)).await?;
    Ok(offered)
}

/// Takes the key into use with its first code, and signs in.
pub async fn confirm_set_up(call: &Call, presented: &str, code: &str) -> Result<SetUp, Error> {
    let flow = at_set_up(call, presented).await?;
    let confirming = factors::confirm_key(call, flow.user, &flow.id.to_string(), code).await?;
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    let mut opening = Opening::begin(call, &user, Factor::Totp, Some(call.now), &flow.password_hash).await?;
    opening.require_no_factor().await?;
    let (recovery_codes, entries) = confirming.finish(&mut opening.work).await?;
    opening.entries.extend(entries);
    let changed = factors::changed(&mut opening.work, &user, None, Change::On).await?;
    opening.entries.extend(changed);
    Ok(SetUp { signed_in: opening.finish(Some(&flow)).await?, recovery_codes })
}
