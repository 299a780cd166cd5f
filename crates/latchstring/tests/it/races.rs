//! Two acts at the same moment, on both databases: whoever is second waits, and then finds what the first one did.
//!
//! Each race is run many times side by side, and once with the first act held open before its commit.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::join_all;
use kernel::{Actor, Error, GrantId, MembershipId, OrganizationId, Staff, UserId};
use operation::{Call, Origin, Work, audit::Entry};
use people::NewUser;
use serde_json::json;
use support_tokens::operations::{Length, NewToken, Which};
use testkit::Database;
use tokio::{join, time::timeout};

use crate::support::{
    rows,
    server::{Answer, PASSWORD, TestServer},
};

const PAIRS: usize = 50;
const NEW_PASSWORD: &str = "another latch and string";
/// Whoever has not come through after so long waits.
const WAITS: Duration = Duration::from_millis(400);

struct Field {
    server: TestServer,
    vera: Actor,
}

impl Field {
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::both().await {
            let server = TestServer::on(database).await;
            let mut work = Call::by_system(&server.product.world).begin().await.expect("a transaction");
            let vera = person(&mut work, "vera", Staff { agent_level: None, is_administrator: true }).await;
            done(work).await;
            all.push(Self { server, vera });
        }
        all
    }

    /// A call from a place of its own, so that nobody waits for somebody else's failures.
    fn call(&self, by: &Actor, n: usize) -> Call {
        let origin = Origin { address: format!("192.0.2.{n}"), ..Origin::default() };
        Call::new(Arc::clone(&self.server.product.world), by.clone(), origin)
    }

    async fn begin(&self) -> Work {
        Call::by_system(&self.server.product.world).begin().await.expect("a transaction")
    }

    /// So many organizations with an administrator and a member each.
    async fn organizations(&self, count: usize) -> Vec<Customer> {
        let mut work = self.begin().await;
        let mut all = Vec::new();
        for n in 0..count {
            let call = work.call().clone();
            let id = call.new_id();
            rows::insert_organization(&mut work, id, &format!("Customer {n}"), call.now).await;
            let mut places = Vec::new();
            for role in ["administrator", "member"] {
                let somebody = person(&mut work, &format!("{role}{n}"), Staff::default()).await;
                let place = call.new_id();
                let user = somebody.user().expect("a person");
                rows::insert_membership(&mut work, place, (id, user), role, call.now).await;
                places.push((somebody, place));
            }
            let (member, place) = places.pop().expect("the member");
            let (administrator, _) = places.pop().expect("the administrator");
            all.push(Customer { id, administrator, member, place });
        }
        done(work).await;
        all
    }

    async fn agents(&self, count: usize) -> Vec<Actor> {
        let mut work = self.begin().await;
        let mut all = Vec::new();
        for n in 0..count {
            let staff = Staff { agent_level: Some(2), is_administrator: false };
            all.push(person(&mut work, &format!("agent{n}"), staff).await);
        }
        done(work).await;
        all
    }

    /// People with a password.
    async fn people(&self, count: usize) -> Vec<Actor> {
        let hash = people::passwords::hash(&Call::by_system(&self.server.product.world), PASSWORD)
            .await
            .expect("a hash");
        let mut work = self.begin().await;
        let mut all = Vec::new();
        for n in 0..count {
            let somebody = person(&mut work, &format!("person{n}"), Staff::default()).await;
            let id = somebody.user().expect("a person");
            people::operations::set_password_hash(&mut work, id, &hash).await.expect("a person");
            all.push(somebody);
        }
        done(work).await;
        all
    }

    async fn sign_in(&self, n: usize) -> Answer {
        let body = json!({ "email": email(&format!("person{n}")), "password": PASSWORD });
        let request = self.server.anonymous().request("POST", "/api/v1/sign-in").json(&body);
        Answer::of(request.header("x-forwarded-for", format!("198.51.100.{n}"))).await
    }

    async fn is_signed_in(&self, answer: &Answer) -> bool {
        let browser = self.server.anonymous().with_cookie(answer.cookie("__Host-latchstring"));
        browser.get("/api/v1/sessions/current").await.status == 200
    }

    async fn create(&self, customer: &Customer, n: usize) -> Result<GrantId, Error> {
        let new = NewToken {
            length: Length::For(kernel::Duration::hours(1)),
            mode: grants::Mode::default(),
            customer_ticket: String::new(),
        };
        let call = self.call(&customer.member, n);
        support_tokens::operations::create(&call, customer.id, new).await.map(|token| token.id())
    }

    async fn associate(&self, agent: &Actor, grant: GrantId, n: usize) -> Result<GrantId, Error> {
        let call = self.call(agent, n);
        let taken = support_tokens::operations::associate(&call, Which::Grant(grant), "48213", "");
        taken.await.map(|token| token.id())
    }

    async fn state(&self, grant: GrantId) -> grants::State {
        let world = &self.server.product.world;
        let mut tx = world.store.read().await.expect("a read");
        let grant = grants::operations::find(&mut tx, grant).await.expect("a read").expect("a grant");
        grant.state(world.clock.now())
    }
}

