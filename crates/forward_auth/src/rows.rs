//! What a verdict needs of a support token and of temporary credentials. Their tables belong to other capabilities; here they
//! are only looked at.

use kernel::{Error, GrantId, Timestamp, UserId};
use store::{Connection, args};

/// Whose entry it is, and what for.
pub struct Association {
    pub agent: Option<UserId>,
    pub reference_code: String,
    pub ticket: String,
}

pub async fn association(tx: &mut Connection, grant: GrantId) -> Result<Option<Association>, Error> {
    let row = tx
        .optional(
            "SELECT agent_id, reference_code, ticket FROM support_tokens WHERE grant_id = $1",
            &args![grant],
        )
        .await?;
    row.map(|row| {
        Ok(Association {
            agent: row.get("agent_id")?,
            reference_code: row.get("reference_code")?,
            ticket: row.get("ticket")?,
        })
    })
    .transpose()
}

/// Whose temporary credentials are, as far as they are somebody's.
pub struct Temporary {
    pub stand_in: UserId,
    /// They work only together with a support agent.
    pub requires_agent: bool,
}

pub async fn temporary(tx: &mut Connection, grant: GrantId) -> Result<Option<Temporary>, Error> {
    let row = tx
        .optional(
            "SELECT user_id, agent_required_at FROM temporary_credentials WHERE grant_id = $1",
            &args![grant],
        )
        .await?;
    row.map(|row| {
        Ok(Temporary {
            stand_in: row.get("user_id")?,
            requires_agent: row.get::<Option<Timestamp>>("agent_required_at")?.is_some(),
        })
    })
    .transpose()
}
