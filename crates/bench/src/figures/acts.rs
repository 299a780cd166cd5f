//! Figure 4: making and revoking a support token, until it is on disk, beside what the disk itself takes.

use std::{fs::File, io::Write as _, thread, time::Duration};

use serde_json::Value;

use super::{Plan, Stage, api_call};
use crate::{
    Outcome,
    load::{self, Answer, Connection},
    report::{Goal, Report},
    stopwatch::{Stopwatch, median, millis},
};

/// People act one at a time; the mail of the act before has left by then.
const PAUSE: Duration = Duration::from_millis(15);

pub fn measure(plan: &Plan, stage: &Stage, report: &mut Report) -> Outcome {
    let mut connection = Connection::open(stage.server.address)?;
    let mut file = File::create(stage.folder.join("appended"))?;
    let (mut makes, mut revokes, mut appends) = (Vec::new(), Vec::new(), Vec::new());
    let mut timed = |request: Vec<u8>, status: u16, into: &mut Vec<f64>| -> Outcome<Answer> {
        thread::sleep(PAUSE);
        let clock = Stopwatch::start();
        let answer = connection.ask(&request)?;
        into.push(millis(clock.elapsed()));
        load::expect(answer.status, status).map_err(|error| format!("{error}:\n{}", answer.text))?;
        Ok(answer)
    };
    for maker in stage.population.makers.iter().cycle().take(plan.acts) {
        let path = format!("/api/v1/organizations/{}/support-tokens", maker.organization);
        let body = r#"{"validity_seconds":3600,"customer_ticket":"T-4711"}"#;
        let made = timed(api_call(&path, &maker.cookie, body), 201, &mut makes)?;
        appends.push(append(&mut file)?);
        let path = format!("/api/v1/support-tokens/{}/revoke", id(&made)?);
        timed(api_call(&path, &maker.cookie, ""), 200, &mut revokes)?;
        appends.push(append(&mut file)?);
    }
    let disk = median(&appends);
    for (number, name, times) in [("4a", "Making", &makes), ("4b", "Revoking", &revokes)] {
        let whole = median(times);
        report.add(
            number,
            format!("{name} a support token, on disk, beyond one fsync (ms)"),
            Goal::AtMost(2.0),
            whole - disk,
            format!("{whole:.2} ms, an fsync of 4 KiB {disk:.2} ms"),
        );
    }
    Ok(())
}

/// How long the disk takes for the least that a commit can be.
fn append(file: &mut File) -> Outcome<f64> {
    thread::sleep(PAUSE);
    let clock = Stopwatch::start();
    file.write_all(&[0x5a; 4096])?;
    file.sync_all()?;
    Ok(millis(clock.elapsed()))
}

fn id(made: &Answer) -> Outcome<String> {
    let (_, body) = made.text.split_once("\r\n\r\n").ok_or("no body")?;
    let body: Value = serde_json::from_str(body)?;
    Ok(body["id"].as_str().ok_or("a token without an id")?.to_owned())
}
