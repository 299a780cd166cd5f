//! The SQL of people.

use kernel::{EmailAddress, Error, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{NewUser, StaffMember, User};

fn user(row: &Row) -> Result<User, store::Error> {
    Ok(User {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        external_id: row.get("external_id")?,
        language: row.get("language")?,
        time_zone: row.get("time_zone")?,
        created_at: row.get("created_at")?,
        suspended_at: row.get("suspended_at")?,
    })
}

pub(crate) async fn find(tx: &mut Connection, id: UserId) -> Result<Option<User>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at FROM users WHERE id = $1",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(crate) async fn find_by_email(tx: &mut Connection, email: &EmailAddress) -> Result<Option<User>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at FROM users \
             WHERE email = $1",
            &args![email],
        )
        .await?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(crate) async fn find_by_external_id(
    tx: &mut Connection,
    external_id: &str,
) -> Result<Option<User>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at FROM users \
             WHERE external_id = $1",
            &args![external_id],
        )
        .await?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(crate) async fn insert(
    tx: &mut Connection,
    id: UserId,
    new: &NewUser,
    now: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO users (id, email, name, external_id, language, time_zone, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &args![id, new.email, new.name, new.external_id, new.language, new.time_zone, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn save_profile(
    tx: &mut Connection,
    id: UserId,
    name: &str,
    language: &str,
    time_zone: &str,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE users SET name = $2, language = $3, time_zone = $4 WHERE id = $1",
            &args![id, name, language, time_zone],
        )
        .await?)
}

pub(crate) async fn lock(tx: &mut Connection, id: UserId) -> Result<(), Error> {
    tx.execute("UPDATE users SET name = name WHERE id = $1", &args![id]).await?;
    Ok(())
}

pub(crate) async fn lock_staff_member(tx: &mut Connection, id: UserId) -> Result<(), Error> {
    tx.execute("UPDATE staff SET created_at = created_at WHERE user_id = $1", &args![id]).await?;
    Ok(())
}

pub(crate) async fn password_hash(tx: &mut Connection, id: UserId) -> Result<Option<String>, Error> {
    let row = tx.optional("SELECT password_hash FROM users WHERE id = $1", &args![id]).await?;
    match row {
        Some(row) => Ok(row.get("password_hash")?),
        None => Ok(None),
    }
}

pub(crate) async fn save_password_hash(tx: &mut Connection, id: UserId, hash: &str) -> Result<u64, Error> {
    Ok(tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", &args![id, hash]).await?)
}

fn staff_member(row: &Row) -> Result<StaffMember, store::Error> {
    let level: Option<i64> = row.get("agent_level")?;
    let administrator_since: Option<Timestamp> = row.get("administrator_since")?;
    Ok(StaffMember {
        user: user(row)?,
        agent_level: level.and_then(|level| u8::try_from(level).ok()),
        is_administrator: administrator_since.is_some(),
        created_at: row.get("staff_created_at")?,
        suspended_at: row.get("staff_suspended_at")?,
    })
}

pub(crate) async fn find_staff(tx: &mut Connection, id: UserId) -> Result<Option<StaffMember>, Error> {
    let row = tx
        .optional(
            "SELECT u.id, u.email, u.name, u.external_id, u.language, u.time_zone, u.created_at, u.suspended_at, \
             s.agent_level, s.administrator_since, s.created_at AS staff_created_at, s.suspended_at AS staff_suspended_at \
             FROM staff s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(staff_member).transpose()?)
}

pub(crate) async fn list_staff(tx: &mut Connection) -> Result<Vec<StaffMember>, Error> {
    let rows = tx
        .all(
            "SELECT u.id, u.email, u.name, u.external_id, u.language, u.time_zone, u.created_at, u.suspended_at, \
             s.agent_level, s.administrator_since, s.created_at AS staff_created_at, s.suspended_at AS staff_suspended_at \
             FROM staff s JOIN users u ON u.id = s.user_id ORDER BY lower(u.name), u.id",
            &args![],
        )
        .await?;
    Ok(rows.iter().map(staff_member).collect::<Result<_, _>>()?)
}

pub(crate) async fn save_staff(
    tx: &mut Connection,
    id: UserId,
    agent_level: Option<u8>,
    administrator_since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO staff (user_id, agent_level, administrator_since, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id) DO UPDATE SET agent_level = excluded.agent_level, administrator_since = \
         CASE WHEN excluded.administrator_since IS NULL THEN NULL \
              ELSE COALESCE(staff.administrator_since, excluded.administrator_since) END",
        &args![id, agent_level.map(i64::from), administrator_since, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn suspend_staff(tx: &mut Connection, id: UserId, now: Timestamp) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE staff SET suspended_at = $2 WHERE user_id = $1 AND suspended_at IS NULL",
            &args![id, now],
        )
        .await?)
}

pub(crate) async fn restore_staff(tx: &mut Connection, id: UserId) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE staff SET suspended_at = NULL WHERE user_id = $1 AND suspended_at IS NOT NULL",
            &args![id],
        )
        .await?)
}

/// Makes every change of staff wait for the one before it, on either database: on PostgreSQL the rows are locked
/// until the transaction ends, on SQLite there is one writer anyway.
pub(crate) async fn lock_staff(tx: &mut Connection) -> Result<(), Error> {
    tx.execute("UPDATE staff SET created_at = created_at WHERE administrator_since IS NOT NULL", &args![])
        .await?;
    Ok(())
}

pub(crate) async fn count_administrators(tx: &mut Connection) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n FROM staff s JOIN users u ON u.id = s.user_id \
             WHERE s.administrator_since IS NOT NULL AND s.suspended_at IS NULL AND u.suspended_at IS NULL",
            &args![],
        )
        .await?;
    Ok(row.get("n")?)
}
