//! A browser comes back from a provider.
//!
//! **Invariant:** nobody is recognized by an address of e-mail. It is read when an account is made, and when it has to be said
//! which account is to be connected by its owner; at every other sign-in it is not looked at (case 24).

use kernel::{
    ConnectionId, ConnectionSettingsId, Error, IdentityId, OrganizationId, Secret, Timestamp,
    secret::Purpose as Kind,
};
use operation::{Call, audit};
use organizations::{MemberKind, UserType};
use people::{NewUser, User, model::checked_name};
use subtle::ConstantTimeEq as _;

use super::{
    errands::{Wanted, redirect_uri},
    identities,
    provider::{Failed, Provider},
};
use crate::{
    model::{Errand, Identity, Purpose, derived, shown},
    protocol::{
        Refused,
        claims::{self, About, Expected},
        discovery::Fault,
        exchange::{self, Tokens},
    },
    rows,
};

/// What stands in the address that a provider sends a browser to.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub code: String,
    pub state: String,
    pub iss: Option<String>,
    pub error: String,
}

/// Somebody of whom a provider has said who they are, and who is known here. Not a session yet.
#[derive(Debug, Clone)]
#[must_use = "what a provider said is no session yet"]
pub struct Proved {
    pub user: User,
    pub organization: OrganizationId,
    pub connection: ConnectionId,
    pub settings: ConnectionSettingsId,
    pub issuer: String,
    pub identity: IdentityId,
    pub subject: String,
    pub provider_session: Option<String>,
    /// When the browser was sent: what the provider told since counts.
    pub since: Timestamp,
    pub wanted: Wanted,
}

/// What becomes of a browser that is back.
#[derive(Debug)]
pub enum Arrived {
    SignedIn(Box<Proved>),
    /// The account was here before the provider was. Its owner connects it by signing in to it, in this browser.
    Connect,
    Tested(OrganizationId),
}

/// One sentence for whatever is not this browser's, or not any more.
fn over() -> Error {
    Error::conflict(
        "single_sign_on_over",
        "This sign-in has ended: it took too long, was finished, or began in another browser. Begin again.",
    )
}

/// The provider cannot be used now. What exactly is wrong stands in the log.
pub(super) fn unusable() -> Error {
    Error::conflict(
        "provider_unusable",
        "The sign-in at your organization's provider could not be completed. Try again, and tell your administrator if it goes \
         on.",
    )
}

fn no(code: &'static str, sentence: &str) -> Error {
    Error::conflict(code, sentence)
}

/// What came of an answer that was believed, or why it was not.
enum Outcome {
    Refused(&'static str, Error),
    Failed(Error),
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Failed> for Outcome {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Here(error) => Self::Failed(error),
            Failed::Provider(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.word(), unusable())
    }
}

impl From<Refused> for Outcome {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.0, unusable())
    }
}

/// Takes what a browser brings from a provider: once, in the browser that was sent, for the connection that it was sent for.
pub async fn arrive(
    call: &Call,
    connection: ConnectionId,
    presented: Option<&str>,
    answer: &Answer,
) -> Result<Arrived, Error> {
    let Some(secret) = presented.and_then(|text| Secret::parse(Kind::SingleSignOn, text)) else {
        return Err(over());
    };
    let (errand, bare) = {
        let mut tx = call.read().await?;
        let Some(errand) = rows::find_errand(&mut tx, &secret.hash(), call.now).await? else {
            return Err(over());
        };
        let bare = rows::find(&mut tx, errand.connection).await?.ok_or_else(over)?;
        (errand, bare)
    };
    match believed(call, connection, &secret, &errand, bare.live, answer).await {
        Ok(said) => {
            match settled(call, &errand, &bare.connection.name, bare.connection.organization, said).await {
                Ok(arrived) => Ok(arrived),
                Err(Outcome::Failed(error)) => Err(error),
                Err(Outcome::Refused(why, error)) => {
                    refused(call, &errand, bare.connection.organization, why).await;
                    Err(error)
                }
            }
        }
        Err(Outcome::Failed(error)) => Err(error),
        Err(Outcome::Refused(why, error)) => {
            refused(call, &errand, bare.connection.organization, why).await;
            Err(error)
        }
    }
}

async fn refused(call: &Call, errand: &Errand, organization: OrganizationId, why: &'static str) {
    let entry = audit::Entry::new("single_sign_on.refused")
        .organization(organization)
        .subject(errand.connection)
        .detail("reason", why)
        .detail("purpose", errand.purpose.as_str());
    call.refused(entry).await;
}

/// What the provider says, once it is sure that it says so.
struct Said {
    issuer: String,
    new_people: Option<UserType>,
    identity: claims::Identity,
}

