//! Everything that a call needs, on a fresh database and with a clock that a test moves.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::{Actor, Duration, Factor, Person, Sealing, SessionId, Staff, UserId};
use operation::{Call, Origin, PasswordCost, Settings, World, live::Live};

use crate::{Counting, Database, TestClock};

/// A world of one test.
pub struct TestWorld {
    pub world: Arc<World>,
    pub clock: TestClock,
    pub revoked: Arc<Revoked>,
    _database: Database,
}

/// Which keys were revoked, in order.
#[derive(Debug, Default)]
pub struct Revoked(Mutex<Vec<gate::Key>>);

impl Revoked {
    /// How often.
    pub fn count(&self, key: impl Into<gate::Key>) -> usize {
        let key = key.into();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter(|revoked| **revoked == key)
            .count()
    }

    pub fn contains(&self, key: impl Into<gate::Key>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&key.into())
    }
}

impl gate::Revocations for Revoked {
    fn revoke(&self, keys: &[gate::Key]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(keys);
    }
}

impl TestWorld {
    /// # Panics
    /// If the database cannot be opened.
    pub async fn on(database: Database) -> Self {
        Self::with(database, |_| ()).await
    }

    /// The same where the operator decided otherwise.
    ///
    /// # Panics
    /// If the database cannot be opened.
    pub async fn with(database: Database, decide: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            public_url: "https://access.example.com".to_owned(),
            vendor_name: "Ledger".to_owned(),
            organizations_called: String::new(),
            vendor_mail_domains: vec!["ledger.example".to_owned()],
            temporary_credentials_domain: "temporary.access.example.com".to_owned(),
            longest_validity: Duration::days(7),
            answer_window: Duration::hours(4),
            secure_cookies: true,
            is_demo: false,
            may_show_key_again: true,
            require_passkeys_of_agents: false,
            password_cost: PasswordCost::FLOOR,
            providers: operation::Providers::default(),
        };
        decide(&mut settings);
        let clock = TestClock::default();
        let revoked = Arc::new(Revoked::default());
        let world = Arc::new(World {
            store: database.open().await,
            revocations: Arc::clone(&revoked) as Arc<dyn gate::Revocations>,
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(Counting::new(1)),
            sealing: Sealing::new(&[[9; 32]]),
            live: Live::default(),
            mail_waits: tokio::sync::Notify::new(),
            clock_check: operation::ClockCheck::default(),
            settings,
        });
        Self { world, clock, revoked, _database: database }
    }

    /// One world on each kind of database that is there.
    pub async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::both().await {
            all.push(Self::on(database).await);
        }
        all
    }

    /// A call by nobody.
    pub fn call(&self) -> Call {
        self.call_by(Actor::Nobody)
    }

    pub fn call_by(&self, actor: Actor) -> Call {
        let origin = Origin {
            trace: operation::Trace::default(),
            request_id: "req_test".to_owned(),
            address: "192.0.2.7".to_owned(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned(),
            ..Origin::default()
        };
        Call::new(Arc::clone(&self.world), actor, origin)
    }
}

/// A signed-in person without any role at the vendor.
pub fn person(user: UserId, session: SessionId) -> Actor {
    Actor::Person(Person {
        user,
        name: "Joana da Silva".to_owned(),
        session,
        factor: Factor::None,
        proved_at: None,
        single_sign_on_of: None,
        staff: Staff::default(),
        language: String::new(),
        time_zone: String::new(),
    })
}
