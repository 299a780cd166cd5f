//! *My Clients*: which of thousands, and how many of each kind.

use kernel::{Duration, Error, GrantId, OrganizationId, Timestamp};
use store::{Connection, args};

use crate::model::{ClientQuery, Counts, UNUSED};

/// What a token is now, in the words of its states.
macro_rules! state {
    () => {
        "CASE WHEN g.ended_how = 'expired' THEN 'expired' WHEN g.ended_at IS NOT NULL THEN 'revoked' \
         WHEN g.due_at <= $3 THEN 'expired' WHEN g.activated_at IS NULL THEN 'pending' \
         WHEN g.disabled_at IS NOT NULL THEN 'disabled' ELSE 'active' END"
    };
}

/// Which clients, by name. Deleted ones are in no list (B12). `finds_people`: by the names of the partner's people too, for
/// whoever may know who else may enter.
pub async fn client_ids(
    tx: &mut Connection,
    partner: OrganizationId,
    query: &ClientQuery,
    finds_people: bool,
    now: Timestamp,
) -> Result<Vec<GrantId>, Error> {
    let until = query.ending_within.map_or(now, |days| now + Duration::days(days));
    let rows = tx
        .all(
            concat!(
                "SELECT t.grant_id FROM partner_tokens t JOIN grants g ON g.id = t.grant_id \
                 LEFT JOIN organizations c ON c.id = g.organization_id \
                 WHERE t.partner_id = $1 AND t.deleted_at IS NULL \
                 AND ($2 = '' OR t.grant_id IN (SELECT x.grant_id FROM partner_users x WHERE x.membership_id = $2)) \
                 AND ($4 = '' OR ",
                state!(),
                " = $4) \
                 AND ($5 = '' OR lower(COALESCE(c.name, t.label)) LIKE lower($5) ESCAPE '\\' \
                  OR lower(t.label) LIKE lower($5) ESCAPE '\\' OR ($12 = 'people' AND t.grant_id IN ( \
                   SELECT y.grant_id FROM memberships um JOIN users uu ON uu.id = um.user_id \
                   JOIN partner_users y ON y.membership_id = um.id \
                   WHERE um.organization_id = $1 AND um.ended_at IS NULL AND lower(uu.name) LIKE lower($5) ESCAPE '\\'))) \
                 AND ($6 = '' OR (g.ended_at IS NULL AND g.activated_at IS NOT NULL \
                  AND ((g.ends_at > $3 AND g.ends_at <= $7) OR (t.review_at <= $7 AND (g.ends_at IS NULL OR g.ends_at > $3))))) \
                 AND ($8 = '' OR (g.ended_at IS NULL AND g.activated_at <= $9 AND g.disabled_at IS NULL \
                  AND (g.ends_at IS NULL OR g.ends_at > $3) AND COALESCE(t.last_used_at, 0) <= $9)) \
                 ORDER BY lower(COALESCE(c.name, t.label)), t.grant_id LIMIT $10 OFFSET $11"
            ),
            &args![
                partner,
                query.user.map_or_else(String::new, |id| id.to_string()),
                now,
                query.state.map_or("", grants::State::as_str),
                pattern(&query.search),
                if query.ending_within.is_some() { "ending" } else { "" },
                until,
                if query.is_unused { "unused" } else { "" },
                now - UNUSED,
                query.limit,
                query.offset,
                if finds_people { "people" } else { "" }
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("grant_id")).collect::<Result<_, _>>()?)
}

/// How many there are in each view.
pub async fn counts(
    tx: &mut Connection,
    partner: OrganizationId,
    query: &ClientQuery,
    now: Timestamp,
) -> Result<Counts, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n, \
             COUNT(CASE WHEN q.is_live = 1 AND q.next_at <= $4 THEN 1 END) AS in_30, \
             COUNT(CASE WHEN q.is_live = 1 AND q.next_at <= $5 THEN 1 END) AS in_7, \
             COUNT(CASE WHEN q.is_live = 1 AND q.next_at <= $6 THEN 1 END) AS in_1, \
             COUNT(CASE WHEN q.is_live = 1 AND q.disabled_at IS NULL AND q.activated_at <= $7 \
               AND COALESCE(q.last_used_at, 0) <= $7 THEN 1 END) AS unused, \
             COUNT(CASE WHEN q.ended_at IS NULL AND q.activated_at IS NULL AND q.answer_by > $3 THEN 1 END) AS pending \
             FROM (SELECT g.ended_at, g.activated_at, g.answer_by, g.disabled_at, t.last_used_at, \
               CASE WHEN g.ended_at IS NULL AND g.activated_at IS NOT NULL AND (g.ends_at IS NULL OR g.ends_at > $3) \
                THEN 1 ELSE 0 END AS is_live, \
               CASE WHEN g.ends_at IS NULL THEN t.review_at WHEN t.review_at < g.ends_at THEN t.review_at \
                ELSE g.ends_at END AS next_at \
               FROM partner_tokens t JOIN grants g ON g.id = t.grant_id \
               WHERE t.partner_id = $1 AND t.deleted_at IS NULL \
               AND ($2 = '' OR t.grant_id IN (SELECT x.grant_id FROM partner_users x WHERE x.membership_id = $2))) q",
            &args![
                partner,
                query.user.map_or_else(String::new, |id| id.to_string()),
                now,
                now + Duration::days(30),
                now + Duration::days(7),
                now + Duration::days(1),
                now - UNUSED
            ],
        )
        .await?;
    Ok(Counts {
        all: row.get("n")?,
        in_30_days: row.get("in_30")?,
        in_7_days: row.get("in_7")?,
        in_1_day: row.get("in_1")?,
        unused: row.get("unused")?,
        pending: row.get("pending")?,
    })
}

/// A pattern that finds the text anywhere, as it is written; nothing for no text.
pub fn pattern(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = "%".to_owned();
    for c in text.chars().take(100) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