struct Customer {
    id: OrganizationId,
    administrator: Actor,
    member: Actor,
    place: MembershipId,
}

fn email(name: &str) -> String {
    format!("{name}@customer.example")
}

async fn person(work: &mut Work, name: &str, staff: Staff) -> Actor {
    let new = NewUser {
        email: email(name).parse().expect("an address"),
        name: name.to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user: UserId = people::operations::create(work, new).await.expect("a person").id;
    if staff != Staff::default() {
        let (level, administers) = (staff.agent_level, staff.is_administrator);
        people::operations::set_staff(work, user, level, administers).await.expect("a role");
    }
    let mut actor = testkit::person(user, work.call().new_id());
    if let Actor::Person(person) = &mut actor {
        person.staff = staff;
        // As much as anybody can show.
        (person.factor, person.proved_at) = (kernel::Factor::Totp, Some(work.call().now));
    }
    actor
}

async fn done(work: Work) {
    work.commit(Entry::new("test.set")).await.expect("a commit");
}

/// Both at once; who is begun first takes turns.
async fn race<A, B>(n: usize, one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    if n.is_multiple_of(2) {
        join!(one, other)
    } else {
        let (other, one) = join!(other, one);
        (one, other)
    }
}

/// Begins an act while `first` is not committed: it waits, and what it says comes after the commit.
async fn held<T>(first: Work, act: impl Future<Output = T>) -> T {
    let mut act = std::pin::pin!(act);
    assert!(timeout(WAITS, act.as_mut()).await.is_err(), "it did not wait for the first");
    done(first).await;
    timeout(Duration::from_secs(10), act).await.expect("it goes on")
}

/// C17, case 13: no session that an old password began outlives the change of it, whoever is quicker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_races_a_change_of_the_password() {
    for field in Field::all().await {
        let people = field.people(PAIRS + 1).await;
        let all: Vec<_> = people.iter().enumerate().take(PAIRS).collect();
        // A few at a time: hashing takes the whole machine.
        for some in all.chunks(5) {
            let races = some.iter().map(|(n, person)| async {
                let call = field.call(person, *n);
                let change = sign_in::operations::change_password(&call, PASSWORD, NEW_PASSWORD);
                let (answer, changed) = race(*n, field.sign_in(*n), change).await;
                assert!(matches!(answer.status, 200 | 401 | 503), "{}", answer.text);
                if changed.is_ok() && answer.status == 200 {
                    assert!(!field.is_signed_in(&answer).await, "the old password's session lives on");
                }
                changed.is_ok()
            });
            let changed = join_all(races).await;
            assert!(changed.contains(&true), "nobody could change a password");
        }
        let last = people[PAIRS].user().expect("a person");
        let mut change = field.begin().await;
        people::operations::lock(&mut change, last).await.expect("a person");
        let hash = people::passwords::hash(&Call::by_system(&field.server.product.world), NEW_PASSWORD)
            .await
            .expect("a hash");
        people::operations::set_password_hash(&mut change, last, &hash).await.expect("a person");
        held(change, field.sign_in(PAIRS)).await.expect(401);
    }
}

