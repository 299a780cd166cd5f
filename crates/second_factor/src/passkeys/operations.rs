//! Registering, using and removing passkeys.

use std::sync::Arc;

use ::sessions::{model::Proof, operations as sessions};
use kernel::{CeremonyId, Duration, Error, Factor, PasskeyId, Secret, UserId};
use operation::{Call, Housekeeping, Work, World, audit};
use people::throttle::{self, Subject, Try};
use serde_json::Value;

use super::{
    model::{self, Ceremony, CeremonyKind, Passkey},
    party::{Party, Reason, Refusal},
    rows,
};
use crate::{emails::Change, operations as factors};

/// A challenge, and what the page hands to the browser.
#[derive(Debug)]
pub struct Started {
    pub ceremony: CeremonyId,
    pub options: Value,
}

/// What came of a passkey that the caller registered.
#[derive(Debug)]
pub struct Registered {
    pub id: PasskeyId,
    /// Shown once. Empty if the person has a set from before.
    pub recovery_codes: Vec<String>,
    /// The session's new secret.
    pub session: Secret,
}

/// The caller's passkeys, the oldest first.
pub async fn list(call: &Call) -> Result<Vec<Passkey>, Error> {
    let person = call.actor.person()?;
    rows::of_user(&mut *call.read().await?, person.user).await
}

/// A passkey of the caller.
pub async fn get(call: &Call, id: PasskeyId) -> Result<Passkey, Error> {
    let person = call.actor.person()?;
    rows::find(&mut *call.read().await?, person.user, id).await?.ok_or(Error::NotFound)
}

/// Begins a new passkey of a person. `asked_by` is the session or the half sign-in that alone may finish it; whoever calls
/// this has seen enough of the person.
pub async fn begin_new(call: &Call, user: UserId, asked_by: &str) -> Result<Started, Error> {
    let party = Party::of(call)?;
    let (person, known) = {
        let mut tx = call.read().await?;
        (people::operations::get(&mut tx, user).await?, rows::of_user(&mut tx, user).await?)
    };
    require_room(known.len().try_into().unwrap_or(i64::MAX))?;
    let (options, state) = party.begin_registration(user, person.email.as_str(), &person.name, &known)?;
    let ceremony = begin(call, CeremonyKind::Register, Some(user), asked_by, state).await?;
    Ok(Started { ceremony, options })
}

/// Judges the browser's answer to [`begin_new`].
pub async fn judge_new(
    call: &Call,
    user: UserId,
    asked_by: &str,
    ceremony: CeremonyId,
    name: &str,
    answer: &Value,
) -> Result<NewPasskey, Error> {
    let name = people::model::checked_name("name", name).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let party = Party::of(call)?;
    let made = match take(call, ceremony, CeremonyKind::Register, asked_by).await {
        Ok((state, asked)) if asked == Some(user) => party.finish_registration(&state, answer),
        Ok(_) => Err(Reason("other_person").into()),
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok((credential_id, credential)) => Ok(NewPasskey(Passkey {
            id: call.new_id(),
            user,
            credential_id,
            credential,
            name,
            created_at: call.now,
            last_used_at: None,
        })),
        Err(refusal) => Err(refused(call, "passkey.registered", Some(user), refusal).await),
    }
}

/// A passkey that showed that it works and is not in use yet.
#[must_use = "the passkey is not in use yet"]
pub struct NewPasskey(Passkey);

impl NewPasskey {
    /// Takes the passkey into use. The recovery codes are new unless the person keeps a set from before.
    pub async fn finish(self, work: &mut Work) -> Result<(Vec<String>, audit::Entry), Error> {
        let new = self.0;
        people::operations::lock(work, new.user).await?;
        let before = factors::standing(work, new.user).await?;
        require_room(before.passkeys)?;
        if let Err(error) = rows::insert(work, &new).await {
            return Err(if error.is_taken() {
                Error::conflict("passkey_already_registered", "This passkey is registered already.")
            } else {
                error.into()
            });
        }
        people::operations::ask_to_set_up(work, new.user, None).await?;
        let codes = if before.recovery_codes == 0 {
            factors::make_recovery_codes(work, new.user).await?
        } else {
            Vec::new()
        };
        let entry = audit::Entry::new("passkey.registered").subject(new.user);
        Ok((codes, entry.detail("passkey", new.id.to_string()).detail("name", new.name)))
    }
}

/// Begins a new passkey. The caller showed a moment ago who they are (case 4).
pub async fn begin_registration(call: &Call) -> Result<Started, Error> {
    let person = call.actor.person()?;
    person.require_recent_proof(call.now)?;
    begin_new(call, person.user, &person.session.to_string()).await
}

