//! Protecting a product, and no longer protecting it. Only the vendor's administrators do either.

use kernel::{ApplicationId, Error, Secret};
use operation::{Call, Settings, audit::Entry};
use store::Connection;

use crate::{
    model::{self, Application, HeaderSet},
    proxy_config::{Proxy, is_address, is_legacy_path},
    rows,
};

pub async fn find(tx: &mut Connection, id: ApplicationId) -> Result<Option<Application>, Error> {
    rows::find(tx, id).await
}

/// The application at an origin in the spelling of [`model::parse_origin`].
pub async fn find_by_origin(tx: &mut Connection, origin: &str) -> Result<Option<Application>, Error> {
    rows::find_by_origin(tx, origin).await
}

/// The application that somebody whose browser is at `origin` sees: in the demo, where one server has many hosts, it may
/// be registered at another of them. Anywhere else this is [`find_by_origin`].
pub async fn find_seen_at(
    tx: &mut Connection,
    settings: &Settings,
    origin: &str,
) -> Result<Option<Application>, Error> {
    let registered = find_by_origin(tx, origin).await?;
    if registered.is_some() || !settings.is_demo {
        return Ok(registered);
    }
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    Ok(list(tx)
        .await?
        .into_iter()
        .find(|application| settings.seen_from(&application.origin, host) == origin))
}

/// All of them, by name.
pub async fn list(tx: &mut Connection) -> Result<Vec<Application>, Error> {
    rows::list(tx).await
}

/// All of them, for an administrator.
pub async fn list_all(call: &Call) -> Result<Vec<Application>, Error> {
    call.actor.administrator()?;
    list(&mut *call.read().await?).await
}

/// One of them, for an administrator.
pub async fn get(call: &Call, id: ApplicationId) -> Result<Application, Error> {
    call.actor.administrator()?;
    find(&mut *call.read().await?, id).await?.ok_or(Error::NotFound)
}

/// The product that somebody from outside enters: the chosen one, or the only one that there is.
pub async fn to_enter(tx: &mut Connection, chosen: Option<ApplicationId>) -> Result<Application, Error> {
    let mut products = list(tx).await?;
    products.retain(|product| chosen.is_none_or(|chosen| product.id == chosen));
    match (products.len(), products.pop()) {
        (1, Some(product)) => Ok(product),
        (0, _) if chosen.is_some() => Err(Error::NotFound),
        (0, _) => Err(Error::conflict(
            "application_missing",
            "There is no product to enter. An administrator of the vendor adds one under Applications.",
        )),
        _ => Err(Error::invalid("application", "choose", "Choose which product you want to enter.")),
    }
}

/// Where the way into a product begins, on the product's host: the browser gets there what the handover is bound to. The
/// ticket in it is good on our own host only, for the session that asked.
pub fn way_in(call: &Call, product: &Application, ticket: &Secret) -> String {
    // A ticket is ASCII letters and digits, so it stands in an address as it is.
    let origin = call.world.settings.seen_from(&product.origin, &call.origin.host);
    format!("{origin}/_latchstring/begin?entry={}", ticket.expose())
}

/// What somebody wants an application to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: String,
    pub origin: String,
    pub header_set: HeaderSet,
}

pub async fn create(call: &Call, wanted: Wanted) -> Result<Application, Error> {
    let created_by = call.actor.administrator()?.user;
    let (name, origin) = model::check(&wanted.name, &wanted.origin, &call.world.settings.public_url)?;
    let application =
        Application { id: call.new_id(), name, origin, header_set: wanted.header_set, created_at: call.now };
    let mut work = call.begin().await?;
    rows::insert(&mut work, &application, Some(created_by)).await.map_err(taken)?;
    let entry = entry("application.created", &application);
    work.commit(entry).await?;
    Ok(application)
}

/// What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub origin: Option<String>,
    pub header_set: Option<HeaderSet>,
}

pub async fn change(call: &Call, id: ApplicationId, change: Change) -> Result<Application, Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let before = find(&mut work, id).await?.ok_or(Error::NotFound)?;
    let (name, origin) = model::check(
        change.name.as_deref().unwrap_or(&before.name),
        change.origin.as_deref().unwrap_or(&before.origin),
        &call.world.settings.public_url,
    )?;
    let header_set = change.header_set.unwrap_or(before.header_set);
    let after = Application { name, origin, header_set, ..before.clone() };
    if !rows::update(&mut work, &after).await.map_err(taken)? {
        return Err(Error::NotFound);
    }
    // Another host or other headers: what was answered before must not be answered again.
    work.revokes(id);
    let entry = entry("application.changed", &after)
        .detail("name_before", before.name)
        .detail("origin_before", before.origin)
        .detail("header_set_before", before.header_set.as_str());
    work.commit(entry).await?;
    Ok(after)
}

/// The product is no longer protected: from now on the proxy is told no for it.
pub async fn remove(call: &Call, id: ApplicationId) -> Result<(), Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let application = find(&mut work, id).await?.ok_or(Error::NotFound)?;
    if !rows::remove(&mut work, id, call.now).await? {
        return Err(Error::NotFound);
    }
    work.revokes(id);
    work.commit(entry("application.removed", &application)).await
}

fn entry(kind: &'static str, application: &Application) -> Entry {
    Entry::new(kind)
        .subject(application.id)
        .detail("name", application.name.clone())
        .detail("origin", application.origin.clone())
        .detail("header_set", application.header_set.as_str())
}

fn taken(error: store::Error) -> Error {
    if error.is_taken() {
        Error::invalid(
            "origin",
            "origin_taken",
            "There is an application at this address already. Change that one, or give another address.",
        )
    } else {
        error.into()
    }
}

/// Where Latchstring listens, unless somebody says otherwise.
pub const USUAL_UPSTREAM: &str = "127.0.0.1:8080";
/// Where the product listens, unless somebody says otherwise.
pub const USUAL_PRODUCT: &str = "127.0.0.1:3000";

/// How the paths of an old interface begin, unless somebody says otherwise.
pub const USUAL_LEGACY_PATH: &str = "/soap/";

/// What the configuration of a reverse proxy needs beside it for an old interface under `path`.
pub async fn legacy_location(
    call: &Call,
    id: ApplicationId,
    proxy: Proxy,
    upstream: &str,
    product: &str,
    path: &str,
) -> Result<String, Error> {
    let application = get(call, id).await?;
    check_addresses(upstream, product)?;
    if !is_legacy_path(path) {
        return Err(Error::invalid(
            "legacy_path",
            "not_a_path",
            "Give how the paths of the old interface begin, with a slash at both ends, for example /soap/.",
        ));
    }
    let secure = call.world.settings.secure_cookies;
    Ok(proxy.legacy_location(&application, upstream, product, secure, path))
}

fn check_addresses(upstream: &str, product: &str) -> Result<(), Error> {
    for (field, address) in [("upstream", upstream), ("product", product)] {
        if !is_address(address) {
            return Err(Error::invalid(
                field,
                "not_an_address",
                "Give host and port, for example 127.0.0.1:8080.",
            ));
        }
    }
    Ok(())
}

/// The configuration of a reverse proxy in front of the application.
pub async fn proxy_config(
    call: &Call,
    id: ApplicationId,
    proxy: Proxy,
    upstream: &str,
    product: &str,
) -> Result<String, Error> {
    let application = get(call, id).await?;
    check_addresses(upstream, product)?;
    let settings = &call.world.settings;
    Ok(proxy.configuration(&application, &settings.public_url, upstream, product, settings.secure_cookies))
}
