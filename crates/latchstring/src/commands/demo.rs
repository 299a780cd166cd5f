//! `latchstring demo`: the same product, with a temporary folder for a database and sample people in it.

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use demo::{
    Demo, Mailbox,
    product::{self, Trust},
    provider::{self, Provider},
    proxy::{self, Decisions},
};
use kernel::{Clock, entropy::SystemEntropy};
use operation::{Providers, Settings, outbox};
use store::Store;
use tokio::{net::TcpListener, sync::watch};
use web::Proxies;

use crate::{
    app::{Given, Product},
    cli::{Failure, VERSION},
    clock::SystemClock,
    key_file::KeyFile,
    listener::{self, Limits, Phase, Stop},
};

/// Runs until Ctrl-C. Everything is on loopback and in a folder that goes with the program.
pub async fn demo(port: u16, product_port: u16) -> Result<(), Failure> {
    let listener = bind(port, "--port").await?;
    let front = bind(product_port, "--product-port").await?;
    let behind = bind(0, "--product-port").await?;
    let beside = bind(0, "--port").await?;
    let [address, front_address, behind_address, provider_address] =
        [&listener, &front, &behind, &beside].map(TcpListener::local_addr);
    let unbound = |error: std::io::Error| Failure::failed(format!("Cannot listen: {error}"));
    let address = address.map_err(unbound)?;
    let (port, product_port) = (address.port(), front_address.map_err(unbound)?.port());
    let behind_address = behind_address.map_err(unbound)?;
    let provider_address = provider_address.map_err(unbound)?;

    let folder = tempfile::tempdir()
        .map_err(|error| Failure::failed(format!("Cannot make a temporary folder: {error}")))?;
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let store = Store::open(&url).await.map_err(|error| Failure::failed(error.to_string()))?;
    let mailbox = Mailbox::default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let public_url = format!("http://localhost:{port}");
    let product = Product::assemble(Given {
        store: store.clone(),
        clock: Arc::clone(&clock),
        entropy: Arc::new(SystemEntropy),
        settings: settings(public_url.clone(), provider_address),
        proxies: Proxies::parse(["127.0.0.1"]).map_err(Failure::failed)?,
        sealing: KeyFile::ephemeral(&SystemEntropy).sealing(),
        deliver: Arc::<Mailbox>::new(mailbox.clone()) as Arc<dyn outbox::Deliver>,
    })
    .await?;
    let (stop, stopped) = Stop::new();
    let provider = Provider::new(provider_address.port(), port, Arc::clone(&clock), Arc::new(SystemEntropy))
        .ok_or_else(|| Failure::failed("Cannot make a key for the provider.".to_owned()))?;
    operation::spawn(provider.clone().serve(beside, stopping(stopped.clone())));
    let sample = demo::seed(&product.world, &mailbox, &provider, product_port).await?;
    let loops = product.start();

    let decisions = Arc::new(Decisions::new(Arc::clone(&clock)));
    let trust = Trust {
        latchstring_url: format!("http://{address}"),
        issuer: public_url,
        audience: sample.application.id.to_string(),
        events_key: Some(sample.events_key.expose().to_owned()),
        clock,
    };
    operation::spawn(product::serve(behind, trust, stopping(stopped.clone())));
    operation::spawn(proxy::serve(
        front,
        address,
        behind_address,
        Arc::clone(&decisions),
        stopping(stopped.clone()),
    ));
    operation::spawn(stop.on_signals());

    let text = demo::greeting(&sample.people, &sample.single_sign_on, VERSION, port, product_port);
    // A closed terminal is no reason to stop.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let pages = Demo {
        people: sample.people,
        single_sign_on: sample.single_sign_on,
        credentials: sample.credentials,
        mailbox,
        decisions,
        port,
        product_port,
    };
    let router = product.router_with(demo::page_routes(Arc::new(pages)));
    let limits = Limits {
        max_connections: 512,
        trusted_proxies: Proxies::parse(["127.0.0.1"]).map_err(Failure::failed)?,
    };
    let serving =
        listener::serve(listener, limits, router, Arc::clone(&product.forward_auth), stopped.clone());
    tokio::select! {
        () = serving => {}
        // Open pages hold their streams; nobody waits ten seconds for a demo to end.
        () = async { stopping(stopped).await; tokio::time::sleep(Duration::from_millis(300)).await } => {}
    }
    drop(loops);
    store.close().await;
    Ok(())
}

async fn bind(port: u16, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        Failure::failed(format!("Cannot listen on 127.0.0.1:{port}: {error}")).with_hint(format!(
            "Give another port with {flag}, for example {flag} {}.",
            port.saturating_add(1000)
        ))
    })
}

async fn stopping(mut stopped: watch::Receiver<Phase>) {
    // Whoever could tell being gone counts as told.
    let _ = stopped.wait_for(|phase| *phase >= Phase::Finishing).await;
}

fn settings(public_url: String, provider: SocketAddr) -> Settings {
    Settings {
        public_url,
        vendor_name: "Ledger".to_owned(),
        organizations_called: "Accounting firms".to_owned(),
        vendor_mail_domains: vec!["ledger.example".to_owned()],
        temporary_credentials_domain: "temporary.access.ledger.example".to_owned(),
        longest_validity: kernel::Duration::days(3),
        answer_window: kernel::Duration::hours(4),
        secure_cookies: false,
        is_demo: true,
        may_show_key_again: true,
        password_cost: operation::PasswordCost::FLOOR,
        // The one provider that is not on the open internet, and by its name only.
        providers: Providers { networks: Vec::new(), addresses: vec![(provider::HOST.to_owned(), provider)] },
        require_passkeys_of_agents: false,
    }
}