/// Takes the browser's answer: from now on the passkey opens the account. The session goes on under another secret (S28),
/// the others end, and the person gets a mail (C17).
pub async fn finish_registration(
    call: &Call,
    ceremony: CeremonyId,
    name: &str,
    answer: &Value,
) -> Result<Registered, Error> {
    let person = call.actor.person()?;
    person.require_recent_proof(call.now)?;
    let asked_by = person.session.to_string();
    let new = judge_new(call, person.user, &asked_by, ceremony, name, answer).await?;
    let id = new.0.id;
    let mut work = call.begin().await?;
    let (recovery_codes, entry) = new.finish(&mut work).await?;
    let user = people::operations::get(&mut work, person.user).await?;
    let proof = Proof { factor: Factor::Passkey, at: person.proved_at, ..Proof::default() };
    let session = sessions::renew(&mut work, person.session, proof).await?;
    let mut entries = vec![entry];
    entries.extend(factors::changed(&mut work, &user, Some(person.session), Change::PasskeyAdded).await?);
    work.commit_all(entries).await?;
    Ok(Registered { id, recovery_codes, session })
}

/// Gives a passkey of the caller another name.
pub async fn rename(call: &Call, id: PasskeyId, name: &str) -> Result<(), Error> {
    let person = call.actor.person()?;
    let name = people::model::checked_name("name", name).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let mut work = call.begin().await?;
    if !rows::rename(&mut work, person.user, id, &name).await? {
        return Err(Error::NotFound);
    }
    let entry = audit::Entry::new("passkey.renamed").subject(person.user);
    work.commit(entry.detail("passkey", id.to_string()).detail("name", name)).await
}

/// Removes a passkey of the caller: it opens nothing any more (S24). The person's other sessions end, and they get a mail
/// (C17). Who may not be without a second factor keeps the last one (E14).
pub async fn remove(call: &Call, id: PasskeyId) -> Result<(), Error> {
    let person = call.actor.person()?;
    person.require_recent_proof(call.now)?;
    let mut work = call.begin().await?;
    people::operations::lock(&mut work, person.user).await?;
    let passkey = rows::find(&mut work, person.user, id).await?.ok_or(Error::NotFound)?;
    if !rows::remove(&mut work, person.user, id, call.now).await? {
        return Err(Error::NotFound);
    }
    let entry = audit::Entry::new("passkey.removed").subject(person.user);
    let mut entries = vec![entry.detail("passkey", id.to_string()).detail("name", passkey.name)];
    let mut change = Change::PasskeyRemoved;
    if !factors::standing(&mut work, person.user).await?.is_on() {
        if factors::is_mandatory(&mut work, person.user, call.now).await? {
            return Err(Error::forbidden(
                "second_factor_mandatory",
                "Your role or your organization needs a second factor, and this passkey is the last one. Set up another one first.",
            ));
        }
        work.revokes(person.user);
        // Off is off: what stood in for the factor goes with it.
        crate::rows::remove_recovery_codes(&mut work, person.user, call.now).await?;
        entries.push(audit::Entry::new("second_factor.disabled").subject(person.user));
        change = Change::Off;
    }
    let user = people::operations::get(&mut work, person.user).await?;
    entries.extend(factors::changed(&mut work, &user, Some(person.session), change).await?);
    work.commit_all(entries).await
}

fn require_room(count: i64) -> Result<(), Error> {
    if count < model::MOST {
        return Ok(());
    }
    Err(Error::conflict(
        "too_many_passkeys",
        format!("An account has {} passkeys at most. Remove one that you no longer use.", model::MOST),
    ))
}

/// Asks for one of the passkeys of a person whose password was right. `asked_by` is the half sign-in, or the session
/// that shows again who it is.
pub async fn begin_second_factor(call: &Call, user: UserId, asked_by: &str) -> Result<Started, Error> {
    let party = Party::of(call)?;
    let known = rows::of_user(&mut *call.read().await?, user).await?;
    if known.is_empty() {
        return Err(Error::conflict("no_passkey", "There is no passkey for this account."));
    }
    let (options, state) = party.begin_sign_in(&known)?;
    let ceremony = begin(call, CeremonyKind::SecondFactor, Some(user), asked_by, state).await?;
    Ok(Started { ceremony, options })
}

