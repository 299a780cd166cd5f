//! What the command line calls once the configuration is sound.

mod demo;

use std::sync::Arc;

use kernel::entropy::SystemEntropy;
use operation::{Call, Settings, World, live::Live};
use store::Store;
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    app::{Given, Product},
    cli::{Failure, Proxy},
    clock::SystemClock,
    config::{Config, MailWay},
    key_file::KeyFile,
    listener::{self, Limits, Stop},
    mail::Mailer,
    routes,
};

pub use demo::demo;

/// Runs the server until it is told to stop.
pub async fn serve(config: Config) -> Result<(), Failure> {
    // Listening comes first: whoever asks while the rest starts waits for an answer instead of being turned away.
    let listener = TcpListener::bind(config.server.listen).await.map_err(|error| {
        Failure::failed(format!("Cannot listen on {}: {error}", config.server.listen))
            .with_hint("Stop what listens there, or set server.listen to another address.")
    })?;
    let key = KeyFile::read(&config.keys.file)?;
    let store = Store::open(config.database.url.expose())
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    let mailer = Mailer::new(&config.mail).map_err(Failure::failed)?;
    if let MailWay::Folder(folder) = &config.mail.way {
        tracing::warn!(folder = %folder.display(), "no mail server is set (mail.smtp): mail is written into a folder");
    }
    let product = Product::assemble(Given {
        store: store.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings: settings(&config),
        proxies: config.server.trusted_proxies.clone(),
        master_key: *key.as_bytes(),
        deliver: Arc::new(mailer),
    })
    .await?;
    let loops = product.start();
    let (stop, stopped) = Stop::new();
    operation::spawn(async move {
        if let Err(error) = stop.on_signals().await {
            tracing::error!(%error, "cannot hear signals");
        }
    });
    tracing::info!(listen = %config.server.listen, public_url = config.server.origin(), "ready");
    let limits = Limits {
        max_connections: config.server.max_connections,
        trusted_proxies: config.server.trusted_proxies,
    };
    listener::serve(listener, limits, product.router(), Arc::clone(&product.forward_auth), stopped).await;
    drop(loops);
    product.finish().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Makes the schema, ties the key file to the database, and issues the first set-up link.
pub async fn prepare_database(config: &Config, key: &KeyFile) -> Result<String, Failure> {
    let store = Store::open(config.database.url.expose())
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    let world = small_world(config, store);
    applications::signing::Keyring::open(&Call::by_system(&world), key.as_bytes()).await?;
    let link = issue_link(&world).await;
    world.store.close().await;
    link
}

/// A new set-up link; also beside a running server, because a link takes nothing away from anybody.
pub async fn setup_link(config: &Config) -> Result<String, Failure> {
    let store = Store::open_beside(config.database.url.expose())
        .await
        .map_err(|error| Failure::failed(error.to_string()).with_hint("Run `latchstring init` first."))?;
    issue_link(&small_world(config, store)).await
}

async fn issue_link(world: &Arc<World>) -> Result<String, Failure> {
    let secret = organizations::operations::setup::issue(&Call::by_operator(world)).await?;
    Ok(format!("{}/setup/{}", world.settings.public_url, secret.expose()))
}

/// The configuration of a proxy for a registered application, with the headers that were chosen for it.
pub async fn proxy_config(config: &Config, proxy: Proxy, app: &str) -> Result<String, Failure> {
    let origin = applications::model::parse_origin(app).ok_or_else(|| {
        Failure::usage(format!(
            "{app} is no address of an application. Give scheme and host: https://erp.example.com"
        ))
    })?;
    let store = Store::open_beside(config.database.url.expose())
        .await
        .map_err(|error| Failure::failed(error.to_string()).with_hint("Run `latchstring init` first."))?;
    let mut tx = store.read().await.map_err(kernel::Error::from)?;
    let application = applications::operations::find_by_origin(&mut tx, &origin).await?.ok_or_else(|| {
        Failure::not_found(format!("No application at {origin} is registered."))
            .with_hint(format!("Add it first, at {}/admin/applications/new.", config.server.origin()))
    })?;
    let (public, upstream) = (config.server.origin(), format!("http://{}", config.server.listen));
    let print = match proxy {
        Proxy::Nginx => applications::proxy_config::nginx,
        Proxy::Caddy => applications::proxy_config::caddy,
    };
    Ok(print(&application, &public, &upstream, "http://127.0.0.1:3000", true))
}

pub fn openapi() -> String {
    routes::openapi()
}

fn settings(config: &Config) -> Settings {
    Settings {
        public_url: config.server.origin(),
        vendor_name: config.vendor.name.clone(),
        vendor_mail_domains: config.vendor.mail_domains.clone(),
        longest_validity: config.vendor.longest_validity,
        answer_window: config.vendor.answer_window,
        secure_cookies: true,
        is_demo: false,
    }
}

/// A world for a command that answers nobody: there are no verdicts to fall and no mail to send.
fn small_world(config: &Config, store: Store) -> Arc<World> {
    Arc::new(World {
        store,
        revocations: Arc::new(gate::Gate::<()>::new(0)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        live: Live::default(),
        mail_waits: Notify::new(),
        settings: settings(config),
    })
}
