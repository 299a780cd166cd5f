//! Two organizations with their people, two agents and an administrator of the vendor, on a database and a movable clock.

use grants::Mode;
use kernel::{Actor, ApiKeyId, ApplicationId, Duration, Machine, OrganizationId, Person, Scope, SessionId, Staff, Timestamp, UserId};
use operation::Call;
use store::{Value, args};
use testkit::TestWorld;

use crate::operations::{Length, NewToken};

pub struct Stage {
    pub world: TestWorld,
    pub aurora: OrganizationId,
    pub borealis: OrganizationId,
    /// An administrator of Aurora, and two common members.
    pub joana: Actor,
    pub marcos: Actor,
    pub sofia: Actor,
    /// The vendor's person, invited by Aurora for a time, as an administrator even.
    pub helper: Actor,
    pub ana: Actor,
    pub bruno: Actor,
    pub vera: Actor,
}

impl Stage {
    pub async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for world in TestWorld::all().await {
            all.push(Self::on(world).await);
        }
        all
    }

    async fn on(world: TestWorld) -> Self {
        let call = world.call();
        let stage = Self {
            aurora: call.new_id(),
            borealis: call.new_id(),
            joana: someone(&call, "Joana", Staff::default()),
            marcos: someone(&call, "Marcos", Staff::default()),
            sofia: someone(&call, "Sofia", Staff::default()),
            helper: someone(&call, "Hilde Helper", Staff::default()),
            ana: someone(&call, "Ana Souza", Staff { agent_level: Some(2), is_administrator: false }),
            bruno: someone(&call, "B. Ramos", Staff { agent_level: Some(1), is_administrator: false }),
            vera: someone(&call, "Vera", Staff { agent_level: None, is_administrator: true }),
            world,
        };
        stage.build().await;
        stage
    }

    async fn build(&self) {
        let now = self.world.call().now;
        for (id, name) in [(self.aurora, "Aurora Holding"), (self.borealis, "Borealis Foods")] {
            self.execute("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", &args![id, name, now]).await;
        }
        for actor in [&self.joana, &self.marcos, &self.sofia, &self.helper, &self.ana, &self.bruno, &self.vera] {
            let person = actor.person().expect("a person");
            let email = format!("{}@example.com", person.name.split(' ').next().unwrap_or_default().to_lowercase());
            self.execute(
                "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)",
                &args![person.user, email, person.name, now],
            )
            .await;
            self.execute(
                "INSERT INTO sessions (id, kind, user_id, secret_hash, created_at, expires_at, idle_limit, last_used_at) \
                 VALUES ($1, 'own', $2, $3, $4, $5, $6, $4)",
                &args![person.session, person.user, person.session.to_string(), now, now + Duration::days(1), Duration::hours(1)],
            )
            .await;
            if person.staff != Staff::default() {
                self.execute(
                    "INSERT INTO staff (user_id, agent_level, administrator_since, created_at) VALUES ($1, $2, $3, $4)",
                    &args![
                        person.user,
                        person.staff.agent_level.map(i64::from),
                        person.staff.is_administrator.then_some(now),
                        now
                    ],
                )
                .await;
            }
        }
        let places = [
            (self.aurora, &self.joana, "administrator", "customer"),
            (self.borealis, &self.joana, "member", "customer"),
            (self.aurora, &self.marcos, "member", "customer"),
            (self.aurora, &self.sofia, "member", "customer"),
            (self.aurora, &self.helper, "administrator", "vendor_staff"),
        ];
        for (organization, actor, role, kind) in places {
            let id: kernel::MembershipId = self.world.call().new_id();
            self.execute(
                "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
                &args![id, organization, user(actor), role, kind, now],
            )
            .await;
        }
    }

    pub fn call(&self, actor: &Actor) -> Call {
        self.world.call_by(actor.clone())
    }

    /// The vendor's product, acting on somebody's word.
    pub fn product(&self, on_behalf_of: Option<&Actor>) -> Actor {
        let call = self.world.call();
        let key: ApiKeyId = call.new_id();
        Actor::Machine(Machine {
            key,
            name: "Ledger".to_owned(),
            scopes: vec![Scope::SupportTokensRead, Scope::SupportTokensWrite],
            on_behalf_of: on_behalf_of.map(|actor| (user(actor), String::new())),
        })
    }

    pub async fn execute(&self, sql: &'static str, args: &[Value]) {
        let mut tx = self.world.world.store.write().await.expect("a transaction");
        tx.execute(sql, args).await.expect("a statement");
        tx.commit().await.expect("a commit");
    }

    pub async fn count(&self, sql: &'static str, args: &[Value]) -> i64 {
        let mut tx = self.world.world.store.read().await.expect("a transaction");
        tx.one(sql, args).await.expect("a row").get("n").expect("a number")
    }

    pub async fn add_product(&self, name: &str, origin: &str) -> ApplicationId {
        let call = self.world.call();
        let id: ApplicationId = call.new_id();
        self.execute(
            "INSERT INTO applications (id, name, origin, created_at) VALUES ($1, $2, $3, $4)",
            &args![id, name, origin, call.now],
        )
        .await;
        id
    }
}

pub fn user(actor: &Actor) -> UserId {
    actor.user().expect("somebody")
}

fn someone(call: &Call, name: &str, staff: Staff) -> Actor {
    let (user, session): (UserId, SessionId) = (call.new_id(), call.new_id());
    Actor::Person(Person {
        user,
        name: name.to_owned(),
        session,
        staff,
        language: String::new(),
        time_zone: "UTC".to_owned(),
    })
}

/// Four hours, read only.
pub fn usual() -> NewToken {
    NewToken { length: Length::For(Duration::hours(4)), mode: Mode::default(), customer_ticket: String::new() }
}

pub fn until(moment: Timestamp) -> NewToken {
    NewToken { length: Length::Until(moment), ..usual() }
}
