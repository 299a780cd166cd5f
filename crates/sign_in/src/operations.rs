//! From a password to a session, in steps that are types of their own.

mod alone;
mod at_provider;
mod destination;
mod new_password;
mod opening;
mod passkeys;
mod proofs;
mod second_step;
mod set_up;
mod warnings;

use kernel::{
    ConnectionId, EmailAddress, ErrandId, Error, Factor, Secret, SessionId, Timestamp, UserId,
    secret::Purpose,
};
use operation::{Call, Work, audit};
use people::{
    User, passwords,
    throttle::{self, Subject, Try},
};
use second_factor::{model::Standing, operations::Presented};

use crate::{
    model::{self, FLOW_LASTS, FLOW_WITH_MAIL_LASTS, Flow, MOST_OPEN, Next},
    rows,
};
use opening::Opening;

pub use alone::{Alone, PasswordAlone, password_alone};
pub use at_provider::by_provider;
pub use destination::{Wanted, destination, landing, product_origin};
pub use new_password::{choose_password, use_of_password};
pub use passkeys::{
    Browser, begin_confirm, begin_passkey, begin_passwordless, begin_set_up_passkey, confirm_set_up_passkey,
    confirm_with_passkey, passwordless, verify_passkey,
};
pub use proofs::{Confirmed, Shown, change_password, confirm};
pub use second_step::{Recovered, flow_person, use_recovery_code, verify_code};
pub use set_up::{
    SetUp, begin_for_session, confirm_set_up, mail_code, needs_mailed_code, offer_key, prove_by_agents_code,
    prove_mailbox,
};
pub use warnings::{run_warnings, warn_due};

/// What a right password is worth: not a session.
#[derive(Debug)]
#[must_use = "a proved password is not a session yet"]
pub struct PasswordProved {
    user: User,
    /// What the password was checked against: one that was changed meanwhile proves nothing.
    stored: String,
    attempt: Try,
    is_long_enough_alone: bool,
    /// The browser's own sign that it is remembered, whoever it is remembered for.
    presented: Option<Presented>,
    /// What connects the account to one at the organization's provider, once all is shown that the account asks for.
    connects: Option<ErrandId>,
}

/// What a check of an address and a password can say.
#[derive(Debug)]
pub enum Checked {
    Proved(Box<PasswordProved>),
    /// The password of temporary credentials, which belong to no person and lead to a session of another kind (D5).
    Temporary(temporary_credentials::operations::Proved),
    /// The password was right, and opens nothing: the person signs in at the organization's provider (E13).
    Managed(ConnectionId),
    /// The address, the password, or both: which of them is not told (A40).
    Wrong,
}

/// What a browser brings beside an address and a password.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brought<'a> {
    /// By what it says that it is remembered.
    pub device: Option<&'a str>,
    /// By what it says that it was just at a provider.
    pub errand: Option<&'a str>,
}

/// Checks an address and a password. A known and an unknown address cause the same reads, the same hashing and the same
/// writes (A40, case 33).
pub async fn prove_password(
    call: &Call,
    email: &str,
    password: &str,
    brought: Brought<'_>,
) -> Result<Checked, Error> {
    // First of all, so that a flood is turned away before it costs a write.
    let place = passwords::place(call)?;
    let presented = brought.device.and_then(Presented::parse);
    let (user, stored, is_known_browser, temporary, manager, connects) = {
        let mut tx = call.read().await?;
        let address = email.parse::<EmailAddress>().ok();
        let user = match &address {
            Some(address) => people::operations::find_by_email(&mut tx, address).await?,
            None => None,
        };
        let reserved = address.filter(|address| {
            user.is_none() && people::operations::is_reserved(&call.world.settings, address)
        });
        let temporary = match &reserved {
            Some(address) => Some(temporary_credentials::operations::known(&mut tx, address).await?),
            None => None,
        };
        let id = user.as_ref().map_or(UserId::from_bytes([0; 16]), |user| user.id);
        let stored = people::operations::password_hash(&mut tx, id).await?;
        let is_known_browser = match &presented {
            Some(presented) => presented.is_of(call, &mut tx, id).await?,
            None => false,
        };
        let manager = organizations::operations::manager_of(&mut tx, id, call.now).await?;
        let connects = match email.parse() {
            Ok(email) => {
                single_sign_on::operations::may_connect(&mut tx, brought.errand, &email, call.now).await?
            }
            Err(_) => None,
        };
        (user, stored, is_known_browser, temporary, manager, connects)
    };
    let subject = match &presented {
        Some(presented) if is_known_browser => Subject::PasswordOnDevice(presented.id()),
        _ => Subject::Password(email),
    };
    let attempt = throttle::begin(call, subject).await?;
    if let Some(temporary) = temporary {
        return Ok(match temporary.check(place, password, attempt).await? {
            Some(proved) => Checked::Temporary(proved),
            None => wrong(call, email).await,
        });
    }
    let is_right = place.verify(stored.as_deref(), password).await?;
    match (user, stored) {
        (Some(user), Some(stored)) if is_right && user.may_sign_in() => {
            let stored = people::operations::renew_password_hash(call, user.id, stored, password).await;
            if let (Some((_, connection)), None) = (manager, connects) {
                let tried = audit::Entry::new("sign_in.failed").detail("email", user.email.as_str());
                call.refused(tried.detail("reason", "managed_by_single_sign_on")).await;
                return Ok(Checked::Managed(connection));
            }
            let is_long_enough_alone = passwords::is_long_enough_alone(password);
            let proved = PasswordProved { user, stored, attempt, is_long_enough_alone, presented, connects };
            Ok(Checked::Proved(Box::new(proved)))
        }
        _ => Ok(wrong(call, email).await),
    }
}

