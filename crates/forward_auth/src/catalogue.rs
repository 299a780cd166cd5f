//! Which application is at which origin, in memory. A hint only: a verdict is put together from the database.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use applications::Application;
use kernel::{ApplicationId, Error};
use operation::World;

/// An application, and where people sign in for it.
#[derive(Debug)]
pub struct Known {
    pub id: ApplicationId,
    pub name: String,
    pub origin: String,
    /// The public address of this server, as seen from a browser that is at the application.
    pub public_url: String,
}

impl Known {
    fn new(application: Application, world: &World) -> Self {
        let settings = &world.settings;
        let public_url = if settings.is_demo {
            demo_address(&settings.public_url, &application.origin)
        } else {
            settings.public_url.clone()
        };
        Self { id: application.id, name: application.name, origin: application.origin, public_url }
    }
}

/// In the demo each sample person has a host of their own, so that one browser can be several people: the host stays,
/// the port is this server's.
fn demo_address(public_url: &str, origin: &str) -> String {
    let own = || public_url.to_owned();
    let (Ok(ours), Ok(theirs)) = (url::Url::parse(public_url), url::Url::parse(origin)) else { return own() };
    let mut address = ours;
    if theirs.host_str().is_none_or(|host| address.set_host(Some(host)).is_err()) {
        return own();
    }
    address[..url::Position::BeforePath].to_owned()
}

/// Shared, and read at each question.
pub struct Catalogue(RwLock<Arc<HashMap<Box<str>, Arc<Known>>>>);

impl Catalogue {
    pub async fn read(world: &World) -> Result<Self, Error> {
        Ok(Self(RwLock::new(Arc::new(all(world).await?))))
    }

    pub async fn refresh(&self, world: &World) -> Result<(), Error> {
        let all = Arc::new(all(world).await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    pub fn find(&self, origin: &str) -> Option<Arc<Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(origin).map(Arc::clone)
    }

    /// As [`Self::find`], and if memory does not know the origin, the database is asked.
    pub async fn find_or_ask(&self, world: &World, origin: &str) -> Result<Option<Arc<Known>>, Error> {
        if let Some(known) = self.find(origin) {
            return Ok(Some(known));
        }
        let mut tx = world.store.read().await?;
        let application = applications::operations::find_by_origin(&mut tx, origin).await?;
        drop(tx);
        if application.is_some() {
            self.refresh(world).await?;
        }
        Ok(application.map(|application| Arc::new(Known::new(application, world))))
    }
}

async fn all(world: &World) -> Result<HashMap<Box<str>, Arc<Known>>, Error> {
    let mut tx = world.store.read().await?;
    let applications = applications::operations::list(&mut tx).await?;
    Ok(applications
        .into_iter()
        .map(|application| (application.origin.as_str().into(), Arc::new(Known::new(application, world))))
        .collect())
}