/// A37: whoever is suspended holds no token, whether the suspension or the association was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_association_races_a_suspension() {
    for field in Field::all().await {
        let agents = field.agents(PAIRS + 1).await;
        let customers = field.organizations(PAIRS + 1).await;
        let made = customers.iter().enumerate().map(|(n, customer)| field.create(customer, n));
        let made: Vec<GrantId> =
            join_all(made).await.into_iter().map(|made| made.expect("a token")).collect();
        let races = agents.iter().zip(&made).enumerate().take(PAIRS).map(|(n, (agent, grant))| {
            let field = &field;
            async move {
                let call = field.call(&field.vera, n);
                let suspend = agents::operations::suspend(&call, agent.user().expect("a person"));
                let (taken, suspended) = Box::pin(race(n, field.associate(agent, *grant, n), suspend)).await;
                suspended.expect("an agent");
                let state = field.state(*grant).await;
                match taken {
                    Ok(_) => assert_eq!(state, grants::State::Revoked),
                    Err(Error::Forbidden(..)) => assert_eq!(state, grants::State::Pending),
                    Err(other) => panic!("{other}"),
                }
            }
        });
        join_all(races).await;

        let (last, grant) = (&agents[PAIRS], made[PAIRS]);
        let mut suspension = field.begin().await;
        people::operations::suspend_staff(&mut suspension, last.user().expect("a person"))
            .await
            .expect("an agent");
        let taken = Box::pin(held(suspension, field.associate(last, grant, PAIRS))).await;
        assert!(matches!(taken, Err(Error::Forbidden(..))), "{taken:?}");
        assert_eq!(field.state(grant).await, grants::State::Pending);
    }
}

/// A1, A32: whoever is unlinked opens before that or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlinking_races_a_new_token() {
    for field in Field::all().await {
        let customers = field.organizations(PAIRS + 1).await;
        let races = customers.iter().enumerate().take(PAIRS).map(|(n, customer)| {
            let field = &field;
            async move {
                let call = field.call(&customer.administrator, n);
                let unlink = organizations::operations::unlink(&call, customer.id, customer.place);
                let (made, unlinked) = Box::pin(race(n, field.create(customer, n), unlink)).await;
                unlinked.expect("a member");
                match made {
                    Ok(grant) => assert_eq!(field.state(grant).await, grants::State::Pending),
                    Err(Error::NotFound) => {}
                    Err(other) => panic!("{other}"),
                }
                let later = field.create(customer, n).await;
                assert!(matches!(later, Err(Error::NotFound)), "{later:?}");
            }
        });
        join_all(races).await;

        let last = &customers[PAIRS];
        let mut unlinking = field.begin().await;
        organizations::operations::lock(&mut unlinking, last.id).await.expect("an organization");
        let now = unlinking.call().now;
        rows::end_membership(&mut unlinking, last.place, now).await;
        let made = Box::pin(held(unlinking, field.create(last, PAIRS))).await;
        assert!(matches!(made, Err(Error::NotFound)), "{made:?}");
    }
}

/// The way of a partner into a client: the id of the token, active.
async fn partnership(field: &Field, (partner, client): (&Customer, &Customer)) -> GrantId {
    let call = field.call(&field.vera, 200);
    for (customer, is_partner) in [(partner, true), (client, false)] {
        partners::operations::register(&call, customer.id, is_partner, !is_partner)
            .await
            .expect("registered");
    }
    let call = field.call(&partner.administrator, 200);
    let token = partners::operations::add(&call, partner.id, "").await.expect("a token").id();
    let value = partners::operations::shown_token(&call, token).await.expect("shown");
    let terms = partners::model::Terms {
        permissions: vec!["ticket_user".to_owned()],
        mode: grants::Mode::ReadOnly,
        ends_at: None,
        review_at: None,
    };
    let call = field.call(&client.administrator, 200);
    partners::operations::authorize(&call, client.id, &value, terms).await.expect("authorized");
    token
}

