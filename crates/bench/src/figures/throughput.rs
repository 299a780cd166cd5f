//! Figures 1 and 2: how many questions of proxies are answered, at what cost, and how late at half of that.

use std::time::Duration;

use super::{CONNECTIONS, Plan, Stage, TEN_THOUSAND};
use crate::{
    Outcome,
    children::Server,
    load::{self, Questions},
    population::Size,
    report::{Goal, Report},
    stopwatch::{median, micros, percentile},
};

const YES: u16 = 200;
const FLOOR: u16 = 204;

/// One of those that take turns.
struct Contender<'a> {
    server: &'a Server,
    questions: Questions,
    status: u16,
    each_second: Vec<f64>,
    cpu: Vec<f64>,
    /// Which share of the time the server's processor worked for it. Well below 1, the load is what limits.
    busy: Vec<f64>,
    late: Vec<f64>,
}

impl<'a> Contender<'a> {
    fn new(server: &'a Server, questions: Vec<Vec<u8>>, status: u16) -> Self {
        let questions = Questions::new(questions);
        Self {
            server,
            questions,
            status,
            each_second: Vec::new(),
            cpu: Vec::new(),
            busy: Vec::new(),
            late: Vec::new(),
        }
    }

    /// Every session has been asked about once before anything is measured.
    fn warm_up(&self) -> Outcome {
        load::each_once(self.server.address, CONNECTIONS, &self.questions, self.status).map(drop)
    }

    fn run(&mut self, length: Duration) -> Outcome {
        let before = self.server.cpu()?;
        let slice =
            load::saturate(self.server.address, CONNECTIONS, &mut self.questions, self.status, length)?;
        let used = self.server.cpu_since(before)?;
        self.each_second.push(slice.each_second());
        self.cpu.push(micros(used) / f64::from(slice.answered));
        self.busy.push(used.as_secs_f64() / slice.took.as_secs_f64());
        Ok(())
    }

    fn run_at(&mut self, each_second: f64, length: Duration) -> Outcome {
        let (address, status) = (self.server.address, self.status);
        let mut took = load::at_rate(address, CONNECTIONS, &mut self.questions, status, each_second, length)?;
        self.late.push(percentile(&mut took, 99));
        Ok(())
    }
}

pub fn measure(plan: &Plan, stage: &Stage, report: &mut Report) -> Outcome {
    let floor = Server::floor(&stage.folder.join("floor.log"))?;
    let old = Stage::set(&stage.folder, "old", Size { past_grants: plan.past_grants, ..TEN_THOUSAND })?;
    let mut contenders = [
        Contender::new(&floor, stage.population.questions(), FLOOR),
        Contender::new(&stage.server, stage.population.questions(), YES),
        Contender::new(&old.server, old.population.questions(), YES),
    ];
    for contender in &contenders {
        contender.warm_up()?;
    }
    for _ in 0..plan.turns {
        for contender in &mut contenders {
            contender.run(plan.slice)?;
        }
    }
    let [floor, product, old_product] = &mut contenders;
    let half = median(&product.each_second) / 2.0;
    for _ in 0..plan.turns {
        floor.run_at(half, plan.slice)?;
        product.run_at(half, plan.slice)?;
    }

    let rates = (median(&product.each_second), median(&floor.each_second));
    report.add(
        "1a",
        "Forward-auth answers each second on one core, 10,000 sessions",
        Goal::AtLeast(0.80),
        rates.0 / rates.1,
        format!(
            "{:.0}/s of the floor's {:.0}/s; busy {:.0} % and {:.0} % of the time",
            rates.0,
            rates.1,
            100.0 * median(&product.busy),
            100.0 * median(&floor.busy)
        ),
    );
    let cpu = (median(&product.cpu), median(&floor.cpu));
    report.add(
        "1b",
        "Processor time of an answer",
        Goal::AtMost(1.30),
        cpu.0 / cpu.1,
        format!("{:.1} µs, the floor's {:.1} µs", cpu.0, cpu.1),
    );
    let old_rate = median(&old_product.each_second);
    report.add(
        "1c",
        format!(
            "The same with {} grants in the database instead of {}",
            count(old.population.grants),
            count(stage.population.grants)
        ),
        Goal::AtLeast(0.95),
        old_rate / rates.0,
        format!("{old_rate:.0}/s of {:.0}/s", rates.0),
    );
    let late = (median(&product.late), median(&floor.late));
    report.add(
        "2",
        format!("99th percentile at {half:.0} questions each second, half of 1a"),
        Goal::AtMost(1.50),
        late.0 / late.1,
        format!("{:.0} µs, the floor's {:.0} µs", late.0, late.1),
    );
    Ok(())
}

/// With commas between thousands.
fn count(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(super::count(999), "999");
        assert_eq!(super::count(1_000_000), "1,000,000");
    }
}
