//! The two tables, on both databases.

use kernel::{
    ApplicationId, Duration, EventId, GrantId, OrganizationId, SessionId, Timestamp, UserId,
    entropy::Counting,
};
use store::{Connection, Store, args};
use testkit::Database;

use super::NOW;
use crate::{
    ActivityKind,
    model::{Filter, Group, VisitMark, Window},
    rows::{self, ActivityLine},
};

/// One organization, two of its members, an agent, and a grant that each of the two made.
pub struct Scene {
    pub organization: OrganizationId,
    pub joana: UserId,
    pub bruno: UserId,
    pub ana: UserId,
    pub by_joana: GrantId,
    pub by_bruno: GrantId,
    pub session: SessionId,
    pub application: ApplicationId,
}

pub async fn scene(tx: &mut Connection) -> Scene {
    let chance = Counting::new(3);
    let user = || UserId::new(NOW, &chance);
    let scene = Scene {
        organization: OrganizationId::new(NOW, &chance),
        joana: user(),
        bruno: user(),
        ana: user(),
        by_joana: GrantId::new(NOW, &chance),
        by_bruno: GrantId::new(NOW + Duration::seconds(1), &chance),
        session: SessionId::new(NOW, &chance),
        application: ApplicationId::new(NOW, &chance),
    };
    let insert = "INSERT INTO organizations (id, name, created_at) VALUES ($1, 'Aurora', $2)";
    tx.execute(insert, &args![scene.organization, NOW]).await.expect("an organization");
    for (id, name) in [(scene.joana, "Joana"), (scene.bruno, "Bruno"), (scene.ana, "Ana Souza")] {
        tx.execute(
            "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)",
            &args![id, format!("{id}@example.com"), name, NOW],
        )
        .await
        .expect("a user");
    }
    tx.execute(
        "INSERT INTO staff (user_id, agent_level, created_at) VALUES ($1, 2, $2)",
        &args![scene.ana, NOW],
    )
    .await
    .expect("an agent");
    for (grant, maker, code) in [(scene.by_joana, scene.joana, "AAAA"), (scene.by_bruno, scene.bruno, "BBBB")]
    {
        tx.execute(
            "INSERT INTO grants (id, kind, organization_id, mode, created_at, created_by, answer_by, validity, \
             activated_at, ends_at, ended_at, ended_how, ended_by, ended_by_name) \
             VALUES ($1, 'support_token', $2, 'write', $3, $4, $5, $6, $3, $5, $5, 'customer', $4, 'Joana')",
            &args![grant, scene.organization, NOW, maker, NOW + Duration::hours(1), Duration::hours(1)],
        )
        .await
        .expect("a grant");
        tx.execute(
            "INSERT INTO support_tokens (grant_id, reference_code, agent_id) VALUES ($1, $2, $3)",
            &args![grant, code, scene.ana],
        )
        .await
        .expect("a token");
    }
    tx.execute(
        "INSERT INTO applications (id, name, origin, created_at) VALUES ($1, 'Ledger', 'https://ledger.test', $2)",
        &args![scene.application, NOW],
    )
    .await
    .expect("an application");
    tx.execute(
        "INSERT INTO sessions (id, kind, user_id, secret_hash, grant_id, created_at, expires_at, idle_limit, last_used_at) \
         VALUES ($1, 'acting', $2, 'hash', $3, $4, $4, 1, $4)",
        &args![scene.session, scene.ana, scene.by_joana, NOW],
    )
    .await
    .expect("a session");
    scene
}

async fn write(
    tx: &mut Connection,
    scene: &Scene,
    at: Timestamp,
    kind: &str,
    by: UserId,
    grant: Option<GrantId>,
) -> EventId {
    let id = EventId::new(at, &Counting::new(u64::from_le_bytes(at.as_micros().to_le_bytes())));
    tx.execute(
        "INSERT INTO audit (id, at, kind, outcome, actor_kind, actor_id, actor_name, organization_id, grant_id, subject) \
         VALUES ($1, $2, $3, 'done', 'person', $4, 'Somebody', $5, $6, $7)",
        &args![id, at, kind, by, scene.organization, grant, scene.ana],
    )
    .await
    .expect("an entry");
    id
}

async fn databases() -> Vec<(Database, Store)> {
    let mut all = Vec::new();
    for database in Database::both().await {
        let store = database.open().await;
        all.push((database, store));
    }
    all
}

