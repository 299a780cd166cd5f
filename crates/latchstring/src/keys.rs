//! The keys of the key file and the database that they belong to, and how a new key takes the place of an old one.
//!
//! **Invariant:** the database knows each key under which it may hold something, and is not opened without all of them.
//! **Invariant:** an old key leaves the file only when nothing is sealed under it any more. A rotation that ends anywhere in
//! between, by a kill too, goes on where it stopped when it is run again.

mod rows;
#[cfg(test)]
mod tests;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use kernel::{Duration, Error, Sealing, Timestamp};
use operation::{Call, Housekeeping, audit::Entry};
use serde_json::json;

use crate::{cli::Failure, key_file::KeyFile};

/// How many values are sealed anew in one transaction.
const BATCH: usize = 200;

/// Shows that the keys of this world are those of its database. A database without any is bound to the newest; a newer key
/// than the database knows is noted before anything is sealed under it.
pub async fn associate(call: &Call) -> Result<(), Error> {
    associate_with(call, &call.world.sealing).await.map(drop)
}

/// Whether there was anything to note.
async fn associate_with(call: &Call, keys: &Sealing) -> Result<bool, Error> {
    let mut work = call.begin().await?;
    let known = rows::checks(&mut work).await?;
    let has = |check: &String| keys.checks().any(|(_, own)| own == check);
    if !known.iter().all(has) {
        return Err(Error::Unavailable(
            "the key file is not the one that this database was made with".to_owned(),
        ));
    }
    let newest = keys.checks().next().ok_or_else(|| Error::internal("there is no key"))?;
    if known.iter().any(|check| check == newest.1) {
        return Ok(false);
    }
    rows::insert_check(&mut work, newest.0, newest.1).await?;
    work.commit(Entry::new("key_file.associated").detail("key", newest.0)).await?;
    Ok(true)
}

/// The names of the keys and how old they are: a line for each, or JSON.
pub fn shown(keys: &KeyFile, now: Timestamp, is_json: bool) -> String {
    let sealing = keys.sealing();
    let listed = sealing.names().zip(keys.made_at()).enumerate();
    if is_json {
        let all: Vec<_> = listed
            .map(|(place, (name, made_at))| {
                let made_at = made_at.map(|at| instant(at).to_string());
                json!({ "name": name, "made_at": made_at, "seals": place == 0 })
            })
            .collect();
        return format!("{:#}\n", json!({ "keys": all }));
    }
    let mut text = String::new();
    for (place, (name, made_at)) in listed {
        let used = if place == 0 { "seals" } else { "opens only" };
        let made = made_at.map_or_else(
            || "made by the first version".to_owned(),
            |at| {
                let days = now.since(at).as_micros() / Duration::days(1).as_micros();
                format!("made {}, {days} days ago", instant(at).strftime("%Y-%m-%d"))
            },
        );
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{name}  {used}, {made}");
    }
    text
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.as_seconds()).unwrap_or_default()
}

/// A new key takes the place of the old one, step by step. Each step is on disk when it was done.
pub struct Rotation {
    call: Call,
    path: PathBuf,
    keys: KeyFile,
    sealing: Sealing,
    next: Next,
}

/// What is to be done next.
enum Next {
    AddKey,
    Associate,
    SealAnew { table: usize, after: String },
    Settle,
    DropOldKeys,
    Nothing,
}

/// What a step has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The new key stands in the file, before the old one.
    AddedKey { name: String },
    /// The database knows the new key.
    Associated,
    /// So many values of a table were sealed under the new key.
    SealedAnew { table: &'static str, values: usize },
    /// Nothing is sealed under an old key, and the database knows the new one only.
    Settled,
    /// The new key stands in the file alone.
    DroppedOldKeys { names: Vec<String> },
}

