//! A server of the product on a free port: real listener, real database, a clock that the test moves.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use kernel::{Clock as _, Secret};
use latchstring::{
    app::{Given, Product},
    listener::{self, Limits, Stop},
};
use operation::{Providers, Settings, outbox};
use reqwest::{Client, RequestBuilder, Response, header, redirect::Policy};
use serde_json::{Value, json};
use testkit::{Database, SystemEntropy, TestClock};
use tokio::{net::TcpListener, task::JoinSet};
use web::Proxies;

use super::{
    authenticator::Apps,
    mail::{Mailbox, link_in},
};

/// Long enough for a rule of 15 characters, in no list.
pub const PASSWORD: &str = "a latch and a string";

pub struct TestServer {
    pub address: SocketAddr,
    pub url: String,
    pub clock: TestClock,
    pub product: Arc<Product>,
    pub mailbox: Mailbox,
    /// The authenticator app of each person who has one, by their address.
    pub apps: Apps,
    http: Client,
    stop: Option<Stop>,
    _loops: JoinSet<()>,
    _database: Database,
}

impl TestServer {
    /// On SQLite, without loops: a test runs what a loop would do when it wants it.
    pub async fn start() -> Self {
        Self::on(Database::sqlite()).await
    }

    pub async fn on(database: Database) -> Self {
        Self::with(database, "127.0.0.1", |_| ()).await
    }

    /// Under a name for this machine, where browsers have passkeys.
    pub async fn named(database: Database) -> Self {
        Self::with(database, "localhost", |_| ()).await
    }

    /// With a domain of mail that is reached on this machine, where providers are too.
    pub async fn with_domain(database: Database, domain: &str, at: SocketAddr) -> Self {
        let addresses = vec![(domain.to_owned(), at)];
        let providers = Providers { networks: vec!["127.0.0.0/8".to_owned()], addresses };
        Self::with(database, "127.0.0.1", |settings| settings.providers = providers).await
    }

    /// As somebody set it up who wanted something else.
    pub async fn with(database: Database, host: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let clock = TestClock::default();
        let mailbox = Mailbox::default();
        let url = format!("http://{host}:{}", address.port());
        let mut settings = Settings {
            public_url: url.clone(),
            vendor_name: "Ledger".to_owned(),
            organizations_called: String::new(),
            vendor_mail_domains: vec!["vendor.example".to_owned()],
            temporary_credentials_domain: "temporary.access.example".to_owned(),
            longest_validity: kernel::Duration::days(3),
            answer_window: kernel::Duration::hours(4),
            // The rules of `Secure` cookies are checked apart; here the client speaks plain HTTP on loopback.
            secure_cookies: true,
            is_demo: false,
            may_show_key_again: true,
            password_cost: operation::PasswordCost::FLOOR,
            providers: Providers::default(),
            require_passkeys_of_agents: false,
        };
        change(&mut settings);
        let product = Product::assemble(Given {
            store: database.open().await,
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SystemEntropy),
            settings,
            proxies: Proxies::parse(["127.0.0.1"]).expect("an address"),
            sealing: kernel::Sealing::new(&[[7; 32]]),
            deliver: Arc::new(mailbox.clone()),
        })
        .await
        .expect("the product");
        let product = Arc::new(product);
        let (stop, stopped) = Stop::new();
        let limits = Limits { max_connections: 256, trusted_proxies: Proxies::default() };
        let router = product.router();
        let fast_path = Arc::clone(&product.forward_auth);
        operation::spawn(async move { listener::serve(listener, limits, router, fast_path, stopped).await });
        let loops = product.start();
        // The gate answers from memory once it was renewed.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self {
            address,
            url,
            clock,
            product,
            mailbox,
            apps: Apps::default(),
            http,
            stop: Some(stop),
            _loops: loops,
            _database: database,
        }
    }

    /// A request that carries nothing.
    pub fn anonymous(&self) -> Browser {
        Browser {
            base: self.url.clone(),
            http: self.http.clone(),
            cookie: None,
            bearer: None,
            on_behalf_of: None,
        }
    }

    /// Lets time pass, and gives the loops that wait for it a moment.
    pub async fn advance(&self, length: kernel::Duration) {
        self.clock.advance(length);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }

    pub fn now(&self) -> kernel::Timestamp {
        self.clock.now()
    }

    /// A code of somebody's authenticator app.
    pub fn code_of(&self, email: &str) -> String {
        self.apps.code(email, self.now())
    }

    /// Sends what is in the outbox.
    pub async fn deliver(&self) {
        while outbox::send_due(&self.product.world, &self.mailbox).await.expect("the outbox") > 0 {}
    }

    /// The link in the newest message to somebody.
    pub async fn mailed_link(&self, address: &str, part: &str) -> String {
        self.deliver().await;
        let mails = self.mailbox.to(address);
        let newest = mails.iter().rev().find_map(|mail| link_in(&mail.body, part));
        newest.unwrap_or_else(|| panic!("no mail to {address} with {part}"))
    }
}

impl TestServer {
    /// Ends it: nobody listens any more and open connections are cut.
    pub async fn end(&mut self) {
        self.cut();
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(self.address).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it still listens");
    }

    fn cut(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.next();
            stop.next();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Somebody who calls: with a cookie, with a key, or with nothing.
#[derive(Clone)]
pub struct Browser {
    pub base: String,
    pub http: Client,
    pub cookie: Option<String>,
    pub bearer: Option<String>,
    pub on_behalf_of: Option<String>,
}

impl Browser {
    pub fn with_cookie(&self, cookie: impl Into<String>) -> Self {
        Self { cookie: Some(cookie.into()), ..self.clone() }
    }

    pub fn with_key(&self, key: &Secret) -> Self {
        Self { bearer: Some(key.expose().to_owned()), ..self.clone() }
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.http.request(method.parse().expect("a method"), url);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(person) = &self.on_behalf_of {
            request = request.header("x-latchstring-on-behalf-of", person);
        }
        request
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        Answer::of(self.request(method, path).json(&body)).await
    }

    /// Posts a form as a page does.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(self.request("POST", path).form(fields)).await
    }
}

/// What came back, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("a body");
        Self { status, headers, text }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The stable code of a problem.
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `name=value` of a cookie that was set.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> String {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| pair.split('=').next() == Some(name))
            .unwrap_or_else(|| panic!("no cookie {name} in {:?}", self.headers))
            .to_owned()
    }
}

/// Nothing to send.
pub fn nothing() -> Value {
    json!({})
}
