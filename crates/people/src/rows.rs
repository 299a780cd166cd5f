//! The SQL of people, of failed tries, and of links by mail.

use kernel::{EmailAddress, Error, LinkId, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::{
    links::Link,
    model::{NewUser, StaffMember, StandIn, User},
    throttle::Failures,
};

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
        locked_at: row.get("locked_at")?,
    })
}

pub(crate) async fn find(tx: &mut Connection, id: UserId) -> Result<Option<User>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at, locked_at FROM users \
             WHERE id = $1 AND stand_in_since IS NULL",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(crate) async fn find_by_email(tx: &mut Connection, email: &EmailAddress) -> Result<Option<User>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at, locked_at FROM users \
             WHERE email = $1 AND stand_in_since IS NULL",
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
            "SELECT id, email, name, external_id, language, time_zone, created_at, suspended_at, locked_at FROM users \
             WHERE external_id = $1 AND stand_in_since IS NULL",
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

/// Not for what reads people: it finds no person.
pub(crate) async fn find_stand_in(tx: &mut Connection, id: UserId) -> Result<Option<StandIn>, Error> {
    let row = tx
        .optional(
            "SELECT id, email, name FROM users WHERE id = $1 AND stand_in_since IS NOT NULL",
            &args![id],
        )
        .await?;
    let stand_in =
        |row: Row| Ok(StandIn { id: row.get("id")?, email: row.get("email")?, name: row.get("name")? });
    row.map(stand_in).transpose()
}

pub(crate) async fn insert_stand_in(
    tx: &mut Connection,
    new: &StandIn,
    now: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO users (id, email, name, created_at, stand_in_since) VALUES ($1, $2, $3, $4, $4)",
        &args![new.id, new.email, new.name, now],
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

pub(crate) async fn forget_password_hash(tx: &mut Connection, id: UserId) -> Result<(), Error> {
    tx.execute("UPDATE users SET password_hash = NULL WHERE id = $1", &args![id]).await?;
    Ok(())
}

pub(crate) async fn save_password_hash(tx: &mut Connection, id: UserId, hash: &str) -> Result<u64, Error> {
    Ok(tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", &args![id, hash]).await?)
}

async fn instant(tx: &mut Connection, id: UserId, sql: &'static str) -> Result<Option<Timestamp>, Error> {
    match tx.optional(sql, &args![id]).await? {
        Some(row) => Ok(row.get("at")?),
        None => Ok(None),
    }
}

pub(crate) async fn must_set_up_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    instant(tx, id, "SELECT must_set_up_at AS at FROM users WHERE id = $1").await
}

pub(crate) async fn save_must_set_up(
    tx: &mut Connection,
    id: UserId,
    since: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute("UPDATE users SET must_set_up_at = $2 WHERE id = $1", &args![id, since]).await?;
    Ok(())
}

pub(crate) async fn save_remembered_from(
    tx: &mut Connection,
    id: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute("UPDATE users SET remembered_from = $2 WHERE id = $1", &args![id, now]).await?;
    Ok(())
}

pub(crate) async fn mailbox_proved_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    instant(tx, id, "SELECT mailbox_proved_at AS at FROM users WHERE id = $1").await
}

pub(crate) async fn save_mailbox_proved(tx: &mut Connection, id: UserId, at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE users SET mailbox_proved_at = $2 WHERE id = $1", &args![id, at]).await?;
    Ok(())
}

pub(crate) async fn warned_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    instant(tx, id, "SELECT warned_at AS at FROM users WHERE id = $1").await
}

pub(crate) async fn save_warned(tx: &mut Connection, id: UserId, at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE users SET warned_at = $2 WHERE id = $1", &args![id, at]).await?;
    Ok(())
}

pub(crate) async fn renew_password_hash(
    tx: &mut Connection,
    id: UserId,
    stored: &str,
    hash: &str,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
            &args![id, stored, hash],
        )
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn lock_out(tx: &mut Connection, id: UserId, now: Timestamp) -> Result<bool, Error> {
    let locked = tx
        .execute("UPDATE users SET locked_at = $2 WHERE id = $1 AND locked_at IS NULL", &args![id, now])
        .await?;
    Ok(locked == 1)
}

pub(crate) async fn let_in(tx: &mut Connection, id: UserId) -> Result<bool, Error> {
    let opened = tx
        .execute("UPDATE users SET locked_at = NULL WHERE id = $1 AND locked_at IS NOT NULL", &args![id])
        .await?;
    Ok(opened == 1)
}

pub(crate) async fn save_email(
    tx: &mut Connection,
    id: UserId,
    email: &EmailAddress,
) -> Result<u64, store::Error> {
    tx.execute("UPDATE users SET email = $2 WHERE id = $1", &args![id, email]).await
}