impl Rotation {
    /// Looks where things stand: a file with several keys is a rotation that was begun.
    pub async fn begin(call: Call, path: &Path) -> Result<Self, Failure> {
        let keys = KeyFile::read(path)?;
        let sealing = keys.sealing();
        // Before the file is touched: a key must not come to stand beside one that is another database's.
        let known = rows::checks(&mut *call.read().await?).await?;
        if known.iter().any(|check| !sealing.checks().any(|(_, own)| own == check)) {
            return Err(Failure::refused(format!(
                "The key file {} is not the one that this database was made with.",
                path.display()
            ))
            .with_hint("Bring it back from the backup; nothing was changed."));
        }
        let next = if keys.is_in_rotation() { Next::Associate } else { Next::AddKey };
        Ok(Self { call, path: path.to_owned(), keys, sealing, next })
    }

    /// Whether an earlier rotation is being brought to its end.
    pub const fn goes_on(&self) -> bool {
        self.keys.is_in_rotation()
    }

    /// Does the next step. Nothing when all is done.
    pub async fn step(&mut self) -> Result<Option<Done>, Failure> {
        loop {
            match &self.next {
                Next::AddKey => {
                    let keys = self.keys.with_new_key(&*self.call.world.entropy, self.call.now);
                    keys.replace(&self.path)?;
                    self.sealing = keys.sealing();
                    self.keys = keys;
                    self.next = Next::Associate;
                    return Ok(Some(Done::AddedKey { name: self.names().next().unwrap_or_default() }));
                }
                Next::Associate => {
                    let is_new = associate_with(&self.call, &self.sealing).await?;
                    self.next = Next::SealAnew { table: 0, after: String::new() };
                    if is_new {
                        return Ok(Some(Done::Associated));
                    }
                }
                Next::SealAnew { table, after } => {
                    let (table, after) = (*table, after.clone());
                    let Some(sealed) = rows::SEALED.get(table) else {
                        self.next = Next::Settle;
                        continue;
                    };
                    let (values, last) = self.seal_anew(sealed, &after).await?;
                    self.next = match last {
                        Some(after) => Next::SealAnew { table, after },
                        None => Next::SealAnew { table: table + 1, after: String::new() },
                    };
                    if values > 0 {
                        return Ok(Some(Done::SealedAnew { table: sealed.table, values }));
                    }
                }
                Next::Settle => {
                    let is_new = self.settle().await?;
                    self.next = Next::DropOldKeys;
                    if is_new {
                        return Ok(Some(Done::Settled));
                    }
                }
                Next::DropOldKeys => {
                    let names = self.names().skip(1).collect();
                    self.keys.newest_alone().replace(&self.path)?;
                    self.next = Next::Nothing;
                    return Ok(Some(Done::DroppedOldKeys { names }));
                }
                Next::Nothing => return Ok(None),
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.sealing.names().map(str::to_owned)
    }

    /// How many of the next rows were sealed anew, and the last row looked at, if more may come.
    async fn seal_anew(&self, sealed: &rows::Sealed, after: &str) -> Result<(usize, Option<String>), Error> {
        let mut note = Housekeeping::begin(&self.call.world).await?;
        let found = sealed.after(&mut note, after, BATCH).await?;
        let mut values = 0;
        for (row, value) in &found {
            if self.sealing.is_newest(value) {
                continue;
            }
            let plain = self.sealing.open(row, value)?;
            let anew = self.sealing.seal(row, &plain, &*self.call.world.entropy)?;
            sealed.save(&mut note, row, value, &anew).await?;
            values += 1;
        }
        note.commit().await?;
        Ok((values, found.last().filter(|_| found.len() == BATCH).map(|(row, _)| row.clone())))
    }

    /// The database forgets the old keys. Whether it knew any.
    async fn settle(&self) -> Result<bool, Error> {
        let (name, check) = self.sealing.checks().next().ok_or_else(|| Error::internal("there is no key"))?;
        let mut work = self.call.begin().await?;
        for sealed in rows::SEALED {
            let left = sealed.count_other(&mut work, name).await?;
            if left > 0 {
                let (table, column) = (sealed.table, sealed.column);
                return Err(Error::internal(format!(
                    "{left} values of {table}.{column} are under an old key"
                )));
            }
        }
        if rows::forget_other_checks(&mut work, check).await? == 0 {
            return Ok(false);
        }
        let old: Vec<String> = self.names().skip(1).collect();
        work.commit(Entry::new("keys.rotated").subject(name).detail("old", old.join(" "))).await?;
        Ok(true)
    }
}
