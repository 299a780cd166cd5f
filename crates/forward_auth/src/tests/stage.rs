//! A server without its listener: one product, one organization, a member and an agent.

use std::{net::SocketAddr, sync::Arc};

use access_log::Recorder;
use applications::{Application, HeaderSet, operations::Wanted, signing::Keyring};
use gate::{Gate, Verdict};
use grants::{EndedHow, Grant, Kind as GrantKind, Mode, NewGrant};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, request::Parts};
use kernel::{Actor, Duration, OrganizationId, Person, Secret, SessionId, Staff, Timestamp, UserId};
use operation::{Call, Origin, Settings, World, audit::Entry, live::Live};
use people::NewUser;
use testkit::{Counting, Database, TestClock};
use web::Proxies;

use super::rows;
use crate::{
    forward::{Decision, ForwardAuth},
    model::Standing,
    question::Dialect,
};

pub const PROXY: &str = "127.0.0.1:40000";
pub const PUBLIC: &str = "https://access.example.com";
pub const PRODUCT: &str = "https://erp.example.com";

pub struct Stage {
    pub world: Arc<World>,
    pub clock: TestClock,
    pub forward: Arc<ForwardAuth>,
    pub gate: Arc<Gate<Standing>>,
    pub application: Application,
    pub organization: OrganizationId,
    pub member: UserId,
    pub agent: UserId,
    _database: Database,
}

impl Stage {
    /// One on each kind of database that is there.
    pub async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::both().await {
            all.push(Self::on(database, HeaderSet::Remote).await);
        }
        all
    }

    pub async fn on(database: Database, header_set: HeaderSet) -> Self {
        let clock = TestClock::default();
        let gate = Arc::new(Gate::new(1000));
        let world = Arc::new(World {
            store: database.open().await,
            revocations: Arc::<Gate<Standing>>::clone(&gate),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(Counting::new(3)),
            sealing: kernel::Sealing::new(&[[9; 32]]),
            live: Live::default(),
            mail_waits: tokio::sync::Notify::new(),
            clock_check: operation::ClockCheck::default(),
            settings: Settings {
                public_url: PUBLIC.to_owned(),
                vendor_name: "Ledger".to_owned(),
                organizations_called: String::new(),
                vendor_mail_domains: vec!["ledger.example".to_owned()],
                temporary_credentials_domain: "temporary.access.example.com".to_owned(),
                longest_validity: Duration::days(3),
                answer_window: Duration::hours(4),
                secure_cookies: true,
                is_demo: false,
                may_show_key_again: true,
                password_cost: operation::PasswordCost::FLOOR,
                providers: operation::Providers::default(),
                require_passkeys_of_agents: false,
            },
        });
        let call = Call::by_system(&world);
        let mut work = call.begin().await.expect("a transaction");
        let member = user(&mut work, "joana@aurora.example", "Joana da Conceição").await;
        let agent = user(&mut work, "ana@ledger.example", "Ana Souza").await;
        let vendor = user(&mut work, "vera@ledger.example", "Vera Lima").await;
        people::operations::set_staff(&mut work, agent, Some(2), false).await.expect("an agent");
        people::operations::set_staff(&mut work, vendor, None, true).await.expect("an administrator");
        let organization = call.new_id();
        rows::organization(&mut work, organization, call.now).await;
        rows::membership(&mut work, call.new_id(), organization, member, call.now, None).await;
        work.commit(Entry::new("organization.created")).await.expect("a commit");
        let staff = Staff { agent_level: None, is_administrator: true };
        let administrator =
            Call::new(Arc::clone(&world), actor(vendor, call.new_id(), staff), Origin::default());
        let wanted = Wanted { name: "Ledger".to_owned(), origin: PRODUCT.to_owned(), header_set };
        let application =
            applications::operations::create(&administrator, wanted).await.expect("an application");
        let keyring = Keyring::open(&call).await.expect("keys");
        let recorder = Recorder::new(Arc::clone(&world));
        // Only the recorder runs by itself: the test says when the gate's memory is renewed.
        operation::spawn(Arc::clone(&recorder).run());
        let proxies = Arc::new(Proxies::parse(["127.0.0.1"]).expect("an address"));
        let forward = ForwardAuth::new(Arc::clone(&world), Arc::clone(&gate), keyring, recorder, proxies)
            .await
            .expect("a door");
        Self { world, clock, forward, gate, application, organization, member, agent, _database: database }
    }

    pub fn call(&self) -> Call {
        Call::by_system(&self.world)
    }

    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Time passes, and the database goes on answering.
    pub fn pass(&self, length: Duration) {
        self.clock.advance(length);
        self.gate.renew(self.now() + Duration::seconds(3));
    }

    /// A member's session in the product; the own session, and the cookie.
    pub async fn signed_in(&self) -> (SessionId, Secret) {
        let mut work = self.call().begin().await.expect("a transaction");
        let own = work.call().new_id();
        sessions::operations::begin_own(&mut work, own, self.member, sessions::model::Proof::default())
            .await
            .expect("a session");
        let parent = sessions::operations::find(&mut work, own).await.expect("a read").expect("a session");
        let (_, secret) = sessions::operations::begin_application(
            &mut work,
            &parent,
            self.application.id,
            self.organization,
        )
        .await
        .expect("a session");
        work.commit(Entry::new("session.signed_in")).await.expect("a commit");
        (own, secret)
    }

    /// An agent's session in the account, on a grant of one hour.
    pub async fn entered(&self, mode: Mode) -> (Grant, Secret) {
        let mut work = self.call().begin().await.expect("a transaction");
        let new = NewGrant {
            kind: GrantKind::SupportToken,
            organization: Some(self.organization),
            mode,
            created_by: self.member,
            created_through: None,
            answer_window: Duration::hours(4),
            validity: Some(Duration::hours(1)),
            not_after: None,
        };
        let grant = grants::operations::create(&mut work, new).await.expect("a grant");
        let grant = grants::operations::activate(&mut work, &grant).await.expect("pending");
        rows::association(&mut work, &grant, self.agent).await;
        let own = work.call().new_id();
        sessions::operations::begin_own(&mut work, own, self.agent, sessions::model::Proof::default())
            .await
            .expect("a session");
        let parent = sessions::operations::find(&mut work, own).await.expect("a read").expect("a session");
        let (_, secret) = sessions::operations::begin_acting(
            &mut work,
            &parent,
            self.application.id,
            self.organization,
            grant.id,
            grant.ends_at.expect("active"),
        )
        .await
        .expect("a session");
        work.commit(Entry::new("support_token.entered")).await.expect("a commit");
        (grant, secret)
    }

    pub async fn revoke(&self, grant: &Grant) {
        let mut work = self.call().begin().await.expect("a transaction");
        let by = Some((self.member, "Joana".to_owned()));
        grants::operations::end(&mut work, grant, EndedHow::Customer, by).await.expect("live");
        work.commit(Entry::new("support_token.revoked")).await.expect("a commit");
    }

    pub async fn ask(&self, headers: &HeaderMap) -> Decision {
        let peer: SocketAddr = PROXY.parse().expect("an address");
        self.forward.decide(Dialect::ForwardAuth, headers, Some(peer.ip())).await
    }

    pub fn remembered(&self, headers: &HeaderMap) -> Option<Response<bytes::Bytes>> {
        let peer: SocketAddr = PROXY.parse().expect("an address");
        self.forward.answer_from_memory(&parts(headers), peer)
    }

    pub fn held(&self) -> Vec<Arc<Verdict<Standing>>> {
        self.gate.all()
    }
}