async fn wrong(call: &Call, email: &str) -> Checked {
    // What is no address may be a password in the wrong field, and is not kept.
    let tried = audit::Entry::new("sign_in.failed");
    let tried = match email.parse::<EmailAddress>() {
        Ok(email) => tried.detail("email", email.as_str()),
        Err(_) => tried,
    };
    call.refused(tried).await;
    Checked::Wrong
}

/// Somebody who is signed in now.
#[derive(Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: SessionId,
    pub secret: Secret,
    pub factor: Factor,
    /// The organization whose provider said who it is.
    pub single_sign_on_of: Option<kernel::OrganizationId>,
    /// The new value of the cookie by which this browser is remembered.
    pub device: Option<String>,
}

/// Somebody whose password was right and who has more to show.
#[derive(Debug)]
pub struct Half {
    pub secret: Secret,
    pub next: Next,
    pub expires_at: Timestamp,
    pub standing: Standing,
}

#[derive(Debug)]
pub enum Begun {
    SignedIn(Box<SignedIn>),
    Half(Box<Half>),
}

/// What follows a right password: a session for whoever has nothing more to show, a half sign-in for everybody else.
/// `earlier` is the half sign-in that this browser has from before.
pub async fn go_on(
    call: &Call,
    proved: PasswordProved,
    wanted: &Wanted,
    earlier: Option<&str>,
) -> Result<Begun, Error> {
    let PasswordProved { user, stored, attempt, is_long_enough_alone, presented, connects } = proved;
    let (standing, may_be_remembered, must_set_up) = {
        let mut tx = call.read().await?;
        let standing = second_factor::operations::standing(&mut tx, user.id).await?;
        let may_be_remembered = second_factor::operations::may_be_remembered(&mut tx, user.id).await?;
        let must_set_up = second_factor::operations::is_mandatory(&mut tx, user.id, call.now).await?
            || people::operations::must_set_up_at(&mut tx, user.id).await?.is_some();
        (standing, may_be_remembered, must_set_up)
    };
    let remembered = match presented {
        // A browser is not remembered for the vendor's people: each of their sessions has seen their own device (A20).
        // To connect an account, all of it is shown (case 24).
        Some(presented) if standing.is_on() && may_be_remembered && connects.is_none() => {
            second_factor::operations::recognize(call, &presented, user.id).await?.map(|_| presented)
        }
        _ => None,
    };
    let next = if remembered.is_some() {
        None
    } else if connects.is_some() {
        // What is lacking is the provider's to ask for from now on.
        standing.is_on().then_some(Next::Code)
    } else {
        model::step_after_password(standing.is_on(), must_set_up, is_long_enough_alone)
    };
    let Some(next) = next else {
        let (factor, proved_at) =
            if remembered.is_some() { (Factor::Remembered, None) } else { (Factor::None, Some(call.now)) };
        let mut opening =
            Opening::begin(call, &user, factor, proved_at, &model::fingerprint(&stored)).await?;
        opening.connects = connects;
        attempt.succeeded(&mut opening.work).await?;
        if let Some(presented) = remembered {
            opening.device = Some(presented.use_up(&mut opening.work).await?);
        }
        opening.overtake(earlier.unwrap_or_default()).await?;
        return Ok(Begun::SignedIn(Box::new(opening.finish(None).await?)));
    };
    let half = begin_flow(call, &user, &stored, next, wanted, earlier, (Some(attempt), connects)).await?;
    Ok(Begun::Half(Box::new(Half { standing, ..half })))
}

