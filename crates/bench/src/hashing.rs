//! The most that this machine can hash: plain Argon2id with what a password costs, on as many threads as the product takes.

use std::{thread, time::Duration};

use argon2::{Algorithm, Argon2, Params, Version};
use operation::PasswordCost;

use crate::{Outcome, children, stopwatch::Stopwatch};

/// Prints how many hashes were made in a second.
pub fn run(threads: usize, length: Duration) -> Outcome {
    children::end_with_parent();
    let clock = Stopwatch::start();
    let hashing: Vec<_> = (0..threads)
        .map(|_| {
            thread::spawn(move || {
                let mut count = 0_u32;
                while clock.elapsed() < length {
                    one()?;
                    count += 1;
                }
                Outcome::Ok(count)
            })
        })
        .collect();
    let mut count = 0;
    for thread in hashing {
        count += thread.join().map_err(|_| "a thread that hashes ended")??;
    }
    println!("{}", f64::from(count) / clock.elapsed().as_secs_f64());
    Ok(())
}

fn one() -> Outcome {
    let cost = PasswordCost::FLOOR;
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|error| error.to_string())?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(b"what somebody typed", b"sixteen of chance", &mut hash)
        .map_err(|error| error.to_string().into())
}