pub fn parts(headers: &HeaderMap) -> Parts {
    let mut request = Request::get("/authz/forward-auth").body(()).expect("a request");
    *request.headers_mut() = headers.clone();
    request.into_parts().0
}

async fn user(work: &mut operation::Work, email: &str, name: &str) -> UserId {
    let new = NewUser {
        email: email.parse().expect("an address"),
        name: name.to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    people::operations::create(work, new).await.expect("a person").id
}

pub fn actor(user: UserId, session: SessionId, staff: Staff) -> Actor {
    Actor::Person(Person {
        user,
        name: "Vera Lima".to_owned(),
        session,
        factor: kernel::Factor::Totp,
        proved_at: None,
        single_sign_on_of: None,
        staff,
        language: String::new(),
        time_zone: String::new(),
    })
}

/// What a proxy asks about a request for a page of the product.
pub fn question(method: &str, uri: &str, cookie: Option<(&str, &Secret)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    };
    put("x-forwarded-method", method);
    put("x-forwarded-proto", "https");
    put("x-forwarded-host", "erp.example.com");
    put("x-forwarded-uri", uri);
    put("sec-fetch-mode", "navigate");
    if let Some((name, secret)) = cookie {
        put("cookie", &format!("theme=dark; {name}={}", secret.expose()));
    }
    headers
}

pub const MEMBER: &str = "__Host-latchstring_app";
pub const ACTING: &str = "__Host-latchstring_acting";
