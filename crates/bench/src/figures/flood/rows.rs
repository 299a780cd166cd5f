//! A password for everybody who is to sign in.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version, password_hash::phc::PasswordHash};
use operation::PasswordCost;
use store::{Store, args};

use crate::Outcome;

/// The address of one of the members. The numbers below are the agents'.
pub fn address(number: usize) -> String {
    format!("person.{}@customer.example", number + 51)
}

/// The same for all, because what is measured is not how it was made.
pub fn give_everybody_a_password(database: &Path, password: &str) -> Outcome {
    let cost = PasswordCost::FLOOR;
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|error| error.to_string())?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let store = Store::open(&format!("sqlite:{}", database.display())).await?;
        let mut tx = store.write().await?;
        tx.execute("UPDATE users SET password_hash = $1", &args![hash.to_string()]).await?;
        tx.commit().await?;
        store.close().await;
        Ok(())
    })
}

/// The hash that one of them has.
#[cfg(test)]
pub fn stored(database: &Path, number: usize) -> Outcome<String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let store = Store::open(&format!("sqlite:{}", database.display())).await?;
        let found = store
            .read()
            .await?
            .one("SELECT password_hash FROM users WHERE email = $1", &args![address(number)])
            .await?
            .get("password_hash")?;
        store.close().await;
        Ok(found)
    })
}
