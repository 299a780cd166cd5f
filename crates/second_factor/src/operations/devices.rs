//! Browsers that are not asked for a code for 30 days (C5, C6).

use kernel::{DeviceId, Error, Secret, SecretHash, UserId, secret::Purpose};
use operation::{Call, Work, audit};
use store::Connection;

use crate::{
    model::{Device, REMEMBERED_FOR},
    rows,
};

/// What a browser presents to show that it is remembered: which device it says to be, and the secret it has now.
#[derive(Debug, Clone)]
pub struct Presented {
    id: DeviceId,
    secret: SecretHash,
}

impl Presented {
    /// Reads the cookie's value. None if it cannot be one of ours.
    pub fn parse(value: &str) -> Option<Self> {
        let (id, secret) = value.split_once('.')?;
        Some(Self { id: id.parse().ok()?, secret: Secret::parse(Purpose::Device, secret)?.hash() })
    }

    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// Whether the browser is remembered for this person. Only looked at: nothing follows from a no.
    pub async fn is_of(&self, call: &Call, tx: &mut Connection, user: UserId) -> Result<bool, Error> {
        let found = rows::find_device(tx, self.id, &self.secret).await?;
        Ok(found.is_some_and(|(device, is_right)| {
            is_right && device.user == user && device.is_remembered(call.now)
        }))
    }
}

/// Whether a browser is remembered for this person. A secret that is not the one that the device has now, and a device of
/// somebody else, are signs of a copy: the device is forgotten and the log says so (case 17).
pub async fn recognize(call: &Call, presented: &Presented, user: UserId) -> Result<Option<Device>, Error> {
    let found = rows::find_device(&mut *call.read().await?, presented.id, &presented.secret).await?;
    let Some((device, is_right)) = found else { return Ok(None) };
    if !device.is_remembered(call.now) {
        return Ok(None);
    }
    if is_right && device.user == user {
        return Ok(Some(device));
    }
    let why = if is_right { "other_person" } else { "wrong_secret" };
    let mut work = call.begin().await?;
    if rows::forget_device(&mut work, device.id, device.user, call.now, "mismatch").await? {
        let entry = audit::Entry::new("remembered_device.forgotten").subject(device.user);
        work.commit(
            entry.detail("device", device.id.to_string()).detail("how", "mismatch").detail("why", why),
        )
        .await?;
    }
    Ok(None)
}

/// Remembers the browser that has just shown a code: the cookie's value.
pub async fn remember(work: &mut Work, user: UserId) -> Result<(String, audit::Entry), Error> {
    let call = work.call().clone();
    let secret = Secret::new(Purpose::Device, &*call.world.entropy);
    let device = Device {
        id: call.new_id(),
        user,
        created_at: call.now,
        expires_at: call.now + REMEMBERED_FOR,
        last_used_at: call.now,
        address: call.origin.address.clone(),
        user_agent: call.origin.user_agent.chars().take(254).collect(),
        forgotten_at: None,
    };
    rows::insert_device(work, &device, &secret.hash()).await?;
    let entry = audit::Entry::new("remembered_device.added").subject(user);
    Ok((format!("{}.{}", device.id, secret.expose()), entry.detail("device", device.id.to_string())))
}

impl Presented {
    /// Uses a device that was recognized: it gets another secret, and the cookie another value. `Conflict` if somebody else
    /// used it at the same moment.
    pub async fn use_up(&self, work: &mut Work) -> Result<String, Error> {
        let call = work.call().clone();
        let secret = Secret::new(Purpose::Device, &*call.world.entropy);
        let address = call.origin.address.as_str();
        if rows::rotate_device(work, self.id, &self.secret, &secret.hash(), call.now, address).await? {
            Ok(format!("{}.{}", self.id, secret.expose()))
        } else {
            Err(Error::conflict("device_used", "This browser signed in at the same moment. Sign in again."))
        }
    }
}

/// The browsers that the caller is remembered on, the last used first.
pub async fn list_devices(call: &Call) -> Result<Vec<Device>, Error> {
    let person = call.actor.person()?;
    rows::devices(&mut *call.read().await?, person.user, call.now).await
}

/// Forgets one of the caller's devices.
pub async fn forget_device(call: &Call, id: DeviceId) -> Result<(), Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    if !rows::forget_device(&mut work, id, person.user, call.now, "by_owner").await? {
        return Err(Error::NotFound);
    }
    let entry = audit::Entry::new("remembered_device.forgotten").subject(person.user);
    work.commit(entry.detail("device", id.to_string()).detail("how", "by_owner")).await
}

/// Forgets all of the caller's devices. How many there were.
pub async fn forget_own_devices(call: &Call) -> Result<u64, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let count = rows::forget_devices(&mut work, person.user, call.now, "by_owner").await?;
    if count > 0 {
        work.commit(all_forgotten(person.user, count, "by_owner")).await?;
    }
    Ok(count)
}

/// Forgets all devices of a person along with something else that happens to their account.
pub async fn forget_devices(work: &mut Work, user: UserId, how: &str) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let count = rows::forget_devices(work, user, now, how).await?;
    Ok(if count == 0 { Vec::new() } else { vec![all_forgotten(user, count, how)] })
}

fn all_forgotten(user: UserId, count: u64, how: &str) -> audit::Entry {
    audit::Entry::new("remembered_device.forgotten").subject(user).detail("count", count).detail("how", how)
}
