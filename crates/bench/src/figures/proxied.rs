//! Figure 3: what a question costs nginx.

use super::{CONNECTIONS, Plan, Stage};
use crate::{
    Outcome,
    children::{Server, free_address},
    load::{self, Questions},
    nginx,
    population::BROWSER,
    report::{Goal, Report},
    stopwatch::{median, micros},
};

/// What the protected product answers, which is a floor.
const PRODUCT: u16 = 204;

pub fn measure(plan: &Plan, stage: &Stage, report: &mut Report) -> Outcome {
    let floor = Server::floor(&stage.folder.join("asked.log"))?;
    let product = Server::floor(&stage.folder.join("product.log"))?;
    // The sessions belong to the product at this address.
    let ours_at = stage.population.host.parse()?;
    let ours =
        nginx::start(&stage.folder.join("nginx-ours"), ours_at, stage.server.address, product.address)?;
    let bare =
        nginx::start(&stage.folder.join("nginx-bare"), free_address()?, floor.address, product.address)?;
    let contenders = [(&bare, &floor), (&ours, &stage.server)];
    let mut questions = Questions::new(pages(stage));
    let (mut nginx_cpu, mut both_cpu) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for turn in 0..=plan.nginx_turns {
        for (place, (nginx, asked)) in contenders.into_iter().enumerate() {
            let before = (nginx.cpu()?, asked.cpu()?);
            let slice =
                load::saturate(nginx.address, CONNECTIONS, &mut questions, PRODUCT, plan.nginx_slice)?;
            let used = (nginx.cpu_since(before.0)?, asked.cpu_since(before.1)?);
            // The first turn warms up.
            if turn > 0 {
                nginx_cpu[place].push(micros(used.0) / f64::from(slice.answered));
                both_cpu[place].push(micros(used.0 + used.1) / f64::from(slice.answered));
            }
        }
    }
    let [bare, ours] = nginx_cpu.map(|values| median(&values));
    let [both_bare, both_ours] = both_cpu.map(|values| median(&values));
    report.add(
        "3",
        "Processor time of nginx for a request, asking us by auth_request",
        Goal::AtMost(1.15),
        ours / bare,
        format!(
            "{ours:.1} µs, {bare:.1} µs asking the floor; with whoever is asked {both_ours:.1} µs and {both_bare:.1} µs"
        ),
    );
    Ok(())
}

/// What browsers ask of the protected product.
fn pages(stage: &Stage) -> Vec<Vec<u8>> {
    let page = |name: &str, cookie: &str| {
        format!(
            "GET /orders/17?page=2 HTTP/1.1\r\nHost: {}\r\n{BROWSER}Cookie: theme=dark; {name}={cookie}\r\n\r\n",
            stage.population.host
        )
        .into_bytes()
    };
    let members = stage.population.members.iter().map(|cookie| page("__Host-latchstring_app", cookie));
    let entries =
        stage.population.entries.iter().map(|entry| page("__Host-latchstring_acting", &entry.cookie));
    members.chain(entries).collect()
}