async fn believed(
    call: &Call,
    connection: ConnectionId,
    secret: &Secret,
    errand: &Errand,
    live: Option<ConnectionSettingsId>,
    answer: &Answer,
) -> Result<Said, Outcome> {
    if connection != errand.connection {
        return Err(Outcome::Refused("other_connection", over()));
    }
    let state = derived("state", secret);
    if !bool::from(state.as_bytes().ct_eq(answer.state.as_bytes())) {
        return Err(Outcome::Refused("wrong_state", over()));
    }
    let is_tester = call.actor.person().is_ok_and(|person| person.session.to_string() == errand.asked_by);
    if errand.purpose == Purpose::Test && !is_tester {
        return Err(Outcome::Refused("other_session", over()));
    }
    // Used up before anything is asked of the provider: of two who bring it, one goes on (case 46).
    let mut note = operation::Housekeeping::begin(&call.world).await?;
    let is_first = rows::take_errand(&mut note, errand.id, call.now).await?;
    note.commit().await?;
    if !is_first {
        return Err(Outcome::Failed(over()));
    }
    if errand.purpose == Purpose::SignIn && live != Some(errand.settings) {
        return Err(Outcome::Refused("changed_meanwhile", over()));
    }
    let provider = Provider::get(call, errand.settings).await?;
    match &answer.iss {
        Some(iss) if *iss != provider.settings.issuer => return Err(Refused("wrong_issuer_parameter").into()),
        None if provider.document.authorization_response_iss_parameter_supported => {
            return Err(Refused("no_issuer_parameter").into());
        }
        _ => {}
    }
    if !answer.error.is_empty() || answer.code.is_empty() || answer.code.len() > 4096 {
        return Err(Outcome::Refused(
            "provider_said_no",
            no("provider_said_no", "Your organization's provider did not sign you in."),
        ));
    }
    let verifier = derived("verifier", secret);
    let redirect_uri = redirect_uri(call, errand.connection);
    let tokens = exchange::redeem(
        provider.line(call)?,
        &provider.document,
        &provider.client,
        &answer.code,
        (&redirect_uri, &verifier),
    )
    .await?;
    let identity = read(call, &provider, secret, &tokens).await?;
    Ok(Said { issuer: provider.settings.issuer, new_people: provider.settings.new_people, identity })
}

async fn read(
    call: &Call,
    provider: &Provider,
    secret: &Secret,
    tokens: &Tokens,
) -> Result<claims::Identity, Outcome> {
    let signed = provider.verify(call, &tokens.id_token).await?;
    let expected = Expected {
        issuer: &provider.settings.issuer,
        client_id: &provider.settings.client_id,
        now: call.now,
    };
    let mut identity = claims::id_token(&signed, &expected, &derived("nonce", secret))?;
    if identity.about.email.is_none() {
        let line = provider.line(call)?;
        let About { email, is_email_verified, name } =
            exchange::about(line, &provider.document, tokens, &identity.subject).await?;
        let name = identity.about.name.take().or(name);
        identity.about = About { email, is_email_verified, name };
    }
    Ok(identity)
}

async fn settled(
    call: &Call,
    errand: &Errand,
    name: &str,
    organization: OrganizationId,
    said: Said,
) -> Result<Arrived, Outcome> {
    match errand.purpose {
        Purpose::Test => {
            let by = call.actor.person()?.user;
            let pairs = told(&said);
            let mut work = call.begin().await?;
            let claims = serde_json::to_string(&pairs).map_err(Error::internal)?;
            rows::save_tested(&mut work, errand.settings, by, &claims, call.now).await?;
            let entry = audit::Entry::new("single_sign_on.tested")
                .organization(organization)
                .subject(errand.connection)
                .detail("name", name)
                .detail("issuer", said.issuer.as_str());
            work.commit(entry).await?;
            Ok(Arrived::Tested(organization))
        }
        Purpose::SignIn => person(call, errand, organization, said).await,
    }
}

/// What came back, for whoever tries the settings to look at.
fn told(said: &Said) -> Vec<(String, String)> {
    let Said { issuer, identity, .. } = said;
    let mut pairs = vec![("iss".to_owned(), shown(issuer)), ("sub".to_owned(), shown(&identity.subject))];
    let mut add = |name: &str, value: Option<String>| {
        pairs.extend(value.map(|value| (name.to_owned(), shown(&value))));
    };
    add("email", identity.about.email.clone());
    add("email_verified", Some(identity.about.is_email_verified.to_string()));
    add("name", identity.about.name.clone());
    add("sid", identity.session.clone());
    add("auth_time", identity.authenticated_at.map(|at| at.as_seconds().to_string()));
    pairs
}

