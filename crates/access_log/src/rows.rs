//! The tables `audit` and `activity`; and, to read only, what gives their ids a name.

use kernel::{ApplicationId, Duration, EventId, GrantId, OrganizationId, SessionId, Timestamp, UserId};
use serde_json::Value;
use store::{Connection, Error, Row, args};

use crate::{
    ActivityKind,
    model::{By, Entry, Filter, Outsider, Period, Stay, Totals, Visit, VisitMark, Window},
};

/// Sorts after every id of an entry.
const AFTER_ALL: &str = "evt_zzzzzzzzzzzzzzzzzzzzzzzzzzz";

pub(crate) struct ActivityLine<'a> {
    pub session: SessionId,
    pub grant: GrantId,
    pub organization: OrganizationId,
    pub user: UserId,
    pub application: ApplicationId,
    pub minute: Timestamp,
    pub kind: ActivityKind,
    pub path: &'a str,
    pub requests: i64,
    pub last_at: Timestamp,
}

/// Each adds to the line of its minute and page. No two of them are of the same line.
macro_rules! add {
    ($values:literal) => {
        concat!(
            "INSERT INTO activity (session_id, grant_id, organization_id, user_id, application_id, minute_at, kind, \
             path, requests, last_at) VALUES ",
            $values,
            " ON CONFLICT (session_id, minute_at, kind, path) DO UPDATE SET \
             requests = activity.requests + excluded.requests, \
             last_at = CASE WHEN excluded.last_at > activity.last_at THEN excluded.last_at ELSE activity.last_at END"
        )
    };
}

/// How many lines one statement takes where there are many.
const ADDED_AT_ONCE: usize = 16;

/// Adds to the lines of their minutes and pages. No two may be of the same line.
pub(crate) async fn add_activity(
    tx: &mut Connection,
    lines: &[ActivityLine<'_>],
) -> Result<(), kernel::Error> {
    let (many, few) = lines.as_chunks::<ADDED_AT_ONCE>();
    for lines in many {
        let values: Vec<store::Value> = lines.iter().flat_map(ActivityLine::values).collect();
        tx.execute(
            add!(
                "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), \
                 ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20), \
                 ($21, $22, $23, $24, $25, $26, $27, $28, $29, $30), \
                 ($31, $32, $33, $34, $35, $36, $37, $38, $39, $40), \
                 ($41, $42, $43, $44, $45, $46, $47, $48, $49, $50), \
                 ($51, $52, $53, $54, $55, $56, $57, $58, $59, $60), \
                 ($61, $62, $63, $64, $65, $66, $67, $68, $69, $70), \
                 ($71, $72, $73, $74, $75, $76, $77, $78, $79, $80), \
                 ($81, $82, $83, $84, $85, $86, $87, $88, $89, $90), \
                 ($91, $92, $93, $94, $95, $96, $97, $98, $99, $100), \
                 ($101, $102, $103, $104, $105, $106, $107, $108, $109, $110), \
                 ($111, $112, $113, $114, $115, $116, $117, $118, $119, $120), \
                 ($121, $122, $123, $124, $125, $126, $127, $128, $129, $130), \
                 ($131, $132, $133, $134, $135, $136, $137, $138, $139, $140), \
                 ($141, $142, $143, $144, $145, $146, $147, $148, $149, $150), \
                 ($151, $152, $153, $154, $155, $156, $157, $158, $159, $160)"
            ),
            &values,
        )
        .await?;
    }
    for line in few {
        tx.execute(add!("($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"), &line.values()).await?;
    }
    Ok(())
}

impl ActivityLine<'_> {
    fn values(&self) -> [store::Value; 10] {
        args![
            self.session,
            self.grant,
            self.organization,
            self.user,
            self.application,
            self.minute,
            self.kind.as_str(),
            self.path,
            self.requests,
            self.last_at,
        ]
    }
}

