//! The table `support_tokens`, read together with its grant, the names of people, and what was done.

use grants::State;
use kernel::{GrantId, OrganizationId, Timestamp, UserId};
use store::{Connection, Error, Row, args};

use crate::model::{Association, Filter, ReferenceCode, Seen, SupportToken, Used};

/// A token needs its grant, its names and its counts to be shown, so everything that reads one reads all of it.
macro_rules! tokens {
    ($($condition:literal)*) => {
        concat!(
            "SELECT g.*, t.reference_code, t.customer_ticket, t.ticket, t.reason, t.agent_id, \
             o.name AS organization_name, m.name AS made_by, a.name AS agent_name, s.agent_level, \
             (SELECT CAST(COALESCE(SUM(v.requests), 0) AS BIGINT) FROM activity v \
              WHERE v.grant_id = g.id AND v.kind <> 'refused') AS requests, \
             (SELECT CAST(COALESCE(SUM(v.requests), 0) AS BIGINT) FROM activity v \
              WHERE v.grant_id = g.id AND v.kind = 'change') AS changes \
             FROM support_tokens t \
             JOIN grants g ON g.id = t.grant_id \
             JOIN organizations o ON o.id = g.organization_id \
             JOIN users m ON m.id = g.created_by \
             LEFT JOIN users a ON a.id = t.agent_id \
             LEFT JOIN staff s ON s.user_id = t.agent_id AND s.suspended_at IS NULL ",
            $($condition),*
        )
    };
}

fn token(row: &Row) -> Result<SupportToken, kernel::Error> {
    let code = row.get::<String>("reference_code")?;
    let association = match row.get::<Option<UserId>>("agent_id")? {
        None => None,
        Some(agent) => Some(Association {
            agent,
            agent_name: row.get::<Option<String>>("agent_name")?.unwrap_or_default(),
            agent_level: row.get::<Option<i64>>("agent_level")?.and_then(|level| u8::try_from(level).ok()),
            ticket: row.get("ticket")?,
            reason: row.get("reason")?,
        }),
    };
    let grant = grants::from_row(row)?;
    let (Some(organization), Some(validity)) = (grant.organization, grant.validity) else {
        return Err(kernel::Error::internal("a support token leads nowhere, or for ever"));
    };
    Ok(SupportToken {
        organization,
        validity,
        grant,
        code: code.parse().map_err(kernel::Error::internal)?,
        organization_name: row.get("organization_name")?,
        made_by: row.get("made_by")?,
        customer_ticket: Some(row.get::<String>("customer_ticket")?).filter(|ticket| !ticket.is_empty()),
        association,
        used: Used { requests: row.get("requests")?, changes: row.get("changes")? },
    })
}

async fn many(
    tx: &mut Connection,
    sql: &'static str,
    args: &[store::Value],
) -> Result<Vec<SupportToken>, kernel::Error> {
    tx.all(sql, args).await?.iter().map(token).collect()
}

async fn one(
    tx: &mut Connection,
    sql: &'static str,
    args: &[store::Value],
) -> Result<Option<SupportToken>, kernel::Error> {
    tx.optional(sql, args).await?.as_ref().map(token).transpose()
}

pub async fn insert(
    tx: &mut Connection,
    grant: GrantId,
    code: ReferenceCode,
    customer_ticket: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO support_tokens (grant_id, reference_code, customer_ticket) VALUES ($1, $2, $3)",
        &args![grant, code.compact(), customer_ticket],
    )
    .await
    .map(drop)
}

