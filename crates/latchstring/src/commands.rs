//! What the command line calls once the configuration is sound.

mod demo;

use std::sync::Arc;

use kernel::{Clock as _, Sealing, entropy::SystemEntropy};
use operation::{Call, Settings, World, live::Live};
use store::Store;
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    app::{Given, Product},
    cli::{Failure, Proxy, ProxyConfig},
    clock::SystemClock,
    config::{Config, MailWay},
    key_file::KeyFile,
    keys::{self, Done, Rotation},
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
        sealing: key.sealing(),
        deliver: Arc::new(mailer),
    })
    .await?;
    product.world.clock_check.begin();
    product.world.compare_clocks().await?;
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
    let world = small_world(config, store, key.sealing());
    let call = Call::by_operator(&world);
    keys::associate(&call).await?;
    applications::signing::Keyring::open(&call).await?;
    let link = issue_link(&world).await;
    world.store.close().await;
    link
}

/// A new set-up link; also beside a running server, because a link takes nothing away from anybody.
pub async fn setup_link(config: &Config) -> Result<String, Failure> {
    let store = Store::open_beside(config.database.url.expose())
        .await
        .map_err(|error| Failure::failed(error.to_string()).with_hint("Run `latchstring init` first."))?;
    issue_link(&small_world(config, store, Sealing::new(&[]))).await
}

async fn issue_link(world: &Arc<World>) -> Result<String, Failure> {
    let secret = organizations::operations::setup::issue(&Call::by_operator(world)).await?;
    Ok(format!("{}/setup/{}", world.settings.public_url, secret.expose()))
}

/// The configuration of a proxy for a registered application, with the headers that were chosen for it.
pub async fn proxy_config(config: &Config, asked: &ProxyConfig) -> Result<String, Failure> {
    use applications::proxy_config::{Proxy as Recipe, is_legacy_path};
    let app = asked.app.as_str();
    if let Some(path) = asked.legacy.as_deref().filter(|path| !is_legacy_path(path)) {
        return Err(Failure::usage(format!(
            "{path} is no beginning of paths. Give it with a slash at both ends: /soap/"
        )));
    }
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
    let proxy = match asked.proxy {
        Proxy::Nginx => Recipe::Nginx,
        Proxy::Caddy => Recipe::Caddy,
    };
    let product = "http://127.0.0.1:3000";
    let whole = proxy.configuration(&application, &public, &upstream, product, true);
    Ok(match &asked.legacy {
        None => whole,
        Some(path) => {
            let location = proxy.legacy_location(&application, &upstream, product, true, path);
            proxy.with_legacy_location(&whole, &location)
        }
    })
}

/// Puts a new key in the place of the old one, and tells of each step when it is on disk. The server stands still
/// meanwhile, because it holds the old key in memory.
pub async fn rotate_keys(config: &Config, mut tell: impl FnMut(&str)) -> Result<(), Failure> {
    let store = Store::open(config.database.url.expose()).await.map_err(|error| match error.kind {
        store::ErrorKind::Held => Failure::refused(error.to_string())
            .with_hint("Keys are rotated while the server stands still; nothing was changed."),
        _ => Failure::failed(error.to_string()),
    })?;
    let world = small_world(config, store, Sealing::new(&[]));
    let mut rotation = Rotation::begin(Call::by_operator(&world), &config.keys.file).await?;
    if rotation.goes_on() {
        tell("A rotation was begun before and goes on:");
    }
    while let Some(done) = rotation.step().await? {
        tell(&match done {
            Done::AddedKey { name } => {
                format!("The new key {name} stands in {}.", config.keys.file.display())
            }
            Done::Associated => "The database knows the new key.".to_owned(),
            Done::SealedAnew { table, values } => format!("Sealed anew in {table}: {values}."),
            Done::Settled => "Nothing in the database needs the old key any more.".to_owned(),
            Done::DroppedOldKeys { names } => format!(
                "The old key {} has left the file. Back the file up now; backups of the database made before need the old file.",
                names.join(", ")
            ),
        });
    }
    world.store.close().await;
    Ok(())
}

/// The keys in the key file by name and age.
pub fn show_keys(config: &Config, is_json: bool) -> Result<String, Failure> {
    Ok(keys::shown(&KeyFile::read(&config.keys.file)?, SystemClock.now(), is_json))
}

pub fn openapi() -> String {
    routes::openapi()
}

fn settings(config: &Config) -> Settings {
    Settings {
        public_url: config.server.origin(),
        vendor_name: config.vendor.name.clone(),
        organizations_called: config.vendor.organizations_called.clone(),
        vendor_mail_domains: config.vendor.mail_domains.clone(),
        temporary_credentials_domain: config.vendor.temporary_credentials_domain.clone(),
        longest_validity: config.vendor.longest_validity,
        answer_window: config.vendor.answer_window,
        secure_cookies: true,
        is_demo: false,
        may_show_key_again: config.vendor.may_show_keys_again,
        password_cost: config.passwords,
        providers: config.providers.clone(),
        require_passkeys_of_agents: config.vendor.require_passkeys_of_agents,
    }
}

/// A world for a command that answers nobody: there are no verdicts to fall and no mail to send.
fn small_world(config: &Config, store: Store, sealing: Sealing) -> Arc<World> {
    Arc::new(World {
        store,
        revocations: Arc::new(()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        sealing,
        live: Live::default(),
        mail_waits: Notify::new(),
        clock_check: operation::ClockCheck::default(),
        settings: settings(config),
    })
}