/// Newest first. `before` is the last entry of the page before; `only_of` keeps to the grants of one maker,
/// and to those that lead in here: what somebody made as an administrator of a partner tells of its clients (B10).
pub(crate) async fn entries(
    tx: &mut Connection,
    organization: OrganizationId,
    only_of: Option<UserId>,
    filter: &Filter,
    before: Option<EventId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let rows = tx
        .all(
            "SELECT a.id, a.at, a.kind, a.outcome, a.actor_kind, a.actor_id, a.actor_name, a.on_behalf_of, a.grant_id, \
             a.session_id, a.subject, a.details, a.address, a.request_id, \
             COALESCE(b.name, '') AS on_behalf_of_name, COALESCE(t.reference_code, '') AS reference_code, \
             COALESCE(g.ended_how, '') AS grant_ended_how, COALESCE(ag.name, '') AS agent_name, \
             COALESCE(su.name, mu.name, i.email, '') AS subject_name \
             FROM audit a \
             LEFT JOIN grants g ON g.id = a.grant_id \
             LEFT JOIN support_tokens t ON t.grant_id = a.grant_id \
             LEFT JOIN users ag ON ag.id = t.agent_id \
             LEFT JOIN users b ON b.id = a.on_behalf_of \
             LEFT JOIN users su ON su.id = a.subject \
             LEFT JOIN memberships m ON m.id = a.subject \
             LEFT JOIN users mu ON mu.id = m.user_id \
             LEFT JOIN invitations i ON i.id = a.subject \
             WHERE a.organization_id = $1 AND a.id < $2 AND a.at >= $3 AND a.at < $4 \
             AND ($5 = '' OR (g.created_by = $5 AND g.kind <> 'partner')) \
             AND (substr(a.kind, 1, length($6)) = $6 OR substr(a.kind, 1, length($7)) = $7 \
               OR substr(a.kind, 1, length($8)) = $8 OR substr(a.kind, 1, length($9)) = $9) \
             AND ($10 = '' OR a.outcome = $10) \
             AND ($11 = '' OR a.actor_id = $11 OR a.on_behalf_of = $11 OR a.subject = $11 OR mu.id = $11 \
               OR t.agent_id = $11) \
             AND ($12 = '' OR a.grant_id = $12) \
             AND ($13 = '' OR CASE \
               WHEN g.id IS NULL THEN '' \
               WHEN g.ended_how = 'expired' THEN 'expired' \
               WHEN g.ended_at IS NOT NULL THEN 'revoked' \
               WHEN CASE WHEN g.activated_at IS NULL THEN g.answer_by ELSE g.ends_at END <= $14 THEN 'expired' \
               WHEN g.activated_at IS NULL THEN 'pending' \
               WHEN g.disabled_at IS NOT NULL THEN 'disabled' \
               ELSE 'active' END = $13) \
             ORDER BY a.id DESC LIMIT $15",
            &args![
                organization,
                before.map_or_else(|| AFTER_ALL.to_owned(), |id| id.to_string()),
                filter.from,
                filter.to,
                text(only_of),
                filter.kinds[0],
                filter.kinds[1],
                filter.kinds[2],
                filter.kinds[3],
                if filter.only_refused { "refused" } else { "" },
                text(filter.person),
                text(filter.grant),
                filter.state.map_or("", grants::State::as_str),
                now,
                limit,
            ],
        )
        .await?;
    rows.iter().map(entry).collect()
}

/// What is not asked for is asked for as nothing.
fn text(id: Option<impl std::fmt::Display>) -> String {
    id.map_or_else(String::new, |id| id.to_string())
}

fn entry(row: &Row) -> Result<Entry, Error> {
    let on_behalf_of: String = row.get("on_behalf_of")?;
    let on_behalf_of =
        if on_behalf_of.is_empty() { None } else { Some((on_behalf_of, row.get("on_behalf_of_name")?)) };
    let details: String = row.get("details")?;
    Ok(Entry {
        id: row.get("id")?,
        at: row.get("at")?,
        kind: row.get("kind")?,
        is_refused: row.get::<String>("outcome")? == "refused",
        by: By { kind: row.get("actor_kind")?, id: row.get("actor_id")?, name: row.get("actor_name")? },
        on_behalf_of,
        grant: row.get("grant_id")?,
        reference_code: row.get("reference_code")?,
        grant_ended_how: row.get("grant_ended_how")?,
        agent_name: row.get("agent_name")?,
        session: row.get("session_id")?,
        subject: row.get("subject")?,
        subject_name: row.get("subject_name")?,
        address: row.get("address")?,
        request_id: row.get("request_id")?,
        // Written by this server as JSON; should a line be damaged, it is shown as it stands.
        details: serde_json::from_str(&details).unwrap_or(Value::String(details)),
    })
}

