//! Accounts that verdicts speak of: one piece of memory for all who are in the same organization at the same application.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use kernel::{ApplicationId, OrganizationId};

use crate::model::Account;

/// Holds none of them alive: with the last verdict that speaks of an account, it goes.
#[derive(Default)]
pub struct Accounts(Mutex<HashMap<(OrganizationId, ApplicationId), Weak<Account>>>);

impl Accounts {
    /// The piece that says the same, or from now on this one.
    pub fn shared(&self, account: Account) -> Arc<Account> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.entry((account.organization, account.application)) {
            Entry::Occupied(mut entry) => {
                if let Some(shared) = entry.get().upgrade().filter(|shared| **shared == account) {
                    shared
                } else {
                    let new = Arc::new(account);
                    entry.insert(Arc::downgrade(&new));
                    new
                }
            }
            Entry::Vacant(entry) => {
                let new = Arc::new(account);
                entry.insert(Arc::downgrade(&new));
                new
            }
        }
    }

    /// Lets go of what nobody speaks of any more.
    pub fn sweep(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, account| account.strong_count() > 0);
        if known.capacity() > 4 * known.len() + 64 {
            known.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use applications::HeaderSet;

    use super::*;

    fn account(name: &str) -> Account {
        Account {
            organization: OrganizationId::from_bytes([1; 16]),
            application: ApplicationId::from_bytes([2; 16]),
            header_set: HeaderSet::Remote,
            name: name.into(),
            external_id: None,
        }
    }

    #[test]
    fn what_says_the_same_is_one_piece() {
        let accounts = Accounts::default();
        let one = accounts.shared(account("Aurora"));
        assert!(Arc::ptr_eq(&one, &accounts.shared(account("Aurora"))));
        let renamed = accounts.shared(account("Aurora Holding"));
        assert_eq!((&*one.name, &*renamed.name), ("Aurora", "Aurora Holding"));
        assert!(Arc::ptr_eq(&renamed, &accounts.shared(account("Aurora Holding"))));
        drop(renamed);
        accounts.sweep();
        assert!(accounts.0.lock().expect("not poisoned").is_empty());
    }
}
