//! The tables `mfa_levels`, `mfa_policies` and `set_up_codes`, and how many people a level touches.

use kernel::{Error, MembershipId, OrganizationId, SetUpCodeId, Timestamp, UserId};
use organizations::{MemberKind, UserType};
use store::{Connection, Row, args};

use crate::model::{Group, Level, Person, Policy, Requirement, Setting, Source};

/// The group whose level a membership is under. The same rule as [`Group::of`].
macro_rules! group_of {
    () => {
        "CASE m.user_type WHEN 'administrator_client' THEN 'clients' WHEN 'standard_client' THEN 'clients' \
         WHEN 'employee' THEN 'employees' ELSE 'practitioners' END"
    };
}

/// Whether only the organization's provider opens a membership: of its own people, by their type.
macro_rules! is_managed {
    () => {
        "(m.kind = 'customer' AND EXISTS (SELECT 1 FROM managed_user_types y \
          WHERE y.organization_id = m.organization_id AND y.user_type = m.user_type))"
    };
}

macro_rules! has_factor {
    ($user:literal) => {
        concat!(
            "CASE WHEN EXISTS (SELECT 1 FROM totp_keys t WHERE t.live_of = ",
            $user,
            ") OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = ",
            $user,
            " AND p.removed_at IS NULL) THEN 1 ELSE 0 END"
        )
    };
}

fn group(row: &Row) -> Result<Group, store::Error> {
    let group: String = row.get("user_group")?;
    Ok(Group::parse(&group).unwrap_or(Group::Practitioners))
}

/// A word that cannot be read is the strictest.
fn level(text: Option<&str>) -> Level {
    text.map_or(Level::UponRequest, |text| Level::parse(text).unwrap_or(Level::Mandatory))
}

fn managed_by(row: &Row) -> Result<Option<String>, store::Error> {
    let by: Option<String> = row.get("managed_by")?;
    Ok(by.filter(|by| !by.is_empty()))
}

/// What is decided in an organization, and for how many people.
pub async fn policy(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Policy, Error> {
    let saved = tx
        .optional(
            "SELECT p.version, p.changed_at, u.name FROM mfa_policies p LEFT JOIN users u ON u.id = p.changed_by \
             WHERE p.organization_id = $1",
            &args![organization],
        )
        .await?;
    let levels = tx
        .all(
            "SELECT user_group, level, managed_by FROM mfa_levels WHERE organization_id = $1",
            &args![organization],
        )
        .await?;
    let counts = tx
        .all(
            concat!(
                "SELECT CASE WHEN m.user_type IN ('practitioner', 'administrator_client', 'standard_client', 'employee') THEN ",
                group_of!(),
                " ELSE 'no_user_type' END AS user_group, COUNT(*) AS people, CAST(COALESCE(SUM(",
                has_factor!("m.user_id"),
                "), 0) AS BIGINT) AS protected FROM memberships m JOIN users u ON u.id = m.user_id \
                 WHERE m.organization_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
                 AND u.suspended_at IS NULL GROUP BY 1"
            ),
            &args![organization, now],
        )
        .await?;
    let mut settings: Vec<Setting> = Group::ALL
        .iter()
        .map(|group| Setting {
            group: *group,
            level: Level::UponRequest,
            managed_by: None,
            people: 0,
            protected: 0,
        })
        .collect();
    for row in &levels {
        let group = group(row)?;
        let text: String = row.get("level")?;
        let managed_by = managed_by(row)?;
        for setting in settings.iter_mut().filter(|setting| setting.group.kept_as() == group) {
            setting.level = level(Some(&text));
            setting.managed_by = managed_by.clone().filter(|_| setting.group == group);
        }
    }
    // Whoever has no type is a practitioner, but for a provider: it does not speak for them.
    let is_apart =
        settings.iter().any(|setting| setting.group == Group::Practitioners && setting.managed_by.is_some());
    settings.retain(|setting| is_apart || setting.group != Group::Untyped);
    for row in &counts {
        let group = group(row)?;
        let group = if is_apart { group } else { group.kept_as() };
        let (people, protected): (i64, i64) = (row.get("people")?, row.get("protected")?);
        for setting in settings.iter_mut().filter(|setting| setting.group == group) {
            setting.people += people;
            setting.protected += protected;
        }
    }
    let (version, changed_at, changed_by) = match &saved {
        Some(row) => (row.get("version")?, Some(row.get("changed_at")?), row.get("name")?),
        None => (0, None, None),
    };
    Ok(Policy { version, changed_at, changed_by, settings })
}

/// Makes the next version. False: somebody else did so first.
pub async fn take_version(
    tx: &mut Connection,
    organization: OrganizationId,
    version: i64,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool, Error> {
    let taken = if version == 0 {
        tx.execute(
            "INSERT INTO mfa_policies (organization_id, version, changed_at, changed_by) VALUES ($1, 1, $2, $3) \
             ON CONFLICT (organization_id) DO NOTHING",
            &args![organization, now, by],
        )
        .await?
    } else {
        tx.execute(
            "UPDATE mfa_policies SET version = version + 1, changed_at = $3, changed_by = $4 \
             WHERE organization_id = $1 AND version = $2",
            &args![organization, version, now, by],
        )
        .await?
    };
    Ok(taken == 1)
}

pub async fn save_level(
    tx: &mut Connection,
    organization: OrganizationId,
    group: Group,
    level: Level,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO mfa_levels (organization_id, user_group, level) VALUES ($1, $2, $3) \
         ON CONFLICT (organization_id, user_group) DO UPDATE SET level = $3",
        &args![organization, group.kept_as().as_str(), level.as_str()],
    )
    .await?;
    Ok(())
}

/// Says by which single sign-on a group comes; by none if it is empty. The level stays.
pub async fn save_managed_by(
    tx: &mut Connection,
    organization: OrganizationId,
    group: Group,
    by: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO mfa_levels (organization_id, user_group, level, managed_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, user_group) DO UPDATE SET managed_by = $4",
        &args![organization, group.as_str(), Level::UponRequest.as_str(), by],
    )
    .await?;
    Ok(())
}

