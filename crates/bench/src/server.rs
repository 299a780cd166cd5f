//! The product as it is served, but for its configuration file, its log and its mail.

use std::{future::Future, net::SocketAddr, path::Path, pin::Pin, sync::Arc};

use kernel::{MailId, Timestamp, entropy::SystemEntropy};
use latchstring::{
    app::{Given, Product},
    clock::SystemClock,
    listener::{self, Limits, Stop},
};
use operation::{
    Settings,
    outbox::{Deliver, Mail},
};
use store::Store;
use tokio::net::TcpListener;
use web::Proxies;

use crate::{Outcome, children};

/// The key under which the database of a run is sealed; it lives as long as the run.
const MASTER_KEY: [u8; 32] = [7; 32];

/// The connections of a run and the proxies' without an end.
const MAX_CONNECTIONS: usize = 4096;

pub fn run(listen: SocketAddr, database: &Path, worker_threads: usize) -> Outcome {
    children::end_with_parent();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(worker_threads).enable_all().build()?;
    runtime.block_on(serve(listen, database))
}

async fn serve(listen: SocketAddr, database: &Path) -> Outcome {
    let proxies = Proxies::parse(["127.0.0.1"])?;
    let product = Product::assemble(Given {
        store: Store::open(&format!("sqlite:{}", database.display())).await?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings: settings(),
        proxies: proxies.clone(),
        sealing: kernel::Sealing::new(&[MASTER_KEY]),
        deliver: Arc::new(Nowhere),
    })
    .await?;
    let _loops = product.start();
    // The process is killed, so nothing says stop.
    let (_stop, stopped) = Stop::new();
    let limits = Limits { max_connections: MAX_CONNECTIONS, trusted_proxies: proxies };
    let listener = TcpListener::bind(listen).await?;
    listener::serve(listener, limits, product.router(), Arc::clone(&product.forward_auth), stopped).await;
    Ok(())
}

fn settings() -> Settings {
    Settings {
        public_url: "https://access.example.com".to_owned(),
        vendor_name: "Ledger".to_owned(),
        organizations_called: String::new(),
        vendor_mail_domains: vec!["vendor.example".to_owned()],
        temporary_credentials_domain: "temporary.access.example.com".to_owned(),
        longest_validity: kernel::Duration::days(3),
        answer_window: kernel::Duration::hours(4),
        secure_cookies: true,
        is_demo: false,
        may_show_key_again: true,
        password_cost: operation::PasswordCost::FLOOR,
        providers: operation::Providers::default(),
        require_passkeys_of_agents: false,
    }
}

/// Takes every message and sends none: another server's speed is not ours to measure.
struct Nowhere;

impl Deliver for Nowhere {
    fn deliver<'a>(
        &'a self,
        _: MailId,
        _: Timestamp,
        _: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }
}
