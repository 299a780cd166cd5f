//! Two organizations with their people, two agents and an administrator of the vendor, on a database and a movable clock.

use grants::Mode;
use kernel::{
    Actor, ApiKeyId, ApplicationId, Duration, GrantId, Machine, OrganizationId, Person, Scope, SessionId,
    Staff, Timestamp, UserId,
};
use operation::Call;
use store::WriteTx;
use testkit::TestWorld;

use super::rows;
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
        let call = self.world.call();
        let mut tx = self.write().await;
        for (id, name) in [(self.aurora, "Aurora Holding"), (self.borealis, "Borealis Foods")] {
            rows::organization(&mut tx, id, name, call.now).await;
        }
        for actor in
            [&self.joana, &self.marcos, &self.sofia, &self.helper, &self.ana, &self.bruno, &self.vera]
        {
            rows::person(&mut tx, actor.person().expect("a person"), call.now).await;
        }
        let places = [
            (self.aurora, &self.joana, "administrator", "customer"),
            (self.borealis, &self.joana, "member", "customer"),
            (self.aurora, &self.marcos, "member", "customer"),
            (self.aurora, &self.sofia, "member", "customer"),
            (self.aurora, &self.helper, "administrator", "vendor_staff"),
        ];
        for (organization, actor, role, kind) in places {
            rows::membership(&mut tx, call.new_id(), organization, user(actor), role, kind, call.now).await;
        }
        tx.commit().await.expect("a commit");
    }

    pub async fn write(&self) -> WriteTx {
        self.world.world.store.write().await.expect("a transaction")
    }

    pub async fn entries(&self, id: GrantId, kind: &str, actor: &str) -> i64 {
        rows::entries(&mut *self.write().await, id, kind, actor).await
    }

    pub async fn mails(&self, subject: &str) -> i64 {
        rows::mails(&mut *self.write().await, subject).await
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

    pub async fn add_product(&self, name: &str, origin: &str) -> ApplicationId {
        let call = self.world.call();
        let id: ApplicationId = call.new_id();
        let mut tx = self.write().await;
        rows::product(&mut tx, id, name, origin, call.now).await;
        tx.commit().await.expect("a commit");
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
        factor: kernel::Factor::Totp,
        proved_at: None,
        single_sign_on_of: None,
        staff,
        language: String::new(),
        time_zone: "UTC".to_owned(),
    })
}

/// Four hours, read only.
pub fn usual() -> NewToken {
    NewToken {
        length: Length::For(Duration::hours(4)),
        mode: Mode::default(),
        customer_ticket: String::new(),
    }
}

pub fn until(moment: Timestamp) -> NewToken {
    NewToken { length: Length::Until(moment), ..usual() }
}
