//! What no operation does.

use kernel::SessionId;
use store::{Connection, args};

/// Leaves something that SQLite refuses at the commit, and not before.
pub async fn fail_the_commit(tx: &mut Connection, id: SessionId) {
    tx.execute("PRAGMA defer_foreign_keys = ON", &args![]).await.expect("asked");
    tx.execute("UPDATE sessions SET user_id = 'usr_nobody' WHERE id = $1", &args![id])
        .await
        .expect("changed");
}