/// Whether somebody may do anything at a client.
async fn may_enter(field: &Field, grant: GrantId, somebody: &Actor) -> bool {
    let world = &field.server.product.world;
    let mut tx = world.store.read().await.expect("a read");
    let found = grants::operations::find(&mut tx, grant).await.expect("a read").expect("a grant");
    let user = somebody.user().expect("a person");
    let standing = partners::operations::standing(&mut tx, &found, user, world.clock.now()).await;
    standing.expect("a read").is_some()
}

/// B9, B16: of somebody who is taken out everywhere nothing is left open by whoever was letting them in at that moment; and
/// whoever is unlinked is let in before that or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_everywhere_races_authorizing() {
    for field in Field::all().await {
        let customers = field.organizations(3).await;
        let [partner, one, other] = &customers[..] else { panic!("three") };
        let grants = [partnership(&field, (partner, one)).await, partnership(&field, (partner, other)).await];
        let keys = ["ticket_user".to_owned()];
        let let_in = async |grant, n| {
            let call = field.call(&partner.administrator, n);
            partners::operations::authorize_users(&call, grant, &[partner.place], &keys).await
        };
        let take_out = async |n| {
            let call = field.call(&partner.administrator, n);
            partners::operations::revoke_everywhere(&call, partner.id, partner.place).await
        };
        for n in 0..PAIRS {
            let both = async { join!(let_in(grants[0], n), let_in(grants[1], n)) };
            let ((first, second), taken) = Box::pin(race(n, both, take_out(n))).await;
            first.expect("let in");
            second.expect("let in");
            let mut left = 0;
            for grant in grants {
                left += usize::from(may_enter(&field, grant, &partner.member).await);
            }
            // Whoever was let in after it is in by a word that was given after it.
            assert_eq!(taken.expect("taken out") + left, 2, "{n}");
            assert_eq!(take_out(n).await.expect("taken out"), left, "{n}");
        }

        // Held before its commit, so that the order is certain: somebody is being let in.
        let mut letting = field.begin().await;
        organizations::operations::lock(&mut letting, partner.id).await.expect("an organization");
        insert_partner_user(&mut letting, (grants[0], partner.place), partner.administrator.user()).await;
        let taken = Box::pin(held(letting, take_out(PAIRS))).await;
        assert_eq!(taken.expect("taken out"), 1);
        assert!(!may_enter(&field, grants[0], &partner.member).await);

        // And the other way round: they are being unlinked.
        let mut unlinking = field.begin().await;
        organizations::operations::lock(&mut unlinking, partner.id).await.expect("an organization");
        let now = unlinking.call().now;
        rows::end_membership(&mut unlinking, partner.place, now).await;
        let late = Box::pin(held(unlinking, let_in(grants[1], PAIRS))).await;
        assert!(matches!(late, Err(Error::NotFound)), "{late:?}");
        assert!(!may_enter(&field, grants[1], &partner.member).await);
    }
}

/// As `authorize_users` leaves it, before its commit.
async fn insert_partner_user(work: &mut Work, (grant, place): (GrantId, MembershipId), by: Option<UserId>) {
    let now = work.call().now;
    let by = by.expect("a person");
    work.execute(
        "INSERT INTO partner_users (grant_id, membership_id, authorized_at, authorized_by) VALUES ($1, $2, $3, $4)",
        &store::args![grant, place, now, by],
    )
    .await
    .expect("a place");
    work.execute(
        "INSERT INTO partner_user_permissions (grant_id, membership_id, permission) VALUES ($1, $2, 'ticket_user')",
        &store::args![grant, place],
    )
    .await
    .expect("a permission");
}