/// Everything that identifies a period, with the names that its ids have today.
macro_rules! periods {
    ($condition:literal) => {
        concat!(
            "SELECT g.*, COALESCE(t.reference_code, '') AS reference_code, COALESCE(t.customer_ticket, '') AS customer_ticket, \
             COALESCE(t.ticket, '') AS ticket, COALESCE(t.reason, '') AS reason, \
             COALESCE(t.agent_id, c.user_id) AS outsider_id, maker.name AS maker_name, \
             outsider.name AS outsider_name, s.agent_level, COALESCE(company.name, '') AS company FROM grants g \
             LEFT JOIN support_tokens t ON t.grant_id = g.id \
             LEFT JOIN temporary_credentials c ON c.grant_id = g.id \
             LEFT JOIN partner_tokens p ON p.grant_id = g.id \
             LEFT JOIN organizations company ON company.id = p.partner_id \
             JOIN users maker ON maker.id = g.created_by \
             LEFT JOIN users outsider ON outsider.id = COALESCE(t.agent_id, c.user_id) \
             LEFT JOIN staff s ON s.user_id = t.agent_id AND s.suspended_at IS NULL \
             WHERE ",
            $condition
        )
    };
}

/// The periods that reach into a window, the newest first.
pub(crate) async fn periods(
    tx: &mut Connection,
    window: Window,
    only_of: Option<UserId>,
    limit: i64,
) -> Result<Vec<Period>, kernel::Error> {
    let rows = tx
        .all(
            periods!(
                "g.organization_id = $1 AND ($2 = '' OR (g.created_by = $2 AND g.kind <> 'partner')) \
                 AND COALESCE(g.activated_at, g.created_at) < $4 \
                 AND (g.ended_at > $3 OR (g.ended_at IS NULL AND (g.activated_at IS NOT NULL AND g.ends_at IS NULL \
                 OR CASE WHEN g.activated_at IS NULL THEN g.answer_by ELSE g.ends_at END > $3))) ORDER BY g.id DESC LIMIT $5"
            ),
            &args![window.organization, text(only_of), window.from, window.to, limit],
        )
        .await?;
    rows.iter().map(period).collect()
}

pub(crate) async fn find_period(
    tx: &mut Connection,
    organization: OrganizationId,
    only_of: Option<UserId>,
    grant: GrantId,
) -> Result<Option<Period>, kernel::Error> {
    tx.optional(
        periods!("g.id = $1 AND g.organization_id = $2 AND ($3 = '' OR (g.created_by = $3 AND g.kind <> 'partner'))"),
        &args![grant, organization, text(only_of)],
    )
    .await?
    .as_ref()
    .map(period)
    .transpose()
}

fn period(row: &Row) -> Result<Period, kernel::Error> {
    let outsider = match row.get::<Option<UserId>>("outsider_id")? {
        None => None,
        Some(user) => Some(Outsider {
            user,
            name: row.get::<Option<String>>("outsider_name")?.unwrap_or_default(),
            level: row.get("agent_level")?,
        }),
    };
    Ok(Period {
        grant: grants::from_row(row)?,
        organization: row.get("organization_id")?,
        company: row.get("company")?,
        reference_code: row.get("reference_code")?,
        maker_name: row.get("maker_name")?,
        outsider,
        customer_ticket: row.get("customer_ticket")?,
        ticket: row.get("ticket")?,
        reason: row.get("reason")?,
    })
}

