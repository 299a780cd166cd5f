//! Figure 5, its second half: what a verdict in memory takes.

use std::{path::Path, thread, time::Duration};

use super::{CONNECTIONS, Plan, Stage};
use crate::{
    Outcome,
    load::{self, Questions},
    population::Size,
    report::{Goal, Report},
};

const MEMBERS_OF_EACH: usize = 10;
const ORGANIZATIONS: usize = 200;

/// Verdicts after which all caches that have a bound are full (pages of the database, signed assertions), so that only
/// verdicts are new.
const FIRST: usize = 20_000;

/// Loops that write and sweep have had their turn.
const REST: Duration = Duration::from_secs(3);

pub fn measure(plan: &Plan, folder: &Path, report: &mut Report) -> Outcome {
    let devices = (plan.verdicts + FIRST).div_ceil(MEMBERS_OF_EACH * ORGANIZATIONS);
    let size = Size {
        organizations: ORGANIZATIONS,
        members_of_each: MEMBERS_OF_EACH,
        devices,
        quiet: 0,
        past_grants: 0,
    };
    let stage = Stage::set(folder, "many", size)?;
    let mut first = stage.population.questions();
    first.truncate(FIRST + plan.verdicts);
    let rest = Questions::new(first.split_off(FIRST));
    let address = stage.server.address;
    load::each_once(address, CONNECTIONS, &Questions::new(first), 200)?;
    thread::sleep(REST);
    let before = stage.server.resident()?;
    load::each_once(address, CONNECTIONS, &rest, 200)?;
    thread::sleep(REST);
    let after = stage.server.resident()?;
    let count = f64::from(u32::try_from(plan.verdicts)?);
    report.add(
        "5b",
        "Bytes for each live verdict",
        Goal::AtMost(300.0),
        (after - before) / count,
        format!("{:.1} MiB, {:.1} MiB with {count} verdicts more", mebibytes(before), mebibytes(after)),
    );
    Ok(())
}

pub fn mebibytes(bytes: f64) -> f64 {
    bytes / 1024.0 / 1024.0
}