/// A8, A23: administrators see everything, a member the grants that they made; filters and pages keep the order.
#[tokio::test]
async fn entries_are_found() {
    for (_database, store) in databases().await {
        let mut tx = store.write().await.expect("a transaction");
        let scene = scene(&mut tx).await;
        let at = |seconds| NOW + Duration::seconds(seconds);
        let first =
            write(&mut tx, &scene, at(1), "support_token.created", scene.joana, Some(scene.by_joana)).await;
        let second =
            write(&mut tx, &scene, at(2), "support_token.created", scene.bruno, Some(scene.by_bruno)).await;
        let third = write(&mut tx, &scene, at(3), "organization.changed", scene.joana, None).await;

        let whole = Filter::default();
        let cases = [
            (None, whole.clone(), None, vec![third, second, first]),
            (None, whole.clone(), Some(third), vec![second, first]),
            (Some(scene.joana), whole.clone(), None, vec![first]),
            (None, Filter::of_group(Group::Tokens), None, vec![second, first]),
            (None, Filter::of_group(Group::Refused), None, vec![]),
            (None, Filter::of_kind("organization"), None, vec![third]),
            (None, Filter { person: Some(scene.bruno), ..whole.clone() }, None, vec![second]),
            (
                None,
                Filter { state: Some(grants::State::Revoked), ..whole.clone() },
                None,
                vec![second, first],
            ),
            (None, Filter { state: Some(grants::State::Active), ..whole.clone() }, None, vec![]),
            (None, Filter { grant: Some(scene.by_bruno), ..whole.clone() }, None, vec![second]),
            (None, Filter { from: at(2), to: at(3), ..whole }, None, vec![second]),
        ];
        for (only_of, filter, before, expected) in cases {
            let found = rows::entries(&mut tx, scene.organization, only_of, &filter, before, at(9), 10)
                .await
                .expect("SQL");
            assert_eq!(found.iter().map(|entry| entry.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        let found = rows::entries(&mut tx, scene.organization, None, &Filter::default(), None, at(9), 1)
            .await
            .expect("SQL");
        assert_eq!((found.len(), found[0].subject_name.as_str()), (1, "Ana Souza"));
    }
}

/// A23: the periods of an organization, of one window, of one maker.
#[tokio::test]
async fn periods_are_found() {
    for (_database, store) in databases().await {
        let mut tx = store.write().await.expect("a transaction");
        let scene = scene(&mut tx).await;
        let window = Window { organization: scene.organization, from: NOW, to: NOW + Duration::days(1) };
        let found = rows::periods(&mut tx, window, None, 10).await.expect("SQL");
        assert_eq!(
            found.iter().map(|period| period.grant.id).collect::<Vec<_>>(),
            [scene.by_bruno, scene.by_joana]
        );
        assert_eq!(found[0].outsider.as_ref().and_then(|outsider| outsider.level), Some(2));
        assert_eq!(found[0].ended_by(), "Joana");
        let later = Window { from: NOW + Duration::hours(1), ..window };
        assert!(rows::periods(&mut tx, later, None, 10).await.expect("SQL").is_empty());
        assert_eq!(rows::periods(&mut tx, window, Some(scene.joana), 10).await.expect("SQL").len(), 1);
        let find = rows::find_period(&mut tx, scene.organization, Some(scene.joana), scene.by_bruno);
        assert!(find.await.expect("SQL").is_none(), "somebody else's");
        let names =
            |people: Vec<(UserId, String)>| people.into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        let people = rows::people(&mut tx, scene.organization, Some(scene.joana)).await.expect("SQL");
        assert_eq!(names(people), ["Ana Souza", "Joana"]);
    }
}

/// A8: the same minute and page is one line that counts; pages of lines lose none.
#[tokio::test]
async fn visits_are_counted() {
    for (_database, store) in databases().await {
        let mut tx = store.write().await.expect("a transaction");
        let scene = scene(&mut tx).await;
        let line = |kind, path, requests, last_at| ActivityLine {
            session: scene.session,
            grant: scene.by_joana,
            organization: scene.organization,
            user: scene.ana,
            application: scene.application,
            minute: NOW,
            kind,
            path,
            requests,
            last_at,
        };
        let later = NOW + Duration::seconds(9);
        for line in [
            line(ActivityKind::Read, "/a", 2, later),
            line(ActivityKind::Read, "/a", 3, NOW),
            line(ActivityKind::Read, "/b", 1, NOW),
            line(ActivityKind::Change, "/a", 1, NOW),
            line(ActivityKind::Refused, "/c", 4, NOW),
        ] {
            rows::add_activity(&mut tx, &[line]).await.expect("SQL");
        }
        let totals = rows::totals(&mut tx, scene.by_joana).await.expect("SQL");
        assert_eq!((totals.reads, totals.changes, totals.refused), (6, 1, 4));
        let last = rows::last_visit(&mut tx, scene.by_joana).await.expect("SQL").expect("one");
        assert_eq!((last.path.as_str(), last.requests, last.last_at), ("/a", 5, later));

        let mut seen = Vec::new();
        let mut after: Option<VisitMark> = None;
        loop {
            let page = rows::visits(&mut tx, scene.by_joana, after.as_ref(), 1).await.expect("SQL");
            let Some(visit) = page.first() else { break };
            after = Some(VisitMark::of(visit));
            seen.push((visit.kind.clone(), visit.path.clone(), visit.application_name.clone()));
        }
        let expected = [("change", "/a"), ("read", "/a"), ("read", "/b"), ("refused", "/c")];
        assert_eq!(
            seen,
            expected.map(|(kind, path)| (kind.to_owned(), path.to_owned(), "Ledger".to_owned()))
        );

        let paths: Vec<String> = (0..20).map(|number| format!("/many/{number}")).collect();
        let many: Vec<ActivityLine> =
            paths.iter().map(|path| line(ActivityKind::Refused, path, 1, NOW)).collect();
        for _ in 0..2 {
            rows::add_activity(&mut tx, &many).await.expect("SQL");
        }
        let totals = rows::totals(&mut tx, scene.by_joana).await.expect("SQL");
        assert_eq!((totals.reads, totals.changes, totals.refused), (6, 1, 44), "many in one statement");
    }
}
