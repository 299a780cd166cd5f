//! The books: a few reports for each organization, in memory, and who changed them last.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::Timestamp;

#[derive(Clone)]
pub struct Entry {
    pub slug: &'static str,
    pub title: String,
    pub period: &'static str,
    pub note: String,
    pub lines: &'static [Line],
    pub change: Option<Change>,
}

#[derive(Clone)]
pub struct Change {
    pub at: Timestamp,
    pub by: String,
}

/// One row of a report, in cents: more than nothing is a debit, less is a credit.
pub struct Line {
    pub number: &'static str,
    pub name: &'static str,
    cents: i64,
}

impl Line {
    pub fn debit(&self) -> String {
        if self.cents > 0 { money(self.cents) } else { String::new() }
    }

    pub fn credit(&self) -> String {
        if self.cents < 0 { money(-self.cents) } else { String::new() }
    }
}

impl Entry {
    pub fn debits(&self) -> String {
        money(self.lines.iter().map(|line| line.cents.max(0)).sum())
    }

    pub fn credits(&self) -> String {
        money(self.lines.iter().map(|line| -line.cents.min(0)).sum())
    }
}

/// Each organization has its own books from the moment somebody first looks.
#[derive(Default)]
pub struct Books {
    by_account: Mutex<HashMap<String, Vec<Entry>>>,
}

impl Books {
    pub fn list(&self, account: &str) -> Vec<Entry> {
        self.lock().entry(account.to_owned()).or_insert_with(printed).clone()
    }

    pub fn find(&self, account: &str, slug: &str) -> Option<Entry> {
        self.list(account).into_iter().find(|entry| entry.slug == slug)
    }

    /// Whether there is such an entry to change.
    pub fn change(&self, account: &str, slug: &str, title: String, note: String, change: Change) -> bool {
        let mut books = self.lock();
        let entries = books.entry(account.to_owned()).or_insert_with(printed);
        let Some(entry) = entries.iter_mut().find(|entry| entry.slug == slug) else {
            return false;
        };
        entry.title = title;
        entry.note = note;
        entry.change = Some(change);
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Entry>>> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn money(cents: i64) -> String {
    let whole = (cents / 100).to_string();
    let mut grouped = String::with_capacity(whole.len() + whole.len() / 3 + 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", cents % 100)
}

const fn line(number: &'static str, name: &'static str, cents: i64) -> Line {
    Line { number, name, cents }
}

const TRIAL_BALANCE: &[Line] = &[
    line("1010", "Cash and banks", 18_422_015),
    line("1100", "Receivables", 9_641_000),
    line("1500", "Equipment", 31_000_000),
    line("1590", "Depreciation", -7_440_000),
    line("2010", "Suppliers", -5_893_040),
    line("2200", "Taxes to pay", -2_130_675),
    line("3000", "Capital", -35_000_000),
    line("4000", "Sales", -40_211_820),
    line("5000", "Cost of goods", 23_164_020),
    line("5200", "Wages", 8_448_500),
];

const RECEIVABLES: &[Line] = &[
    line("C-0117", "Padaria Vila Nova", 1_284_000),
    line("C-0123", "Fusteria Puig i Fills", 3_950_050),
    line("C-0130", "Librairie du Marché", 2_406_950),
    line("C-0142", "Talleres Hermanos Quiroga", 2_000_000),
];

const PAYABLES: &[Line] = &[
    line("S-0009", "Northern Paper Mills", -2_718_040),
    line("S-0021", "City Waterworks", -412_500),
    line("S-0034", "Harbour Freight Partners", -2_762_500),
];

const PAYROLL: &[Line] = &[
    line("5210", "Salaries", 6_900_000),
    line("5220", "Social security", 1_548_500),
    line("1010", "Paid from the bank", -8_448_500),
];

const BANK: &[Line] = &[
    line("03-02", "Fusteria Puig i Fills, invoice 2207", 1_120_000),
    line("03-04", "Harbour Freight Partners", -384_000),
    line("03-09", "Bank charges", -2_150),
    line("03-11", "Padaria Vila Nova, invoice 2213", 642_000),
];

fn printed() -> Vec<Entry> {
    let entry = |slug, title: &str, period, note: &str, lines| Entry {
        slug,
        title: title.to_owned(),
        period,
        note: note.to_owned(),
        lines,
        change: None,
    };
    vec![
        entry(
            "trial-balance",
            "Trial balance",
            "1 January to 12 March 2026",
            "Depreciation is posted once a quarter.",
            TRIAL_BALANCE,
        ),
        entry(
            "receivable",
            "Accounts receivable",
            "Open on 12 March 2026",
            "Puig has asked for thirty more days.",
            RECEIVABLES,
        ),
        entry(
            "payable",
            "Accounts payable",
            "Open on 12 March 2026",
            "Freight is paid on the 20th.",
            PAYABLES,
        ),
        entry("payroll", "Payroll", "February 2026", "Eleven people.", PAYROLL),
        entry("bank", "Bank reconciliation", "1 to 12 March 2026", "Two receipts are not matched yet.", BANK),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_by_thousands() {
        assert_eq!(money(0), "0.00");
        assert_eq!(money(1_205), "12.05");
        assert_eq!(money(100_000), "1,000.00");
        assert_eq!(money(123_456_789), "1,234,567.89");
    }

    #[test]
    fn the_trial_balance_balances() {
        assert_eq!(TRIAL_BALANCE.iter().map(|line| line.cents).sum::<i64>(), 0);
    }
}