/// `attempt` is the check of the password that led here; without one it was a session that did.
async fn begin_flow(
    call: &Call,
    user: &User,
    stored: &str,
    next: Next,
    wanted: &Wanted,
    earlier: Option<&str>,
    (attempt, connects): (Option<Try>, Option<ErrandId>),
) -> Result<Half, Error> {
    let secret = Secret::new(Purpose::SignIn, &*call.world.entropy);
    let mut work = call.begin().await?;
    let replaces = match earlier {
        Some(earlier) => open_flow(call, &mut work, earlier).await?.filter(|flow| flow.user == user.id),
        None => None,
    };
    let open = rows::open_of_user(&mut work, user.id, call.now).await?;
    let surplus = (open.len() + 1).saturating_sub(MOST_OPEN);
    for flow in replaces.iter().chain(open.iter().take(surplus)) {
        rows::end(&mut work, flow.id, call.now, "replaced").await?;
    }
    let flow = Flow {
        id: call.new_id(),
        user: user.id,
        next,
        replaces: replaces.map(|flow| flow.id),
        password_hash: model::fingerprint(stored),
        mailed_code_hash: None,
        mailed_code_tries: 0,
        vouched_at: None,
        return_to: wanted.return_to.chars().take(2048).collect(),
        rd: wanted.rd.chars().take(8192).collect(),
        way: wanted.way.chars().take(64).collect(),
        connects,
        misses: 0,
        begun_in: if attempt.is_some() {
            None
        } else {
            call.actor.person().ok().map(|person| person.session)
        },
        created_at: call.now,
        expires_at: call.now + if next == Next::SetUp { FLOW_WITH_MAIL_LASTS } else { FLOW_LASTS },
        ended_at: None,
        address: call.origin.address.clone(),
    };
    let user_agent: String = call.origin.user_agent.chars().take(254).collect();
    rows::insert(&mut work, &flow, &secret.hash(), &user_agent).await?;
    let entry = if let Some(attempt) = attempt {
        attempt.was_no_failure(&mut work).await?;
        audit::Entry::new("sign_in.password_proved")
    } else {
        // Nobody typed a password, so nobody has to be warned that somebody knows it.
        rows::need_not_tell(&mut work, flow.id, call.now).await?;
        audit::Entry::new("sign_in.set_up_asked")
    };
    work.commit(entry.subject(user.id).detail("next", next.as_str())).await?;
    Ok(Half { secret, next, expires_at: flow.expires_at, standing: Standing::default() })
}

/// The half sign-in of a secret, while it is open.
async fn open_flow(call: &Call, tx: &mut store::Connection, presented: &str) -> Result<Option<Flow>, Error> {
    let Some(secret) = Secret::parse(Purpose::SignIn, presented) else { return Ok(None) };
    Ok(rows::find_by_secret(tx, &secret.hash()).await?.filter(|flow| flow.is_open(call.now)))
}

/// The half sign-in that a browser is in, at the step that it asks for; at every other it is over for this browser, so
/// that no step is skipped, repeated or taken from another sign-in (S45).
async fn at_step(call: &Call, presented: &str, next: Next) -> Result<Flow, Error> {
    let mut tx = call.read().await?;
    open_flow(call, &mut tx, presented).await?.filter(|flow| flow.next == next).ok_or_else(over)
}

fn over() -> Error {
    Error::conflict(
        "sign_in_over",
        "This sign-in has ended: it took too long, or was finished. Sign in again.",
    )
}

/// What a half sign-in is and offers, for the page of its step.
pub async fn current(call: &Call, presented: &str) -> Result<(Flow, User, Standing), Error> {
    let mut tx = call.read().await?;
    let flow = open_flow(call, &mut tx, presented).await?.ok_or_else(over)?;
    let user = people::operations::get(&mut tx, flow.user).await?;
    let standing = second_factor::operations::standing(&mut tx, flow.user).await?;
    Ok((flow, user, standing))
}

/// Ends every half sign-in of a person, along with something else that happens to the account.
pub async fn end_flows(work: &mut Work, user: UserId, how: &str) -> Result<(), Error> {
    let now = work.call().now;
    rows::end_all(work, user, now, how).await
}

/// Signs in as one of the people of the demonstration, by a click. There is no such thing anywhere else.
pub async fn demo_sign_in(call: &Call, user: UserId) -> Result<(SessionId, Secret), Error> {
    if !call.world.settings.is_demo {
        return Err(Error::NotFound);
    }
    let (user, stored) = {
        let mut tx = call.read().await?;
        let stored = people::operations::password_hash(&mut tx, user).await?.ok_or(Error::NotFound)?;
        (people::operations::get(&mut tx, user).await?, stored)
    };
    let fingerprint = model::fingerprint(&stored);
    let opening = Opening::begin(call, &user, Factor::Demo, Some(call.now), &fingerprint).await?;
    let signed_in = opening.finish(None).await?;
    Ok((signed_in.session, signed_in.secret))
}
