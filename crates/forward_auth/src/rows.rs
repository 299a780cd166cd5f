//! What a verdict needs of a support token. Its table belongs to another capability; here it is only looked at.

use kernel::{Error, GrantId, UserId};
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
