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
    /// Where the vendor registered it.
    pub registered_origin: String,
    /// Where the browser is: the same, but for the hosts of the demo.
    pub origin: String,
    /// The public address of this server, as seen from a browser that is at the application.
    pub public_url: String,
}

impl Known {
    fn seen_at(origin: &str, application: Application, world: &World) -> Self {
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Self {
            id: application.id,
            name: application.name,
            registered_origin: application.origin,
            origin: origin.to_owned(),
            public_url: world.settings.seen_from(&world.settings.public_url, host),
        }
    }
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
        let application = applications::operations::find_seen_at(&mut tx, &world.settings, origin).await?;
        drop(tx);
        if application.as_ref().is_some_and(|application| application.origin == origin) {
            self.refresh(world).await?;
        }
        Ok(application.map(|application| Arc::new(Known::seen_at(origin, application, world))))
    }
}

async fn all(world: &World) -> Result<HashMap<Box<str>, Arc<Known>>, Error> {
    let mut tx = world.store.read().await?;
    let applications = applications::operations::list(&mut tx).await?;
    Ok(applications
        .into_iter()
        .map(|application| {
            let origin = application.origin.clone();
            let known = Known::seen_at(&origin, application, world);
            (origin.into_boxed_str(), Arc::new(known))
        })
        .collect())
}