/// Members of the organization, also former ones, and whoever was ever in. For one member: who was in on their word.
pub(crate) async fn people(
    tx: &mut Connection,
    organization: OrganizationId,
    only_of: Option<UserId>,
) -> Result<Vec<(UserId, String)>, Error> {
    let rows = tx
        .all(
            "SELECT id, name FROM users WHERE id IN ( \
               SELECT t.agent_id FROM support_tokens t JOIN grants g ON g.id = t.grant_id \
               WHERE g.organization_id = $1 AND t.agent_id IS NOT NULL AND ($2 = '' OR g.created_by = $2)) \
             OR id = $2 OR ($2 = '' AND id IN (SELECT user_id FROM memberships WHERE organization_id = $1)) \
             ORDER BY name, id LIMIT 500",
            &args![organization, text(only_of)],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The newest minute first; in a minute by application, kind and page.
pub(crate) async fn visits(
    tx: &mut Connection,
    grant: GrantId,
    after: Option<&VisitMark>,
    limit: i64,
) -> Result<Vec<Visit>, Error> {
    let (minute, application, kind, path) = match after {
        Some(mark) => (mark.minute, mark.application.as_str(), mark.kind.as_str(), mark.path.as_str()),
        None => (Timestamp::from_micros(i64::MAX), "", "", ""),
    };
    let rows = tx
        .all(
            "SELECT v.minute_at, v.application_id, COALESCE(MAX(p.name), '') AS application_name, v.kind, v.path, \
             CAST(SUM(v.requests) AS BIGINT) AS requests, MAX(v.last_at) AS last_at \
             FROM activity v LEFT JOIN applications p ON p.id = v.application_id \
             WHERE v.grant_id = $1 AND v.minute_at <= $2 AND (v.minute_at < $2 OR v.application_id > $3 \
             OR (v.application_id = $3 AND (v.kind > $4 OR (v.kind = $4 AND v.path > $5)))) \
             GROUP BY v.minute_at, v.application_id, v.kind, v.path \
             ORDER BY v.minute_at DESC, v.application_id, v.kind, v.path LIMIT $6",
            &args![grant, minute, application, kind, path, limit],
        )
        .await?;
    rows.iter().map(visit).collect()
}

/// The sessions inside the account that rested on a grant, the newest first.
pub(crate) async fn stays(
    tx: &mut Connection,
    grant: GrantId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Stay>, Error> {
    let rows = tx
        .all(
            "SELECT s.id, s.user_id, u.name, COALESCE(c.name, '') AS company, f.agent_level, s.created_at, s.ended_at, s.expires_at, s.last_used_at, s.idle_limit, \
             COUNT(DISTINCT CASE WHEN v.kind = 'read' THEN v.path END) AS pages, \
             CAST(COALESCE(SUM(CASE WHEN v.kind = 'change' THEN v.requests ELSE 0 END), 0) AS BIGINT) AS changes, \
             CAST(COALESCE(SUM(CASE WHEN v.kind = 'refused' THEN v.requests ELSE 0 END), 0) AS BIGINT) AS refused \
             FROM sessions s JOIN users u ON u.id = s.user_id \
             LEFT JOIN staff f ON f.user_id = s.user_id AND f.suspended_at IS NULL \
             LEFT JOIN partner_tokens p ON p.grant_id = s.grant_id \
             LEFT JOIN organizations c ON c.id = p.partner_id \
             LEFT JOIN activity v ON v.session_id = s.id \
             WHERE s.grant_id = $1 AND s.kind = 'acting' \
             GROUP BY s.id, s.user_id, u.name, c.name, f.agent_level, s.created_at, s.ended_at, s.expires_at, s.last_used_at, \
             s.idle_limit ORDER BY s.id DESC LIMIT $2",
            &args![grant, limit],
        )
        .await?;
    rows.iter().map(|row| stay(row, now)).collect()
}

fn stay(row: &Row, now: Timestamp) -> Result<Stay, Error> {
    let last_used_at: Timestamp = row.get("last_used_at")?;
    let idle_limit: Duration = row.get("idle_limit")?;
    let expires_at: Timestamp = row.get("expires_at")?;
    // Nobody has to end a session for it to be over.
    let good_until = expires_at.min(last_used_at + idle_limit);
    Ok(Stay {
        session: row.get("id")?,
        user: row.get("user_id")?,
        name: row.get("name")?,
        level: row.get("agent_level")?,
        company: row.get("company")?,
        began_at: row.get("created_at")?,
        ended_at: row.get::<Option<Timestamp>>("ended_at")?.or((good_until <= now).then_some(good_until)),
        pages: row.get("pages")?,
        changes: row.get("changes")?,
        refused: row.get("refused")?,
    })
}

/// What was done last.
pub(crate) async fn last_visit(tx: &mut Connection, grant: GrantId) -> Result<Option<Visit>, Error> {
    tx.optional(
        "SELECT v.minute_at, v.application_id, COALESCE(p.name, '') AS application_name, v.kind, v.path, v.requests, \
         v.last_at FROM activity v LEFT JOIN applications p ON p.id = v.application_id \
         WHERE v.grant_id = $1 ORDER BY v.last_at DESC, v.path LIMIT 1",
        &args![grant],
    )
    .await?
    .as_ref()
    .map(visit)
    .transpose()
}

fn visit(row: &Row) -> Result<Visit, Error> {
    Ok(Visit {
        minute: row.get("minute_at")?,
        application: row.get("application_id")?,
        application_name: row.get("application_name")?,
        kind: row.get("kind")?,
        path: row.get("path")?,
        requests: row.get("requests")?,
        last_at: row.get("last_at")?,
    })
}

pub(crate) async fn totals(tx: &mut Connection, grant: GrantId) -> Result<Totals, Error> {
    let row = tx
        .one(
            "SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'read' THEN requests ELSE 0 END), 0) AS BIGINT) AS reads, \
             CAST(COALESCE(SUM(CASE WHEN kind = 'change' THEN requests ELSE 0 END), 0) AS BIGINT) AS changes, \
             CAST(COALESCE(SUM(CASE WHEN kind = 'refused' THEN requests ELSE 0 END), 0) AS BIGINT) AS refused \
             FROM activity WHERE grant_id = $1",
            &args![grant],
        )
        .await?;
    Ok(Totals { reads: row.get("reads")?, changes: row.get("changes")?, refused: row.get("refused")? })
}
