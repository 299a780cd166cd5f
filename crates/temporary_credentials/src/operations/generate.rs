//! An administrator makes a pair.

use grants::NewGrant;
use kernel::{Code, Error, OrganizationId, Secret};
use operation::{Call, Work};

use super::{administered, end, entry, expire, look};
use crate::{
    emails,
    model::{self, Credentials, NewCredentials},
    rows,
};

/// Makes an address and a password, good from now on (D2, D3). The password is handed out here and never again.
///
/// One pair of an organization is good at a time. Another one takes its place only if the caller says which: both happen in
/// one commit, or neither.
pub async fn generate(
    call: &Call,
    organization: OrganizationId,
    new: NewCredentials,
) -> Result<(Credentials, Secret), Error> {
    let by = call.actor.person()?;
    {
        // Whoever may not is turned away before a hash is made.
        let mut tx = call.read().await?;
        let organization = may_generate(call, &mut tx, organization).await?;
        new.checked(&organization.name, look::longest_validity(call, &organization))?;
    }
    let place = people::passwords::place(call)?;
    let password = model::new_password(&*call.world.entropy);
    let hash = place.hash(&model::normalized(password.expose())).await?;
    // Whatever is over by the clock and not yet written down must not stand in the way.
    expire::settle(&call.world, organization).await?;
    let mut work = call.begin().await?;
    // Whoever is unlinked at the same moment makes them before that or not at all.
    organizations::operations::lock(&mut work, organization).await?;
    let organization = may_generate(call, &mut work, organization).await?;
    let mut entries = Vec::new();
    if let Some(live) = look::live_of(&mut work, organization.id, call.now).await? {
        if new.replaces != Some(live.id()) {
            return Err(stands_in_the_way(&live));
        }
        let (_, revoked) = end::by_customer(&mut work, live, (by.user, by.name.clone())).await?;
        entries.push(revoked);
    }
    let credentials = make(&mut work, &organization, &new, &by.name).await?;
    rows::insert(&mut work, &credentials, &hash).await?;
    emails::made(&mut work, &credentials).await?;
    entries.push(
        entry("temporary_credentials.generated", &credentials)
            .detail("mode", new.mode.as_str())
            .detail("validity_seconds", new.validity.as_seconds())
            .detail("requires_agent", new.requires_agent),
    );
    work.commit_all(entries).await?;
    Ok((credentials, password))
}

async fn may_generate(
    call: &Call,
    tx: &mut store::Connection,
    id: OrganizationId,
) -> Result<organizations::Organization, Error> {
    let organization = administered(call, tx, id).await?;
    let (_, membership) = organizations::operations::require_member(call, tx, id).await?;
    if membership.may_open(&organization) {
        return Ok(organization);
    }
    let sentence = format!("Only one of {}'s own administrators can open it to support.", organization.name);
    Err(Error::forbidden("administrator_of_organization_required", sentence))
}

async fn make(
    work: &mut Work,
    organization: &organizations::Organization,
    new: &NewCredentials,
    maker: &str,
) -> Result<Credentials, Error> {
    let settings = &work.call().world.settings;
    let address = model::new_address(&settings.temporary_credentials_domain, &*work.call().world.entropy)?;
    let by = work.call().actor.person()?.user;
    let grant = NewGrant {
        kind: grants::Kind::TemporaryCredentials,
        organization: Some(organization.id),
        mode: new.mode,
        created_by: by,
        created_through: None,
        answer_window: new.validity,
        validity: Some(new.validity),
        not_after: None,
    };
    let grant = match grants::operations::open(work, grant, organization.id).await {
        Err(Error::Conflict(Code(grants::operations::LIVE), _)) => {
            // The organization is locked, so that this is nobody's doing but a clock's.
            Err(Error::conflict(EXIST, "Other credentials were made at the same moment. Look again."))
        }
        other => other,
    }?;
    let stand_in = people::operations::create_stand_in(work, address.clone(), model::NAME).await?.id;
    Ok(Credentials {
        grant,
        organization: organization.id,
        organization_name: organization.name.clone(),
        made_by: maker.to_owned(),
        stand_in,
        address,
        requires_agent: new.requires_agent,
        first_used_at: None,
        last_used_at: None,
    })
}

/// The code of the conflict when an organization has a good pair already.
pub const EXIST: &str = "temporary_credentials_exist";

fn stands_in_the_way(live: &Credentials) -> Error {
    let sentence = format!(
        "{} made credentials that are still good: {}. Revoke them, or name them to be replaced.",
        live.made_by, live.address
    );
    Error::conflict(EXIST, sentence)
}
