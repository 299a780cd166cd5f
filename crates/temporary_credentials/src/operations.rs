//! The verbs: making and ending them, for administrators; signing in and entering, for whoever holds them.

mod end;
mod enter;
mod expire;
mod generate;
mod look;
mod sign_in;

use kernel::{Actor, Error, Factor, OrganizationId, Person, SessionId, Staff};
use operation::{Call, audit};
use organizations::Organization;
use store::Connection;

use crate::model::{Credentials, NAME};

pub use end::{close, revoke};
pub use enter::{Holder, Way, enter, holder, products, sign_out};
pub use expire::{expire_due, run_expiry};
pub use generate::generate;
pub use look::{list, live, longest_validity};
pub use sign_in::{Known, Opened, Proved, SignedIn, known, sign_in};

/// The organization, for a signed-in administrator of it who is one of its own people: the vendor's, invited or not, open
/// nothing (A7, A32). A program never: it could keep itself a way in.
async fn administered(call: &Call, tx: &mut Connection, id: OrganizationId) -> Result<Organization, Error> {
    call.actor.person()?;
    Ok(organizations::operations::require_administrator(call, tx, id).await?.0)
}

/// What every entry about a pair says.
fn entry(kind: &'static str, credentials: &Credentials) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(credentials.organization)
        .grant(credentials.id())
        .subject(credentials.id())
        .detail("address", credentials.address.as_str())
}

/// The call in the name of whoever holds the credentials, for the record of what they do and for nothing else: nobody gives
/// it to an operation of another capability that asks who acts.
fn in_their_name(call: &Call, credentials: &Credentials, session: SessionId) -> Call {
    call.with_actor(Actor::Person(Person {
        user: credentials.stand_in,
        name: NAME.to_owned(),
        session,
        single_sign_on_of: None,
        factor: Factor::None,
        proved_at: None,
        staff: Staff::default(),
        language: String::new(),
        time_zone: String::new(),
    }))
}
