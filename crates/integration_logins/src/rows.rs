//! The table `integration_logins`.

use kernel::{Error, IntegrationLoginId, OrganizationId, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{IntegrationLogin, Networks};

macro_rules! select {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT l.id, l.organization_id, l.application_id, a.name AS application_name, l.name, l.login, l.networks, \
             l.created_at, l.created_by, u.name AS created_by_name, l.ends_at, l.revoked_at, l.last_used_at, l.last_address",
            $more,
            " FROM integration_logins l JOIN applications a ON a.id = l.application_id JOIN users u ON u.id = l.created_by ",
            $rest
        )
    };
}

fn login(row: &Row) -> Result<IntegrationLogin, Error> {
    let networks: String = row.get("networks")?;
    Ok(IntegrationLogin {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        application: row.get("application_id")?,
        application_name: row.get("application_name")?,
        name: row.get("name")?,
        login: row.get("login")?,
        // Ranges that cannot be read must not become "from anywhere".
        networks: Networks::parse(&networks)
            .map_err(|_| Error::internal("the networks of a login cannot be read"))?,
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
        created_by_name: row.get("created_by_name")?,
        ends_at: row.get("ends_at")?,
        revoked_at: row.get("revoked_at")?,
        last_used_at: row.get("last_used_at")?,
        last_address: row.get("last_address")?,
    })
}

pub async fn insert(tx: &mut Connection, new: &IntegrationLogin, secret: &SecretHash) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO integration_logins (id, organization_id, application_id, name, login, secret_hash, networks, \
         created_at, created_by, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &args![
            new.id,
            new.organization,
            new.application,
            new.name,
            new.login,
            secret,
            new.networks.to_string(),
            new.created_at,
            new.created_by,
            new.ends_at
        ],
    )
    .await?;
    Ok(())
}

/// One of an organization; another's is not there.
pub async fn find(
    tx: &mut Connection,
    organization: OrganizationId,
    id: IntegrationLoginId,
) -> Result<Option<IntegrationLogin>, Error> {
    tx.optional(select!("", "WHERE l.id = $1 AND l.organization_id = $2"), &args![id, organization])
        .await?
        .as_ref()
        .map(login)
        .transpose()
}

/// The one that is called so, and whether the secret is its own. The database compares two hashes of 178 bits of chance:
/// how long it takes tells nothing that helps.
pub async fn find_by_login(
    tx: &mut Connection,
    name: &str,
    secret: Option<&SecretHash>,
) -> Result<Option<(IntegrationLogin, bool)>, Error> {
    let secret = secret.map(ToString::to_string).unwrap_or_default();
    let row = tx
        .optional(
            select!(
                ", CASE WHEN l.secret_hash = $2 THEN 'yes' ELSE '' END AS is_right",
                "WHERE l.login = $1"
            ),
            &args![name, secret],
        )
        .await?;
    row.map(|row| {
        let is_right: String = row.get("is_right")?;
        Ok((login(&row)?, is_right == "yes"))
    })
    .transpose()
}

/// All of an organization, the newest first; what ended stays in the list.
pub async fn list(tx: &mut Connection, organization: OrganizationId) -> Result<Vec<IntegrationLogin>, Error> {
    tx.all(select!("", "WHERE l.organization_id = $1 ORDER BY l.id DESC"), &args![organization])
        .await?
        .iter()
        .map(login)
        .collect()
}

pub async fn revoke(
    tx: &mut Connection,
    id: IntegrationLoginId,
    now: Timestamp,
    by: UserId,
) -> Result<bool, Error> {
    let revoked = tx
        .execute(
            "UPDATE integration_logins SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL",
            &args![id, now, by],
        )
        .await?;
    Ok(revoked == 1)
}

/// Notes a use, unless somebody noted a later one.
pub async fn touch(
    tx: &mut Connection,
    id: IntegrationLoginId,
    now: Timestamp,
    address: &str,
) -> Result<bool, Error> {
    let touched = tx
        .execute(
            "UPDATE integration_logins SET last_used_at = $2, last_address = $3 \
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            &args![id, now, address],
        )
        .await?;
    Ok(touched == 1)
}