/// Whether somebody else can still take this address back.
pub(crate) async fn is_kept_for_other(
    tx: &mut Connection,
    email: &EmailAddress,
    id: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT id FROM account_links WHERE purpose = 'undo_email' AND about = $1 AND user_id <> $2 \
             AND used_at IS NULL AND superseded_at IS NULL AND expires_at > $3 LIMIT 1",
            &args![email, id, now],
        )
        .await?;
    Ok(row.is_some())
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
            "SELECT u.id, u.email, u.name, u.external_id, u.language, u.time_zone, u.created_at, u.suspended_at, u.locked_at, \
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
            "SELECT u.id, u.email, u.name, u.external_id, u.language, u.time_zone, u.created_at, u.suspended_at, u.locked_at, \
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

/// The count of a subject, held until the transaction ends: of two tries at the same moment, the second sees the first.
pub(crate) async fn hold_failures(
    tx: &mut Connection,
    subject: &str,
    now: Timestamp,
) -> Result<Failures, Error> {
    tx.execute(
        "INSERT INTO sign_in_failures (subject, failures, first_at, last_at) VALUES ($1, 0, $2, $2) \
         ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failures.failures",
        &args![subject, now],
    )
    .await?;
    let row = tx
        .one("SELECT failures, first_at, last_at FROM sign_in_failures WHERE subject = $1", &args![subject])
        .await?;
    Ok(Failures {
        failures: row.get("failures")?,
        first_at: row.get("first_at")?,
        last_at: row.get("last_at")?,
    })
}

pub(crate) async fn save_failures(
    tx: &mut Connection,
    subject: &str,
    counted: Failures,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_failures SET failures = $2, first_at = $3, last_at = $4 WHERE subject = $1",
        &args![subject, counted.failures, counted.first_at, counted.last_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forget_failures(tx: &mut Connection, subject: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_failures WHERE subject = $1", &args![subject]).await?;
    Ok(())
}

/// Takes back one count: the try was no failure after all.
pub(crate) async fn uncount_failure(tx: &mut Connection, subject: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
        &args![subject],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forget_old_failures(tx: &mut Connection, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_failures WHERE last_at < $1", &args![before]).await?;
    Ok(())
}

pub(crate) async fn insert_link(
    tx: &mut Connection,
    purpose: &str,
    link: &Link,
    secret: &SecretHash,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO account_links (id, purpose, user_id, secret_hash, about, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &args![link.id, purpose, link.user, secret, link.about, link.created_at, link.expires_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn supersede_links(
    tx: &mut Connection,
    purpose: &str,
    user: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account_links SET superseded_at = $3 \
         WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND superseded_at IS NULL",
        &args![user, purpose, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn supersede_links_after(
    tx: &mut Connection,
    purpose: &str,
    link: &Link,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account_links SET superseded_at = $5 WHERE user_id = $1 AND purpose = $2 AND created_at >= $3 AND id <> $4 \
         AND used_at IS NULL AND superseded_at IS NULL",
        &args![link.user, purpose, link.created_at, link.id, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn what_links_are_about(
    tx: &mut Connection,
    purpose: &str,
    user: UserId,
    since: Timestamp,
) -> Result<Vec<String>, Error> {
    let rows = tx
        .all(
            "SELECT about FROM account_links \
             WHERE user_id = $1 AND purpose = $2 AND created_at >= $3 AND superseded_at IS NULL ORDER BY id",
            &args![user, purpose, since],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("about")).collect::<Result<_, _>>()?)
}

pub(crate) async fn count_links_since(
    tx: &mut Connection,
    purpose: &str,
    user: UserId,
    since: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS links FROM account_links WHERE user_id = $1 AND purpose = $2 AND created_at >= $3",
            &args![user, purpose, since],
        )
        .await?;
    Ok(row.get("links")?)
}

pub(crate) async fn find_link(
    tx: &mut Connection,
    purpose: &str,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let row = tx
        .optional(
            "SELECT id, user_id, about, created_at, expires_at FROM account_links \
             WHERE secret_hash = $1 AND purpose = $2 AND used_at IS NULL AND superseded_at IS NULL AND expires_at > $3",
            &args![secret, purpose, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        id: row.get("id")?,
        user: row.get("user_id")?,
        about: row.get("about")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    }))
}

pub(crate) async fn take_link(tx: &mut Connection, id: LinkId, now: Timestamp) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE account_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND superseded_at IS NULL",
            &args![id, now],
        )
        .await?;
    Ok(taken == 1)
}
