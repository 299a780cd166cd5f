//! From a password to a session, in two steps that are two types.

use kernel::{Actor, Error, FieldError, Person, Secret, SessionId, UserId};
use operation::{Call, audit, outbox};
use people::{User, passwords};
use sessions::operations as sessions;

use crate::{
    emails, model,
    throttle::{self, Try},
};

/// What a right password is worth: not a session. Only [`finish`] makes one of it, and a further factor stands between
/// the two.
#[derive(Debug)]
#[must_use = "a proved password is not a session yet"]
pub struct PasswordProved {
    user: User,
    /// What the password was checked against: one that was changed meanwhile proves nothing.
    stored: String,
    attempt: Try,
}

impl PasswordProved {
    pub const fn user(&self) -> &User {
        &self.user
    }
}

/// What a check of an address and a password can say.
#[derive(Debug)]
pub enum Checked {
    Proved(Box<PasswordProved>),
    /// The address, the password, or both: which of them is not told (A40).
    Wrong,
}

/// Checks an address and a password. A known and an unknown address cause the same reads, the same hashing and the same
/// writes (A40, case 33).
pub async fn prove_password(call: &Call, email: &str, password: &str) -> Result<Checked, Error> {
    let attempt = throttle::begin(call, email).await?;
    let (user, stored) = {
        let mut tx = call.read().await?;
        let user = match email.parse() {
            Ok(email) => people::operations::find_by_email(&mut tx, &email).await?,
            Err(_) => None,
        };
        let id = user.as_ref().map_or(UserId::from_bytes([0; 16]), |user| user.id);
        (user, people::operations::password_hash(&mut tx, id).await?)
    };
    let is_right = passwords::verify(stored.as_deref(), password).await?;
    match (user, stored) {
        (Some(user), Some(stored)) if is_right && user.suspended_at.is_none() => {
            Ok(Checked::Proved(Box::new(PasswordProved { user, stored, attempt })))
        }
        _ => {
            // What is no address may be a password in the wrong field, and is not kept.
            let tried = audit::Entry::new("sign_in.failed");
            let tried = match email.parse::<kernel::EmailAddress>() {
                Ok(email) => tried.detail("email", email.as_str()),
                Err(_) => tried,
            };
            call.refused(tried).await;
            Ok(Checked::Wrong)
        }
    }
}

/// Signs in whoever proved enough. The session is new; one that the browser had before ends (S28, case 19).
pub async fn finish(call: &Call, proved: PasswordProved) -> Result<(SessionId, Secret), Error> {
    let PasswordProved { user, stored, attempt } = proved;
    start(call, &user, Some((stored, attempt))).await
}

/// Signs in as one of the people of the demonstration, by a click. There is no such thing anywhere else.
pub async fn demo_sign_in(call: &Call, user: UserId) -> Result<(SessionId, Secret), Error> {
    if !call.world.settings.is_demo {
        return Err(Error::NotFound);
    }
    let user = people::operations::get(&mut *call.read().await?, user).await?;
    start(call, &user, None).await
}

async fn start(
    call: &Call,
    user: &User,
    by_password: Option<(String, Try)>,
) -> Result<(SessionId, Secret), Error> {
    let id = call.new_id();
    let staff = people::operations::staff(&mut *call.read().await?, user.id).await?;
    let person = Person {
        user: user.id,
        name: user.name.clone(),
        session: id,
        staff,
        language: user.language.clone(),
        time_zone: user.time_zone.clone(),
    };
    let mut work = call.with_actor(Actor::Person(person)).begin().await?;
    // A change of the password waits for this session and ends it, or is seen below: none slips through in between.
    people::operations::lock(&mut work, user.id).await?;
    if people::operations::get(&mut work, user.id).await?.suspended_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    let mut entries = Vec::new();
    let how = if by_password.is_some() { "password" } else { "demo" };
    if let Some((stored, attempt)) = by_password {
        if people::operations::password_hash(&mut work, user.id).await? != Some(stored) {
            return Err(Error::Unauthenticated);
        }
        attempt.succeeded(&mut work).await?;
    }
    if let Actor::Person(before) = &call.actor {
        let ended = sessions::end(&mut work, before.session, "replaced").await?;
        entries.extend(sessions::endings(&ended));
    }
    let secret = sessions::begin_own_as(&mut work, id, user.id).await?;
    entries.extend(sessions::endings(&sessions::end_surplus(&mut work, user.id).await?));
    entries.push(audit::Entry::new("session.signed_in").session(id).subject(user.id).detail("how", how));
    work.commit_all(entries).await?;
    Ok((id, secret))
}

