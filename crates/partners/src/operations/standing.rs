//! What one of a partner's people may do at a client, worked out when it is asked.

use grants::{Grant, Kind};
use kernel::{ApplicationId, Error, GrantId, Timestamp, UserId};
use store::Connection;

use crate::{
    model::{Standing, rules::Closed},
    rows,
};

/// What somebody may do on a partner's grant, if it is open and they may do anything: what the client gives, what they were
/// given and what the vendor offers have in common.
pub async fn standing(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Standing>, Error> {
    if grant.kind != Kind::Partner || grant.until(now).is_none() {
        return Ok(None);
    }
    let Some(place) = rows::place(tx, grant.id, user, now).await? else { return Ok(None) };
    let permissions: Vec<String> = rows::in_common(tx, grant.id, place.membership)
        .await?
        .into_iter()
        .map(|permission| permission.key)
        .collect();
    let standing = Standing {
        partner: place.partner,
        partner_name: place.partner_name,
        membership: place.membership,
        permissions,
        until: place.until,
    };
    Ok(Some(standing).filter(|standing| !standing.permissions.is_empty()))
}

/// The rules of an application that somebody with these permissions cannot pass, as [`Closed`] reads them.
pub async fn closed_rules(
    tx: &mut Connection,
    application: ApplicationId,
    permissions: &[String],
) -> Result<String, Error> {
    Ok(Closed::written(&rows::rules(tx, application).await?, permissions))
}

/// Makes whoever would disable, end or narrow this grant wait until whoever comes in has come in, and the other way round.
pub async fn hold(tx: &mut Connection, grant: GrantId) -> Result<(), Error> {
    rows::lock(tx, grant).await.map(drop)
}

/// Notes that somebody came in.
pub async fn note_entry(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    match rows::place(tx, grant.id, user, now).await? {
        Some(place) => rows::note_entry(tx, grant.id, place.membership, now).await,
        None => Ok(()),
    }
}
