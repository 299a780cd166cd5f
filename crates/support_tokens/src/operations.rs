//! The verbs of the padlock and of the desk.

mod associate;
mod create;
mod end;
mod enter;
mod expire;
mod look;

use kernel::{Actor, Error, OrganizationId, Scope, UserId};
use operation::{Call, audit};
use store::Connection;

use crate::model::SupportToken;

pub use associate::{Which, associate};
pub use create::{Length, NewToken, create};
pub use end::{close_all, close_of, end_all_of_agent, end_by_vendor, give_back, revoke};
pub use enter::enter;
pub use expire::{expire_due, run_expiry};
pub use look::{
    Card, Page, agent_history, cards, closable, filtered_history, get, history, last_seen, live,
    longest_validity, mine, open_of, own, people_of_history, phone_refused, waiting,
};

/// The zone in which the caller reads a clock; an API key reads UTC.
fn zone(call: &Call) -> &str {
    match &call.actor {
        Actor::Person(person) => &person.time_zone,
        _ => "",
    }
}

/// The member of an organization who acts: signed in, or through an API key with `scope` that passes their act on.
/// Anybody else does not learn that there is such an organization.
async fn member(
    call: &Call,
    tx: &mut Connection,
    organization: OrganizationId,
    scope: Scope,
) -> Result<Member, Error> {
    let Actor::Machine(_) = &call.actor else {
        let (organization, membership) =
            organizations::operations::require_member(call, tx, organization).await?;
        let person = call.actor.person()?;
        return Ok(Member { organization, membership, user: person.user, name: person.name.clone() });
    };
    let user = acts_for_somebody(call, scope)?;
    let organization = organizations::operations::get(tx, organization).await?;
    let user = people::operations::get(tx, user).await?;
    let membership = organizations::operations::membership(tx, organization.id, user.id, call.now).await?;
    match membership {
        Some(membership) if user.may_sign_in() => {
            Ok(Member { organization, membership, user: user.id, name: user.name })
        }
        _ => Err(Error::NotFound),
    }
}

/// The person who acts, or on whose word a key with `scope` does. Where an id comes before an organization it is asked
/// before anything is looked up, so that the answer tells nobody else what there is (S40).
fn acts_for_somebody(call: &Call, scope: Scope) -> Result<UserId, Error> {
    let Actor::Machine(_) = &call.actor else {
        return Ok(call.actor.person()?.user);
    };
    let behalf = call.actor.machine(scope)?.on_behalf_of.as_ref();
    behalf.map(|(user, _)| *user).ok_or_else(|| {
        Error::forbidden(
            "on_behalf_of_required",
            "An API key does nothing here by itself. Say on whose behalf it acts, in X-Latchstring-On-Behalf-Of.",
        )
    })
}

struct Member {
    organization: organizations::model::Organization,
    membership: organizations::model::Membership,
    user: UserId,
    name: String,
}

/// What every entry about a token says.
fn entry(kind: &'static str, token: &SupportToken) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(token.organization())
        .grant(token.id())
        .subject(token.id())
        .detail("code", token.code.to_string())
}
