//! An agent goes into the account that was opened to them.

use kernel::{ApplicationId, Error, GrantId};
use operation::Call;
use sessions::model::{Kind, NewHandover};

use super::{associate::proves_enough, entry, zone};
use crate::{model::Way, rows};

/// Lets the agent of an active token into a product, by a session of its own beside the agent's (A33). If there are
/// several products, one has to be chosen. The address that it gives opens nothing by itself: it leads back to our host,
/// where the ticket in it is good for the agent's own session only.
pub async fn enter(call: &Call, id: GrantId, application: Option<ApplicationId>) -> Result<Way, Error> {
    let (agent, _) = call.actor.agent()?;
    proves_enough(call, agent)?;
    let mut work = call.begin().await?;
    let token = rows::find(&mut work, id)
        .await?
        .filter(|token| token.is_agents(agent.user))
        .ok_or(Error::NotFound)?;
    if people::operations::staff(&mut work, agent.user).await?.agent_level.is_none() {
        return Err(Error::forbidden("agent_required", "Only support agents can enter an account."));
    }
    if token.grant.until(call.now).is_none() {
        return Err(token.ended_already(call.now, zone(call)));
    }
    let product = applications::operations::to_enter(&mut work, application).await?;
    let handover = NewHandover {
        kind: Kind::Acting,
        session: agent.session,
        application: product.id,
        organization: token.organization(),
        grant: Some(token.id()),
        return_to: "/".to_owned(),
        way: None,
    };
    let ticket = sessions::operations::hand_over(&mut work, handover).await?;
    let url = applications::operations::way_in(call, &product, &ticket);
    let entered = entry("support_token.entered", &token)
        .detail("application", product.id.to_string())
        .detail("application_name", product.name.clone());
    let way = Way { application: product.id, url };
    work.commit(entered).await?;
    Ok(way)
}