async fn person(
    call: &Call,
    errand: &Errand,
    organization: OrganizationId,
    said: Said,
) -> Result<Arrived, Outcome> {
    let proved = |user: User, identity: IdentityId| {
        Arrived::SignedIn(Box::new(Proved {
            user,
            organization,
            connection: errand.connection,
            settings: errand.settings,
            issuer: said.issuer.clone(),
            identity,
            subject: said.identity.subject.clone(),
            provider_session: said.identity.session.clone(),
            since: errand.created_at,
            wanted: Wanted {
                return_to: errand.return_to.clone(),
                rd: errand.rd.clone(),
                way: errand.way.clone(),
            },
        }))
    };
    let mut tx = call.read().await?;
    let subject = said.identity.subject.as_str();
    if let Some(identity) = rows::find_identity(&mut tx, errand.connection, &said.issuer, subject).await? {
        let user = people::operations::get(&mut tx, identity.user).await?;
        if !user.may_sign_in()
            || !identities::belongs(&mut tx, call.now, organization, errand.connection, user.id).await?
        {
            return Err(not_here("place_ended"));
        }
        return Ok(proved(user, identity.id));
    }
    let about = &said.identity.about;
    let Some(email) = about.email.as_deref().and_then(|text| text.parse::<kernel::EmailAddress>().ok())
    else {
        return Err(Outcome::Refused(
            "no_email",
            no("no_email", "Your organization's provider does not say which e-mail address you have."),
        ));
    };
    if !about.is_email_verified {
        return Err(Outcome::Refused(
            "email_not_verified",
            no(
                "email_not_verified",
                "Your organization's provider does not vouch for your e-mail address. Ask your administrator.",
            ),
        ));
    }
    let owned = rows::domains(&mut tx, organization).await?;
    let is_owned = owned.iter().any(|domain| domain.proved_at.is_some() && domain.domain == email.domain());
    // E15: also where a domain became the vendor's after an organization had proved it.
    let is_vendors = organizations::is_vendor_address(&email, &call.world.settings.vendor_mail_domains);
    if is_vendors || !is_owned {
        return Err(Outcome::Refused(
            if is_vendors { "vendor_address" } else { "other_domain" },
            no(
                "other_domain",
                "Your e-mail address is in no domain of your organization. Ask your administrator.",
            ),
        ));
    }
    let known = people::operations::find_by_email(&mut tx, &email).await?;
    if let Some(user) = known {
        let place = organizations::operations::membership(&mut tx, organization, user.id, call.now).await?;
        let is_theirs = place.is_some_and(|place| place.kind == MemberKind::Customer)
            && identities::belongs(&mut tx, call.now, organization, errand.connection, user.id).await?;
        if !is_theirs || !user.may_sign_in() {
            return Err(not_here("no_place"));
        }
        if rows::identity_of(&mut tx, errand.connection, &said.issuer, user.id).await?.is_some() {
            return Err(Outcome::Refused(
                "connected_to_another",
                no(
                    "connected_to_another",
                    "Your account here is connected to another account at your provider. An administrator can disconnect it.",
                ),
            ));
        }
        drop(tx);
        let mut note = operation::Housekeeping::begin(&call.world).await?;
        let session = said.identity.session.as_deref();
        let until = call.now + crate::model::ERRAND_LASTS;
        rows::save_proved(&mut note, errand.id, (subject, session, email.as_str()), until).await?;
        note.commit().await?;
        return Ok(Arrived::Connect);
    }
    drop(tx);
    let Some(user_type) = said.new_people else { return Err(not_here("nobody_new")) };
    let name = about.name.as_deref().map(shown).unwrap_or_default();
    let name = checked_name("name", &name)
        .unwrap_or_else(|_| email.as_str().split('@').next().unwrap_or_default().to_owned());
    let (user, identity) =
        newcomer(call, errand, organization, &said.issuer, subject, (email, name), user_type).await?;
    Ok(proved(user, identity))
}

fn not_here(why: &'static str) -> Outcome {
    Outcome::Refused(
        why,
        no("no_place_here", "You have no place in your organization here. Ask your administrator."),
    )
}

/// Makes an account for somebody for whom the organization's provider vouches.
async fn newcomer(
    call: &Call,
    errand: &Errand,
    organization: OrganizationId,
    issuer: &str,
    subject: &str,
    (email, name): (kernel::EmailAddress, String),
    user_type: UserType,
) -> Result<(User, IdentityId), Outcome> {
    let mut work = call.begin().await?;
    let new = NewUser { email, name, external_id: None, language: String::new(), time_zone: String::new() };
    let user = people::operations::create(&mut work, new).await?;
    let (_, joined) = organizations::operations::admit(&mut work, organization, &user, user_type).await?;
    if !identities::belongs(&mut work, call.now, organization, errand.connection, user.id).await? {
        return Err(not_here("changed_meanwhile"));
    }
    let identity = Identity {
        id: call.new_id(),
        connection: errand.connection,
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        user: user.id,
        created_at: call.now,
    };
    identities::insert(&mut work, &identity).await?;
    let created = audit::Entry::new("person.created")
        .subject(user.id)
        .detail("email", user.email.as_str())
        .detail("how", "single_sign_on");
    let connected = identities::entry(&identity, organization, &user).detail("how", "first_sign_in");
    work.commit_all(vec![created, joined, connected]).await?;
    Ok((user, identity.id))
}
