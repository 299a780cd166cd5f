//! Figure 9: *My Clients* of a partner that has thousands.

mod rows;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use super::Plan;
use crate::{
    Outcome,
    children::{Server, free_address},
    population::{Population, Size},
    report::{Goal, Report},
    stopwatch::{Stopwatch, millis, percentile},
};

const SIZE: Size = Size { organizations: 1, members_of_each: 1, devices: 0, quiet: 1, past_grants: 0 };

/// No page takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What people ask the page for, and a word that only the right answer has.
const LOOKS: [&str; 4] = ["", "&q=number+49", "&view=7", "&from=4000"];

pub fn measure(plan: &Plan, folder: &Path, report: &mut Report) -> Outcome {
    let folder = folder.join("clients");
    fs::create_dir_all(&folder)?;
    let database = folder.join("latchstring.db");
    let population = Population::create(&database, &free_address()?.to_string(), SIZE)?;
    let partner = population.makers.first().ok_or("nobody is a partner")?;
    rows::crowd(&database, partner.organization)?;
    let server = Server::product(&database, &folder.join("server.log"))?;
    let mut times = Vec::new();
    let mut largest = 0;
    for turn in 0..plan.starts * LOOKS.len() {
        let look = LOOKS[turn % LOOKS.len()];
        let path = format!("/my-clients?organization={}{look}", partner.organization);
        let clock = Stopwatch::start();
        let page = page(server.address, &path, &partner.cookie)?;
        times.push(millis(clock.elapsed()));
        largest = largest.max(page.len());
        if !page.starts_with("HTTP/1.1 200") || !page.contains("Client number") {
            return Err(format!("{path} answers:\n{page}").into());
        }
    }
    report.add(
        "9",
        format!("95th percentile of *My Clients* with {} clients and {} people (ms)", rows::CLIENTS, rows::PEOPLE),
        Goal::AtMost(50.0),
        percentile(&mut times, 95),
        format!("{} pages, searched, filtered and further down; the largest is {largest} bytes before compression", times.len()),
    );
    Ok(())
}

/// One page on a connection of its own, whole.
fn page(address: SocketAddr, path: &str, session: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: access.example.com\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.7\r\n\
         Cookie: __Host-latchstring={session}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
