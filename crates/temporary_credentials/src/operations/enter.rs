//! What whoever holds credentials can do here: go into the account, and sign out. There is nothing else.

use applications::Application;
use kernel::{ApplicationId, Error, Person, Secret, secret::Purpose};
use operation::{Call, Work};
use sessions::model::{Kind, NewHandover, Session};
use store::Connection;

use super::{entry, in_their_name};
use crate::{model::Credentials, rows};

/// Where every way into a product begins, on the product's host: the browser gets there what the handover is bound to.
const BEGIN: &str = "/_latchstring/begin";

/// Whoever is signed in with credentials that are good.
#[derive(Debug)]
pub struct Holder {
    pub credentials: Credentials,
    session: Session,
    /// The support agent beside whom they work, if they do (D6).
    pub agent: Option<Person>,
}

impl Holder {
    /// The call in the name of whoever is there, for the record.
    fn acts(&self, call: &Call) -> Call {
        match self.agent {
            Some(_) => call.clone(),
            None => in_their_name(call, &self.credentials, self.session.id),
        }
    }

    /// The session that carries the way into the account: the agent's own where one is there.
    fn carrier(&self) -> kernel::SessionId {
        self.agent.as_ref().map_or(self.session.id, |agent| agent.session)
    }
}

/// Who presents a good session of credentials. Everything is looked at anew: the session, the grant behind it, and the agent
/// beside whom it was begun. Nobody if any of it is over.
pub async fn holder(call: &Call, presented: Option<&str>) -> Result<Option<Holder>, Error> {
    let mut tx = call.read().await?;
    find(call, &mut tx, presented).await
}

async fn find(call: &Call, tx: &mut Connection, presented: Option<&str>) -> Result<Option<Holder>, Error> {
    let Some(secret) = presented.and_then(|presented| Secret::parse(Purpose::Session, presented)) else {
        return Ok(None);
    };
    let session = sessions::operations::find_by_secret(tx, &secret.hash()).await?;
    let Some(session) =
        session.filter(|session| session.kind == Kind::Temporary && session.is_good(call.now))
    else {
        return Ok(None);
    };
    let Some(grant) = session.grant else { return Ok(None) };
    let credentials = rows::find(tx, grant).await?.filter(|found| found.stand_in == session.user);
    let Some(credentials) = credentials.filter(|found| found.grant.until(call.now).is_some()) else {
        return Ok(None);
    };
    let agent = match call.actor.agent() {
        Ok((agent, _)) if session.parent == Some(agent.session) => Some(agent.clone()),
        _ => None,
    };
    if credentials.requires_agent && agent.is_none() {
        return Ok(None);
    }
    Ok(Some(Holder { credentials, session, agent }))
}

/// Where the browser goes that may come in.
#[derive(Debug)]
pub struct Way {
    /// An address at the product; it leads back to our host, where the ticket in it is good for this session only.
    pub url: String,
}

/// The products that there are to enter.
pub async fn products(call: &Call) -> Result<Vec<Application>, Error> {
    applications::operations::list(&mut *call.read().await?).await
}

/// Lets the holder into a product, by a session of its own there. If there are several, one has to be chosen.
pub async fn enter(
    call: &Call,
    presented: Option<&str>,
    application: Option<ApplicationId>,
) -> Result<Way, Error> {
    let holder = holder(call, presented).await?.ok_or(Error::Unauthenticated)?;
    let mut work = holder.acts(call).begin().await?;
    // Of an end at the same moment, one is seen by the other.
    rows::hold(&mut work, holder.credentials.id()).await?;
    let holder = find(call, &mut work, presented).await?.ok_or(Error::Unauthenticated)?;
    let product = chosen(&mut work, application).await?;
    let handover = NewHandover {
        kind: Kind::Acting,
        session: holder.carrier(),
        application: product.id,
        organization: holder.credentials.organization,
        grant: Some(holder.credentials.id()),
        return_to: "/".to_owned(),
        way: None,
    };
    let ticket = sessions::operations::hand_over(&mut work, handover).await?;
    let origin = call.world.settings.seen_from(&product.origin, &call.origin.host);
    // A ticket is ASCII letters and digits, so it stands in an address as it is.
    let url = format!("{origin}{BEGIN}?entry={}", ticket.expose());
    let entered = entry("temporary_credentials.entered", &holder.credentials)
        .session(holder.session.id)
        .detail("application", product.id.to_string())
        .detail("application_name", product.name);
    work.commit(entered).await?;
    Ok(Way { url })
}

async fn chosen(work: &mut Work, application: Option<ApplicationId>) -> Result<Application, Error> {
    let mut products = applications::operations::list(work).await?;
    if let Some(chosen) = application {
        products.retain(|product| product.id == chosen);
    }
    match (products.pop(), products.is_empty()) {
        (Some(product), true) => Ok(product),
        (Some(_), false) => {
            Err(Error::invalid("application", "choose", "Choose which product you want to enter."))
        }
        (None, _) => Err(Error::NotFound),
    }
}

/// Ends the holder's session, and what hangs on it in the products. Signing out twice is no fault.
pub async fn sign_out(call: &Call, presented: Option<&str>) -> Result<(), Error> {
    let Some(holder) = holder(call, presented).await? else { return Ok(()) };
    let mut work = holder.acts(call).begin().await?;
    let mut ended = sessions::operations::end(&mut work, holder.session.id, "signed_out").await?;
    if let Some(agent) = &holder.agent {
        // These hang on the agent's own session, which stays.
        let grant = holder.credentials.id();
        ended.extend(
            sessions::operations::end_acting_on_grant(&mut work, agent.user, grant, "signed_out").await?,
        );
    }
    let mut entries =
        vec![entry("temporary_credentials.signed_out", &holder.credentials).session(holder.session.id)];
    entries.extend(sessions::operations::left(&ended));
    work.commit_all(entries).await
}
