//! Figure 7: after a revoke has returned, nobody gets in who asks from then on.

use super::{Plan, Stage, api_call};
use crate::{
    Outcome,
    load::{self, Connection},
    population::Entry,
    report::{Goal, Report},
    stopwatch::{Stopwatch, median, millis},
};
use std::time::Duration;

/// On which the agent keeps asking while it is revoked.
const CONNECTIONS: usize = 8;

/// Questions on each connection that began after the revoke had returned.
const AFTERWARDS: usize = 3;

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Counts {
    allowed_before: u32,
    allowed_after: u32,
    asked_after: u32,
}

pub fn measure(plan: &Plan, stage: &Stage, report: &mut Report) -> Outcome {
    let address = stage.server.address;
    let mut connections = Connection::open_many(address, CONNECTIONS)?;
    let mut revoker = Connection::open(address)?;
    let mut counts = Counts::default();
    let mut times = Vec::new();
    for entry in stage.population.entries.iter().take(plan.revokes) {
        let question = stage.population.acting_question(entry);
        times.push(one(entry, &question, &mut revoker, &mut connections, &mut counts)?);
    }
    report.add(
        "7",
        format!("Allowed after their revoke had returned, in {} revokes", times.len()),
        Goal::Never,
        f64::from(counts.allowed_after),
        format!(
            "{} asked afterwards on {CONNECTIONS} connections; {} allowed before; a revoke under this load {:.1} ms",
            counts.asked_after,
            counts.allowed_before,
            median(&times)
        ),
    );
    Ok(())
}

/// Revokes one entry while it asks without pause, and says how long that took in milliseconds.
fn one(
    entry: &Entry,
    question: &[u8],
    revoker: &mut Connection,
    connections: &mut [Connection],
    counts: &mut Counts,
) -> Outcome<f64> {
    // It must be in before, or the end of it shows nothing.
    load::expect(connections.first_mut().ok_or("no connection")?.ask(question)?.status, 200)?;
    let clock = Stopwatch::start();
    revoker.send(&api_call(&format!("/api/v1/support-tokens/{}/revoke", entry.grant), &entry.member, ""))?;
    let mut took = None;
    // For each connection: whether the question under way began after the return, and how many of those were answered.
    let mut began_after = vec![false; connections.len()];
    let mut answered = vec![0; connections.len()];
    loop {
        if took.is_none()
            && let Some(status) = revoker.poll()?
        {
            load::expect(status, 200)?;
            took = Some(millis(clock.elapsed()));
        }
        let mut is_over = took.is_some();
        for (place, connection) in connections.iter_mut().enumerate() {
            if connection.is_waiting
                && let Some(status) = connection.poll()?
            {
                let is_allowed = status == 200;
                if began_after[place] {
                    answered[place] += 1;
                    counts.asked_after += 1;
                    counts.allowed_after += u32::from(is_allowed);
                } else {
                    counts.allowed_before += u32::from(is_allowed);
                }
            }
            if !connection.is_waiting && answered[place] < AFTERWARDS {
                began_after[place] = took.is_some();
                connection.send(question)?;
            }
            is_over &= !connection.is_waiting;
        }
        if let Some(took) = took.filter(|_| is_over) {
            return Ok(took);
        }
        if clock.elapsed() > PATIENCE {
            return Err("a revoke does not return".into());
        }
    }
}