pub async fn save_association(
    tx: &mut Connection,
    grant: GrantId,
    association: &Association,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE support_tokens SET agent_id = $2, ticket = $3, reason = $4 WHERE grant_id = $1 AND agent_id IS NULL",
            &args![grant, association.agent, association.ticket, association.reason],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn is_code_used(tx: &mut Connection, code: ReferenceCode) -> Result<bool, Error> {
    let found = tx
        .optional("SELECT grant_id FROM support_tokens WHERE reference_code = $1", &args![code.compact()])
        .await?;
    Ok(found.is_some())
}

pub async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<SupportToken>, kernel::Error> {
    one(tx, tokens!("WHERE t.grant_id = $1"), &args![id]).await
}

pub async fn find_by_code(
    tx: &mut Connection,
    code: ReferenceCode,
) -> Result<Option<SupportToken>, kernel::Error> {
    one(tx, tokens!("WHERE t.reference_code = $1"), &args![code.compact()]).await
}

pub async fn live_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<SupportToken>, kernel::Error> {
    one(
        tx,
        tokens!("WHERE g.live_of = $1 AND COALESCE(g.ends_at, g.answer_by) > $2"),
        &args![organization, now],
    )
    .await
}

/// The live tokens of every organization that a person is a member of, and the newest one that is over.
pub async fn latest_for_member(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<SupportToken>, kernel::Error> {
    many(
        tx,
        tokens!(
            "WHERE g.organization_id IN (SELECT p.organization_id FROM memberships p \
             WHERE p.user_id = $1 AND p.ended_at IS NULL AND (p.ends_at IS NULL OR p.ends_at > $2)) \
             AND (g.live_of IS NOT NULL OR g.id = (SELECT MAX(e.id) FROM grants e \
             WHERE e.organization_id = g.organization_id AND e.kind = 'support_token' AND e.live_of IS NULL \
             AND e.activated_at IS NOT NULL)) \
             ORDER BY g.id DESC"
        ),
        &args![user, now],
    )
    .await
}

/// Sorts after every id of a grant.
const AFTER_ALL: &str = "gr_zzzzzzzzzzzzzzzzzzzzzzzzzzz";

pub async fn of_organization(
    tx: &mut Connection,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<GrantId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SupportToken>, kernel::Error> {
    many(
        tx,
        tokens!(
            "WHERE g.organization_id = $1 AND g.id < $2 \
             AND ($3 = '' OR g.created_by = $3 OR t.agent_id = $3 OR g.ended_by = $3) \
             AND g.created_at < $4 AND COALESCE(g.ended_at, g.ends_at, g.answer_by) >= $5 \
             AND ($6 = '' OR CASE \
               WHEN g.ended_how = 'expired' THEN 'expired' \
               WHEN g.ended_at IS NOT NULL THEN 'revoked' \
               WHEN COALESCE(g.ends_at, g.answer_by) <= $7 THEN 'expired' \
               WHEN g.activated_at IS NULL THEN 'pending' \
               WHEN g.disabled_at IS NOT NULL THEN 'disabled' \
               ELSE 'active' END = $6) \
             ORDER BY g.id DESC LIMIT $8"
        ),
        &args![
            organization,
            before.map_or_else(|| AFTER_ALL.to_owned(), |id| id.to_string()),
            filter.person.map_or_else(String::new, |id| id.to_string()),
            filter.to,
            filter.from,
            filter.state.map_or("", State::as_str),
            now,
            limit,
        ],
    )
    .await
}

/// Everybody who made, took or ended a token of the organization, by name.
pub async fn people_of(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<Vec<(UserId, String)>, kernel::Error> {
    let rows = tx
        .all(
            "SELECT u.id, u.name FROM users u WHERE u.id IN ( \
               SELECT g.created_by FROM grants g WHERE g.organization_id = $1 \
               UNION SELECT g.ended_by FROM grants g WHERE g.organization_id = $1 AND g.ended_by IS NOT NULL \
               UNION SELECT t.agent_id FROM support_tokens t JOIN grants g ON g.id = t.grant_id \
                 WHERE g.organization_id = $1 AND t.agent_id IS NOT NULL) \
             ORDER BY u.name, u.id LIMIT 500",
            &args![organization],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// What was done last under a grant, but for what was refused.
pub async fn last_seen(tx: &mut Connection, grant: GrantId) -> Result<Option<Seen>, kernel::Error> {
    tx.optional(
        "SELECT path, last_at FROM activity WHERE grant_id = $1 AND kind <> 'refused' \
         ORDER BY last_at DESC, path LIMIT 1",
        &args![grant],
    )
    .await?
    .map(|row| Ok(Seen { path: row.get("path")?, at: row.get("last_at")? }))
    .transpose()
}

pub async fn of_agent(
    tx: &mut Connection,
    agent: UserId,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Vec<SupportToken>, kernel::Error> {
    match before {
        None => {
            many(tx, tokens!("WHERE t.agent_id = $1 ORDER BY g.id DESC LIMIT $2"), &args![agent, limit]).await
        }
        Some(before) => {
            many(
                tx,
                tokens!("WHERE t.agent_id = $1 AND g.id < $2 ORDER BY g.id DESC LIMIT $3"),
                &args![agent, before, limit],
            )
            .await
        }
    }
}

/// Those that wait for an agent, the longest waiting first.
pub async fn waiting(
    tx: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SupportToken>, kernel::Error> {
    many(
        tx,
        tokens!(
            "WHERE g.live_of IS NOT NULL AND g.activated_at IS NULL AND g.answer_by > $1 \
             ORDER BY g.created_at, g.id LIMIT $2"
        ),
        &args![now, limit],
    )
    .await
}

/// The ones an agent may enter now, the sooner ending first.
pub async fn open_of_agent(
    tx: &mut Connection,
    agent: UserId,
    now: Timestamp,
) -> Result<Vec<SupportToken>, kernel::Error> {
    many(
        tx,
        tokens!(
            "WHERE t.agent_id = $1 AND g.live_of IS NOT NULL AND g.disabled_at IS NULL AND g.ends_at > $2 \
             ORDER BY g.ends_at, g.id"
        ),
        &args![agent, now],
    )
    .await
}

/// How many codes that cannot be taken somebody tried since a moment.
pub async fn refusals_of(
    tx: &mut Connection,
    agent: UserId,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>), Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n, MIN(at) AS first_at FROM audit \
             WHERE actor_id = $1 AND at > $2 AND kind = 'support_token.refused'",
            &args![agent, since],
        )
        .await?;
    Ok((row.get("n")?, row.get("first_at")?))
}