/// Everybody who is under the level of a group.
pub async fn users_of(
    tx: &mut Connection,
    organization: OrganizationId,
    group: Group,
) -> Result<Vec<UserId>, Error> {
    let rows = tx
        .all(
            concat!(
                "SELECT m.user_id FROM memberships m WHERE m.organization_id = $1 AND m.ended_at IS NULL AND ",
                group_of!(),
                " = $2 ORDER BY m.user_id"
            ),
            &args![organization, group.kept_as().as_str()],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("user_id")).collect::<Result<_, _>>()?)
}

/// Whether any of a person's organizations asks for a second factor without fail: what most requests need to know, in one
/// look.
pub async fn is_asked_without_fail(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<bool, Error> {
    let row = tx
        .optional(
            concat!(
                "SELECT 1 AS one FROM memberships m JOIN mfa_levels l ON l.organization_id = m.organization_id AND l.user_group = ",
                group_of!(),
                " WHERE m.user_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
                 AND l.level NOT IN ('upon_request', 'suggested') AND NOT ",
                is_managed!(),
                " LIMIT 1"
            ),
            &args![user, now],
        )
        .await?;
    Ok(row.is_some())
}

/// What is asked of a person, by each of their organizations.
pub async fn requirement(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Requirement, Error> {
    let rows = tx
        .all(
            concat!(
                "SELECT m.organization_id, o.name, m.user_type, l.level, COALESCE(l.managed_by, '') AS managed_by, CAST(CASE WHEN ",
                is_managed!(),
                " THEN 1 ELSE 0 END AS BIGINT) AS managed, ",
                group_of!(),
                " AS user_group FROM memberships m JOIN organizations o ON o.id = m.organization_id \
                 LEFT JOIN mfa_levels l ON l.organization_id = m.organization_id AND l.user_group = ",
                group_of!(),
                " WHERE m.user_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
                 ORDER BY lower(o.name), o.id"
            ),
            &args![user, now],
        )
        .await?;
    let sources = rows
        .iter()
        .map(|row| {
            let text: Option<String> = row.get("level")?;
            let (user_type, by): (String, String) = (row.get("user_type")?, row.get("managed_by")?);
            let is_untyped = UserType::parse(&user_type).is_none_or(|user_type| user_type == UserType::None);
            let is_managed = row.get::<i64>("managed")? == 1;
            Ok(Source {
                organization: row.get("organization_id")?,
                organization_name: row.get("name")?,
                group: if is_untyped && !by.is_empty() { Group::Untyped } else { group(row)? },
                level: level(text.as_deref()),
                managed_by: is_managed.then_some(by),
            })
        })
        .collect::<Result<_, store::Error>>()?;
    Ok(Requirement { sources, has_second_factor: has_second_factor(tx, user).await? })
}

pub async fn has_second_factor(tx: &mut Connection, user: UserId) -> Result<bool, Error> {
    let row =
        tx.one(concat!("SELECT CAST(", has_factor!("$1"), " AS BIGINT) AS is_on"), &args![user]).await?;
    let is_on: i64 = row.get("is_on")?;
    Ok(is_on == 1)
}

/// The organizations by name, from `offset` on.
pub async fn organizations(
    tx: &mut Connection,
    pattern: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<(OrganizationId, String)>, Error> {
    let rows = tx
        .all(
            "SELECT id, name FROM organizations WHERE lower(name) LIKE lower($1) ESCAPE '\\' \
             ORDER BY lower(name), id LIMIT $2 OFFSET $3",
            &args![pattern, limit, offset],
        )
        .await?;
    Ok(rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect::<Result<_, store::Error>>()?)
}

/// What somebody looks for, anywhere in a text.
pub fn contains(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.trim().chars().take(100) {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

macro_rules! select_person {
    ($rest:literal) => {
        concat!(
            "SELECT m.id AS membership_id, m.user_id, m.user_type, m.kind, u.name, u.email, \
             (SELECT MAX(c.expires_at) FROM set_up_codes c WHERE c.user_id = m.user_id AND c.used_at IS NULL \
              AND c.replaced_at IS NULL AND c.expires_at > $2) AS code_until \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
             AND u.suspended_at IS NULL ",
            $rest
        )
    };
}

/// What is asked of the person is left for the caller to add.
fn person(row: &Row) -> Result<Person, store::Error> {
    let (user_type, kind): (String, String) = (row.get("user_type")?, row.get("kind")?);
    Ok(Person {
        membership: row.get("membership_id")?,
        user: row.get("user_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        user_type: UserType::parse(&user_type).unwrap_or(UserType::None),
        requirement: Requirement::default(),
        is_vendors: MemberKind::parse(&kind) != Some(MemberKind::Customer),
        code_until: row.get("code_until")?,
    })
}

pub async fn people(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
    pattern: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<Person>, Error> {
    let rows = tx
        .all(
            select_person!(
                "AND (lower(u.name) LIKE lower($3) ESCAPE '\\' OR u.email LIKE lower($3) ESCAPE '\\') \
                 ORDER BY lower(u.name), m.id LIMIT $4 OFFSET $5"
            ),
            &args![organization, now, pattern, limit, offset],
        )
        .await?;
    Ok(rows.iter().map(person).collect::<Result<_, _>>()?)
}

pub async fn find_person(
    tx: &mut Connection,
    organization: OrganizationId,
    membership: MembershipId,
    now: Timestamp,
) -> Result<Option<Person>, Error> {
    let row = tx.optional(select_person!("AND m.id = $3"), &args![organization, now, membership]).await?;
    Ok(row.as_ref().map(person).transpose()?)
}

/// A code as it is kept.
pub struct StoredCode {
    pub id: SetUpCodeId,
    pub hash: String,
}

/// A new code for somebody; the ones before it are worth nothing any more.
pub async fn replace_code(
    tx: &mut Connection,
    code: &StoredCode,
    (user, organization): (UserId, OrganizationId),
    by: UserId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE set_up_codes SET replaced_at = $2 WHERE user_id = $1 AND used_at IS NULL AND replaced_at IS NULL",
        &args![user, now],
    )
    .await?;
    tx.execute(
        "INSERT INTO set_up_codes (id, user_id, organization_id, code_hash, made_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &args![code.id, user, organization, code.hash, by, now, expires_at],
    )
    .await?;
    Ok(())
}

pub async fn open_code(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<StoredCode>, Error> {
    let row = tx
        .optional(
            "SELECT id, code_hash FROM set_up_codes WHERE user_id = $1 AND used_at IS NULL AND replaced_at IS NULL \
             AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 1",
            &args![user, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredCode { id: row.get("id")?, hash: row.get("code_hash")? }))
}

/// Counts a try before the code is checked. False: there were too many.
pub async fn count_code_try(tx: &mut Connection, id: SetUpCodeId, most: i64) -> Result<bool, Error> {
    let counted = tx
        .execute(
            "UPDATE set_up_codes SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND used_at IS NULL \
             AND replaced_at IS NULL",
            &args![id, most],
        )
        .await?;
    Ok(counted == 1)
}

/// Uses a code up. Of many at the same moment, one does.
pub async fn use_code(tx: &mut Connection, id: SetUpCodeId, now: Timestamp) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE set_up_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND replaced_at IS NULL \
             AND expires_at > $2",
            &args![id, now],
        )
        .await?;
    Ok(used == 1)
}
