//! An agent goes into the account that was opened to them.

use kernel::{ApplicationId, Error, GrantId};
use operation::Call;
use sessions::model::{Kind, NewHandover};

use super::{associate::proves_enough, entry, zone};
use crate::{model::Way, rows};

/// Where every product takes a handover.
const CALLBACK: &str = "/_latchstring/callback";

/// Lets the agent of an active token into a product, by a session of its own beside the agent's (A33). If there are
/// several products, one has to be chosen.
pub async fn enter(call: &Call, id: GrantId, application: Option<ApplicationId>) -> Result<Way, Error> {
    let (agent, _) = call.actor.agent()?;
    proves_enough(agent)?;
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
    let mut products = applications::operations::list(&mut work).await?;
    if let Some(chosen) = application {
        products.retain(|product| product.id == chosen);
    }
    let product = match products.as_slice() {
        [product] => product,
        [] if application.is_some() => return Err(Error::NotFound),
        [] => {
            let sentence =
                "There is no product to enter. An administrator of the vendor adds one under Applications.";
            return Err(Error::conflict("application_missing", sentence));
        }
        _ => return Err(Error::invalid("application", "choose", "Choose which product you want to enter.")),
    };
    let handover = NewHandover {
        kind: Kind::Acting,
        session: agent.session,
        application: product.id,
        organization: token.organization(),
        grant: Some(token.id()),
        return_to: "/".to_owned(),
    };
    let code = sessions::operations::hand_over(&mut work, handover).await?;
    // A handover is ASCII letters and digits, so it stands in an address as it is.
    let origin = call.world.settings.seen_from(&product.origin, &call.origin.host);
    let url = format!("{origin}{CALLBACK}?code={}", code.expose());
    let entered = entry("support_token.entered", &token)
        .detail("application", product.id.to_string())
        .detail("application_name", product.name.clone());
    let way = Way { application: product.id, url };
    work.commit(entered).await?;
    Ok(way)
}