/// Changes the caller's password. It needs the current one (S5), which is checked under the same limits as a sign-in
/// (case 13). All other sessions end in the same commit, and the person gets a mail (C17).
pub async fn change_password(call: &Call, current: &str, new: &str) -> Result<(), Error> {
    let person = call.actor.person()?;
    let (user, stored) = {
        let mut tx = call.read().await?;
        let user = people::operations::get(&mut tx, person.user).await?;
        (user, people::operations::password_hash(&mut tx, person.user).await?)
    };
    let context =
        [user.email.as_str(), user.name.as_str(), call.world.settings.vendor_name.as_str(), "latchstring"];
    passwords::check(new, &context)
        .map_err(|wrong| Error::Invalid(vec![FieldError { field: "new_password", ..wrong }]))?;
    let attempt = throttle::begin(call, user.email.as_str()).await?;
    if !passwords::verify(stored.as_deref(), current).await? {
        call.refused(audit::Entry::new("password.changed").session(person.session).subject(user.id)).await;
        return Err(Error::forbidden("wrong_password", "That is not your current password."));
    }
    if current == new {
        return Err(Error::invalid(
            "new_password",
            "same_password",
            "Choose a password that is not the current one.",
        ));
    }
    let hash = passwords::hash(new).await?;
    let mut work = call.begin().await?;
    people::operations::lock(&mut work, user.id).await?;
    if people::operations::password_hash(&mut work, user.id).await? != stored {
        return Err(Error::conflict(
            "password_already_changed",
            "Your password was changed somewhere else at the same moment.",
        ));
    }
    attempt.succeeded(&mut work).await?;
    people::operations::set_password_hash(&mut work, user.id, &hash).await?;
    let ended =
        sessions::end_all_of_user(&mut work, user.id, Some(person.session), "password_changed").await?;
    outbox::send(&mut work, emails::password_changed(call, &user)).await?;
    let mut entries = vec![audit::Entry::new("password.changed").session(person.session).subject(user.id)];
    entries.extend(sessions::endings(&ended));
    work.commit_all(entries).await
}

/// The page where a person begins: members at their organizations, agents at their desk, vendor administrators at the
/// list of organizations.
pub async fn landing(call: &Call, person: &Person) -> Result<&'static str, Error> {
    use organizations::model::MemberKind;
    let mut tx = call.read().await?;
    let memberships = organizations::operations::memberships_of(&mut tx, person.user, call.now).await?;
    let is_member = memberships.iter().any(|(membership, _)| membership.kind == MemberKind::Customer);
    Ok(match person.staff {
        _ if is_member => "/organizations",
        staff if staff.agent_level.is_some() => "/desk",
        staff if staff.is_administrator => "/admin/organizations",
        _ => "/organizations",
    })
}

/// Where somebody wanted to go when they were asked to sign in, as the browser sent it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A page of this host.
    pub return_to: String,
    /// An address in a product.
    pub rd: String,
}

/// The address to send a browser to after the sign-in, if the wanted one is one of ours (case 36).
pub async fn destination(call: &Call, wanted: &Wanted) -> Result<Option<String>, Error> {
    if let Some((url, _)) = product_page(call, wanted).await? {
        let rd: String = url::form_urlencoded::byte_serialize(url.as_str().as_bytes()).collect();
        return Ok(Some(format!("/continue?rd={rd}")));
    }
    Ok(model::own_page(&wanted.return_to, &call.world.settings.public_url).filter(|page| page != "/"))
}

/// The wanted address and its origin, if it is in a registered product.
async fn product_page(call: &Call, wanted: &Wanted) -> Result<Option<(url::Url, String)>, Error> {
    let Some((url, origin)) = model::product_page(&wanted.rd) else { return Ok(None) };
    let mut tx = call.read().await?;
    let application = applications::operations::find_seen_at(&mut tx, &call.world.settings, &origin).await?;
    Ok(application.map(|_| (url, origin)))
}

/// The origin of the product that the sign-in is to end in.
pub async fn product_origin(call: &Call, wanted: &Wanted) -> Result<Option<String>, Error> {
    Ok(product_page(call, wanted).await?.map(|(_, origin)| origin))
}
