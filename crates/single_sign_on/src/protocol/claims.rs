//! What a token says, and whether it is said to us, now, for this purpose.

use kernel::{Duration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::{Refused, jws::Signed};

/// Clocks differ by so much.
const LEEWAY: Duration = Duration::minutes(1);
/// A token is not older than this when it comes.
const OLDEST: Duration = Duration::minutes(10);
/// The event that a logout token tells of.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The longest subject (OpenID Connect Core 1.0 §2).
const LONGEST_SUBJECT: usize = 255;

/// To whom the token must be said, and when.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Repeated claims do not parse, so that nobody has to know which of two counts.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    sub: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
    nbf: Option<f64>,
    nonce: Option<String>,
    jti: Option<String>,
    sid: Option<String>,
    events: Option<Map<String, Value>>,
    email: Option<String>,
    email_verified: Option<Value>,
    name: Option<String>,
    auth_time: Option<f64>,
}

/// Who somebody is, by the word of a provider.
#[derive(Debug, Clone)]
pub struct Identity {
    pub subject: String,
    /// The provider's name for the session there.
    pub session: Option<String>,
    pub authenticated_at: Option<Timestamp>,
    pub about: About,
}

/// What a provider says of a person beyond who it is. Nobody is recognized by it.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub email: Option<String>,
    /// The provider vouches for the address; anything but a plain *true* is a no.
    pub is_email_verified: bool,
    pub name: Option<String>,
}

/// Somebody signed out at the provider.
#[derive(Debug, Clone)]
pub struct Logout {
    pub id: String,
    pub subject: Option<String>,
    pub session: Option<String>,
    pub expires_at: Timestamp,
}

fn read(signed: &Signed) -> Result<Claims, Refused> {
    serde_json::from_slice(&signed.payload).map_err(|_| Refused("claims_unreadable"))
}

/// Seconds since 1970, perhaps with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and what is so far away is refused anyway")]
fn instant(seconds: f64) -> Timestamp {
    Timestamp::from_seconds((seconds as i64).clamp(-1_000_000_000_000, 1_000_000_000_000))
}

/// What holds for both kinds of token.
fn common(claims: &Claims, expected: &Expected<'_>) -> Result<Timestamp, Refused> {
    if claims.iss != expected.issuer {
        return Err(Refused("wrong_issuer"));
    }
    let audiences = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Many(many) => many.as_slice(),
    };
    if !audiences.iter().any(|audience| audience == expected.client_id) {
        return Err(Refused("wrong_audience"));
    }
    match &claims.azp {
        Some(azp) if azp != expected.client_id => return Err(Refused("wrong_party")),
        None if audiences.len() > 1 => return Err(Refused("wrong_party")),
        _ => {}
    }
    let expires_at = instant(claims.exp.ok_or(Refused("no_expiry"))?);
    let issued_at = instant(claims.iat.ok_or(Refused("no_time"))?);
    let now = expected.now;
    if now >= expires_at + LEEWAY || now.since(issued_at) > OLDEST {
        return Err(Refused("too_old"));
    }
    if issued_at > now + LEEWAY || claims.nbf.is_some_and(|nbf| instant(nbf) > now + LEEWAY) {
        return Err(Refused("not_yet"));
    }
    Ok(expires_at)
}

fn subject(text: &str) -> Result<String, Refused> {
    let is_good = !text.is_empty() && text.len() <= LONGEST_SUBJECT && !text.chars().any(char::is_control);
    if is_good { Ok(text.to_owned()) } else { Err(Refused("wrong_subject")) }
}

/// The answer to our question `nonce`, and to no other.
pub fn id_token(signed: &Signed, expected: &Expected<'_>, nonce: &str) -> Result<Identity, Refused> {
    if signed.typ.as_deref().is_some_and(|typ| typ != "jwt") {
        return Err(Refused("wrong_type"));
    }
    let claims = read(signed)?;
    common(&claims, expected)?;
    if claims.events.is_some() {
        return Err(Refused("wrong_type"));
    }
    let said = claims.nonce.as_deref().ok_or(Refused("no_nonce"))?;
    if !bool::from(said.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(Refused("wrong_nonce"));
    }
    Ok(Identity {
        subject: subject(claims.sub.as_deref().unwrap_or_default())?,
        session: claims.sid.filter(|sid| !sid.is_empty() && sid.len() <= LONGEST_SUBJECT),
        authenticated_at: claims.auth_time.map(instant),
        about: About {
            is_email_verified: claims.email_verified == Some(Value::Bool(true)),
            email: claims.email,
            name: claims.name,
        },
    })
}

/// OpenID Connect Back-Channel Logout 1.0 §2.6.
pub fn logout_token(signed: &Signed, expected: &Expected<'_>) -> Result<Logout, Refused> {
    if signed.typ.as_deref().is_some_and(|typ| typ != "logout+jwt" && typ != "jwt") {
        return Err(Refused("wrong_type"));
    }
    let claims = read(signed)?;
    let expires_at = common(&claims, expected)?;
    let tells = claims.events.as_ref().and_then(|events| events.get(LOGOUT)).is_some_and(Value::is_object);
    if !tells || claims.nonce.is_some() {
        return Err(Refused("wrong_type"));
    }
    let id = claims.jti.filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_SUBJECT);
    let subject = claims.sub.as_deref().map(subject).transpose()?;
    let session = claims.sid.filter(|sid| !sid.is_empty() && sid.len() <= LONGEST_SUBJECT);
    if subject.is_none() && session.is_none() {
        return Err(Refused("wrong_subject"));
    }
    Ok(Logout { id: id.ok_or(Refused("no_id"))?, subject, session, expires_at })
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    email_verified: Option<Value>,
    name: Option<String>,
}

/// What the provider says of the person at another address than the token's. It must be of the same person.
pub fn user_info(body: &[u8], subject: &str) -> Result<About, Refused> {
    let said: UserInfo = serde_json::from_slice(body).map_err(|_| Refused("claims_unreadable"))?;
    if said.sub != subject {
        return Err(Refused("wrong_subject"));
    }
    Ok(About {
        email: said.email,
        is_email_verified: said.email_verified == Some(Value::Bool(true)),
        name: said.name,
    })
}