/// Takes the answer to [`begin_second_factor`].
pub async fn finish_second_factor(
    call: &Call,
    user: UserId,
    asked_by: &str,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<Proved, Error> {
    let judged = judge(call, CeremonyKind::SecondFactor, Some(user), asked_by, ceremony, answer).await;
    proved(call, Some(user), judged).await
}

/// Asks for any passkey of this server, before anybody said who they are. `asked_by` is the hash of a cookie that only this
/// browser has.
pub async fn begin_sign_in(call: &Call, asked_by: &str) -> Result<Started, Error> {
    let (options, state) = Party::of(call)?.begin_sign_in(&[])?;
    let ceremony = begin(call, CeremonyKind::SignIn, None, asked_by, state).await?;
    Ok(Started { ceremony, options })
}

/// Takes the answer to [`begin_sign_in`]. It says and proves who it is.
pub async fn finish_sign_in(
    call: &Call,
    asked_by: &str,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<Proved, Error> {
    let judged = judge(call, CeremonyKind::SignIn, None, asked_by, ceremony, answer).await;
    proved(call, None, judged).await
}

/// A passkey that answered rightly. It is no session, and counts only once [`Proved::use_up`] has noted the use.
#[derive(Debug)]
#[must_use = "a proved passkey is not a session yet"]
pub struct Proved {
    passkey: Passkey,
    after: String,
    attempt: Try,
}

impl Proved {
    pub const fn user(&self) -> UserId {
        self.passkey.user
    }

    pub const fn passkey(&self) -> PasskeyId {
        self.passkey.id
    }

    /// Notes the use in the transaction that makes something of it. A passkey that was removed meanwhile, or whose counter
    /// somebody else moved on, proves nothing.
    pub async fn use_up(self, work: &mut Work) -> Result<(), Error> {
        let now = work.call().now;
        let Passkey { id, credential, .. } = self.passkey;
        self.attempt.succeeded(work).await?;
        if rows::used(work, id, &credential, &self.after, now).await? {
            Ok(())
        } else {
            Err(Error::Unauthenticated)
        }
    }
}

async fn judge(
    call: &Call,
    kind: CeremonyKind,
    user: Option<UserId>,
    asked_by: &str,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<Proved, Refusal> {
    let party = Party::of(call)?;
    let attempt = throttle::begin(call, Subject::Passkey(asked_by)).await?;
    let (state, asked) = take(call, ceremony, kind, asked_by).await?;
    if asked != user {
        return Err(Reason("other_person").into());
    }
    let answer = Party::read_answer(answer)?;
    let passkey = {
        let mut tx = call.read().await?;
        rows::find_by_credential(&mut tx, &answer.credential_id).await?.ok_or(Reason("unknown_credential"))?
    };
    // Who was named before owns it; who was not is named by it, and it says the same.
    let (named, said) = (user.or(answer.user), answer.user.unwrap_or(passkey.user));
    if named != Some(passkey.user) || said != passkey.user {
        return Err(Reason("other_person").into());
    }
    let after = party.finish_sign_in(&state, &answer, &passkey)?;
    Ok(Proved { passkey, after, attempt })
}

async fn proved(call: &Call, user: Option<UserId>, judged: Result<Proved, Refusal>) -> Result<Proved, Error> {
    match judged {
        Ok(proved) => Ok(proved),
        Err(refusal) => Err(refused(call, "passkey.used", user, refusal).await),
    }
}

/// Every reason has the same answer; the log has the reason.
async fn refused(call: &Call, kind: &'static str, user: Option<UserId>, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Fault(error) => error,
        Refusal::Answer(Reason(why)) => {
            let entry = audit::Entry::new(kind).detail("why", why);
            call.refused(match user {
                Some(user) => entry.subject(user),
                None => entry,
            })
            .await;
            Error::forbidden(
                "passkey_refused",
                "That passkey cannot be taken here. Try again, or choose another way.",
            )
        }
    }
}

async fn begin(
    call: &Call,
    kind: CeremonyKind,
    user: Option<UserId>,
    asked_by: &str,
    state: String,
) -> Result<CeremonyId, Error> {
    let ceremony = Ceremony {
        id: call.new_id(),
        kind,
        user,
        asked_by: asked_by.to_owned(),
        source: throttle::source_key(&call.origin.address),
        state,
        created_at: call.now,
        expires_at: call.now + model::CEREMONY_LASTS,
    };
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::forget_ceremonies(&mut note, call.now).await?;
    rows::forget_older(&mut note, asked_by, model::MOST_OF_ASKER - 1).await?;
    let (of_source, all) = rows::count_ceremonies(&mut note, &ceremony.source).await?;
    if of_source >= model::MOST_OF_SOURCE || all >= model::MOST_OF_ALL {
        return Err(Error::TooMany { retry_after_seconds: 60 });
    }
    rows::insert_ceremony(&mut note, &ceremony).await?;
    note.commit().await?;
    Ok(ceremony.id)
}

/// Uses a challenge up before the answer is looked at, so that no second answer to it is ever looked at.
async fn take(
    call: &Call,
    ceremony: CeremonyId,
    kind: CeremonyKind,
    asked_by: &str,
) -> Result<(String, Option<UserId>), Refusal> {
    let taken = async {
        let mut note = Housekeeping::begin(&call.world).await?;
        let taken = rows::take_ceremony(&mut note, ceremony, kind, asked_by, call.now).await?;
        note.commit().await?;
        Ok::<_, Error>(taken)
    };
    Ok(taken.await?.ok_or(Reason("no_challenge"))?)
}

/// Forgets challenges that are over. How many.
pub async fn forget_ceremonies(world: &Arc<World>) -> Result<u64, Error> {
    let mut note = Housekeeping::begin(world).await?;
    let forgotten = rows::forget_ceremonies(&mut note, world.clock.now()).await?;
    note.commit().await?;
    Ok(forgotten)
}

/// Forgets them for as long as the server runs, within a minute of their end (R17).
pub async fn run_forgetting(world: Arc<World>) {
    loop {
        let next = world.clock.now() + Duration::seconds(50);
        world.clock.wait_until(next).await;
        if let Err(error) = forget_ceremonies(&world).await {
            tracing::warn!(%error, "challenges that are over could not be forgotten");
        }
    }
}
