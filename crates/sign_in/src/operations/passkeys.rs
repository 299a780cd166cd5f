//! Passkeys at the door: after the password, in place of it, on the way in for whoever must set up a factor, and to show
//! again who is signed in.

use kernel::{CeremonyId, Error, Factor, Secret, secret::Purpose};
use operation::{Call, audit};
use second_factor::{
    emails::Change,
    operations as factors,
    passkeys::{self, Proved, Started},
};
use serde_json::Value;
use sessions::model::Proof;

use super::{
    Opening, SetUp, SignedIn, at_step, needs_mailed_code,
    second_step::count_miss,
    set_up::{at_set_up, mailbox_not_proved},
};
use crate::model::{self, Next};

/// Asks for a passkey of the person whose password was right.
pub async fn begin_passkey(call: &Call, presented: &str) -> Result<Started, Error> {
    let flow = at_step(call, presented, Next::Code).await?;
    passkeys::begin_second_factor(call, flow.user, &flow.id.to_string()).await
}

/// Takes the passkey as the second step.
pub async fn verify_passkey(
    call: &Call,
    presented: &str,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<SignedIn, Error> {
    let flow = at_step(call, presented, Next::Code).await?;
    let asked_by = flow.id.to_string();
    let judged = passkeys::finish_second_factor(call, flow.user, &asked_by, ceremony, answer).await;
    let proved = match judged {
        Ok(proved) => proved,
        Err(error) => {
            if matches!(error, Error::Forbidden(..)) {
                count_miss(call, &flow).await?;
            }
            return Err(error);
        }
    };
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    let mut opening =
        Opening::begin(call, &user, Factor::Passkey, Some(call.now), &flow.password_hash).await?;
    used(&mut opening, proved).await?;
    opening.finish(Some(&flow)).await
}

async fn used(opening: &mut Opening, proved: Proved) -> Result<(), Error> {
    let entry = audit::Entry::new("passkey.used").subject(proved.user());
    opening.entries.push(entry.detail("passkey", proved.passkey().to_string()));
    proved.use_up(&mut opening.work).await
}

/// What only the browser has that asks for a passkey before anybody said who they are.
#[derive(Debug)]
pub struct Browser(Secret);

impl Browser {
    /// The one that the browser presents, or a new one.
    pub fn of(call: &Call, presented: Option<&str>) -> Self {
        let known = presented.and_then(|presented| Secret::parse(Purpose::Passkey, presented));
        Self(known.unwrap_or_else(|| Secret::new(Purpose::Passkey, &*call.world.entropy)))
    }

    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    fn asked_by(&self) -> String {
        self.0.hash().to_string()
    }
}

/// Asks for any passkey of this server.
pub async fn begin_passwordless(call: &Call, browser: &Browser) -> Result<Started, Error> {
    passkeys::begin_sign_in(call, &browser.asked_by()).await
}

/// Signs in with a passkey alone: it is something that the person has, and it asked for a finger, a face or a PIN. `earlier`
/// is the half sign-in that the browser has from before.
pub async fn passwordless(
    call: &Call,
    browser: &Browser,
    earlier: &str,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<SignedIn, Error> {
    let proved = passkeys::finish_sign_in(call, &browser.asked_by(), ceremony, answer).await?;
    let (user, stored) = {
        let mut tx = call.read().await?;
        let user = people::operations::get(&mut tx, proved.user()).await?;
        let stored = people::operations::password_hash(&mut tx, user.id).await?;
        (user, stored.ok_or(Error::Unauthenticated)?)
    };
    let password = model::fingerprint(&stored);
    let mut opening = Opening::begin(call, &user, Factor::Passkey, Some(call.now), &password).await?;
    used(&mut opening, proved).await?;
    opening.overtake(earlier).await?;
    opening.finish(None).await
}

/// Asks for a passkey of whoever is signed in, to show again that it is they (S20).
pub async fn begin_confirm(call: &Call) -> Result<Started, Error> {
    let person = call.actor.person()?;
    passkeys::begin_second_factor(call, person.user, &person.session.to_string()).await
}

/// Takes it. The session goes on under another secret (S28).
pub async fn confirm_with_passkey(
    call: &Call,
    ceremony: CeremonyId,
    answer: &Value,
) -> Result<Secret, Error> {
    let person = call.actor.person()?;
    let asked_by = person.session.to_string();
    let proved = passkeys::finish_second_factor(call, person.user, &asked_by, ceremony, answer).await?;
    let mut work = call.begin().await?;
    proved.use_up(&mut work).await?;
    let proof = Proof { factor: Factor::Passkey, at: Some(call.now), ..Proof::default() };
    let secret = sessions::operations::renew(&mut work, person.session, proof).await?;
    let entry = audit::Entry::new("session.confirmed").session(person.session).subject(person.user);
    work.commit(entry.detail("factor", Factor::Passkey.as_str())).await?;
    Ok(secret)
}

/// Begins a passkey on the way in, for whoever may not be without a second factor. The mailbox was shown before (E14).
pub async fn begin_set_up_passkey(call: &Call, presented: &str) -> Result<Started, Error> {
    let flow = at_set_up(call, presented).await?;
    if needs_mailed_code(call, &mut *call.read().await?, &flow).await? {
        return Err(mailbox_not_proved());
    }
    passkeys::begin_new(call, flow.user, &flow.id.to_string()).await
}

/// Takes it into use, and signs in.
pub async fn confirm_set_up_passkey(
    call: &Call,
    presented: &str,
    ceremony: CeremonyId,
    name: &str,
    answer: &Value,
) -> Result<SetUp, Error> {
    let flow = at_set_up(call, presented).await?;
    let new = passkeys::judge_new(call, flow.user, &flow.id.to_string(), ceremony, name, answer).await?;
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    let mut opening =
        Opening::begin(call, &user, Factor::Passkey, Some(call.now), &flow.password_hash).await?;
    opening.require_no_factor().await?;
    let (recovery_codes, entry) = new.finish(&mut opening.work).await?;
    opening.entries.push(entry);
    let changed = factors::changed(&mut opening.work, &user, None, Change::On).await?;
    opening.entries.extend(changed);
    Ok(SetUp { signed_in: opening.finish(Some(&flow)).await?, recovery_codes })
}
