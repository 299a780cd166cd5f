//! The file, the picture and the sentences; and the two tables on both databases.

mod database;
mod recorder;

use askama::Template as _;
use grants::{Ended, EndedHow, Grant, Kind, Mode};
use kernel::{Duration, EventId, GrantId, OrganizationId, Timestamp, UserId, entropy::Counting};
use organizations::model::{Organization, WhoMayOpen};
use proptest::prelude::*;
use serde_json::{Value, json};
use web::{
    page::{Errors, Shell, State},
    text::Text,
};

use crate::{
    export,
    model::{Account, By, Entry, Group, KINDS, Outsider, Period, Reach, Totals, Visit, VisitMark},
    pages::{LogPage, grant_page},
    picture::{self, Picture},
    rest::LogEntry,
    sentences::{plain, sentence, who},
    timeline::{self, Frame, NARROWEST, WHOLE},
};

/// 2026-03-12T15:14:00Z, a Thursday.
const NOW: Timestamp = Timestamp::from_seconds(1_773_328_440);

fn text() -> Text {
    Text::new("en", "America/Sao_Paulo", NOW)
}

fn entry(kind: &str, name: &str) -> Entry {
    let chance = Counting::new(9);
    Entry {
        id: EventId::new(NOW, &chance),
        at: NOW,
        kind: kind.to_owned(),
        is_refused: false,
        by: By {
            kind: "person".to_owned(),
            id: UserId::new(NOW, &chance).to_string(),
            name: name.to_owned(),
        },
        on_behalf_of: None,
        grant: Some(GrantId::new(NOW, &chance)),
        reference_code: "7QM4-K2XV".to_owned(),
        grant_ended_how: String::new(),
        agent_name: "Ana Souza".to_owned(),
        session: None,
        subject: String::new(),
        subject_name: "Bruno".to_owned(),
        address: "192.0.2.7".to_owned(),
        request_id: "r1".to_owned(),
        details: json!({}),
    }
}

fn organization() -> Organization {
    Organization {
        id: OrganizationId::new(NOW, &Counting::new(1)),
        name: "Aurora Holding".to_owned(),
        external_id: None,
        companies: 1,
        longest_validity: None,
        who_may_open: WhoMayOpen::Members,
        backend_may_open_at: None,
        partner_since: None,
        client_since: None,
        created_at: NOW,
    }
}

fn period(
    seed: u64,
    agent: Option<u64>,
    began_at: Timestamp,
    length: Duration,
    ended: Option<Ended>,
) -> Period {
    let outsider = agent.map(|agent| Outsider {
        user: UserId::new(NOW, &Counting::new(agent)),
        name: format!("Agent <{agent}>"),
        level: Some(2),
    });
    Period {
        organization: organization().id,
        company: String::new(),
        grant: Grant {
            id: GrantId::new(began_at, &Counting::new(seed)),
            kind: Kind::SupportToken,
            organization: Some(organization().id),
            mode: Mode::ReadOnly,
            created_at: began_at,
            created_by: UserId::new(NOW, &Counting::new(77)),
            created_through: None,
            answer_by: began_at + length,
            validity: Some(length),
            not_after: None,
            activated_at: outsider.is_some().then_some(began_at),
            ends_at: outsider.is_some().then_some(began_at + length),
            disabled_at: None,
            ended,
        },
        reference_code: format!("CODE-{seed}"),
        maker_name: "Joana".to_owned(),
        outsider,
        customer_ticket: String::new(),
        ticket: "48213".to_owned(),
        reason: String::new(),
    }
}

/// Reads a file as RFC 4180 says.
fn parsed(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = csv.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if is_quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {
                letters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !is_quoted, "the file ends with its last line");
    rows
}

const NAME: usize = 6;

/// S84, case 41: a spreadsheet finds no formula in a name, and one entry stays one row.
#[test]
fn a_name_is_no_formula_in_csv() {
    for begin in ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'] {
        let name = format!("{begin}HYPERLINK(\"http://evil\",\"a\")\r\nx, y");
        let csv = export::csv(&[
            entry("support_token.created", &name),
            entry("support_token.left", "Joana, \"J\""),
        ]);
        let rows = parsed(&csv);
        assert_eq!(rows.len(), 3, "{csv}");
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        assert_eq!(rows[1][NAME], format!("'{name}"));
        assert_eq!(rows[2][NAME], "Joana, \"J\"");
    }
}

/// Case 41: JSON has no such danger, so it has the value as it is.
#[test]
fn json_has_the_value_as_it_is() {
    let name = "=1+1\r\n\u{202e}";
    let value = serde_json::to_value(LogEntry::from(entry("support_token.created", name))).expect("JSON");
    assert_eq!(value["actor"]["name"], Value::from(name));
    assert_eq!(value["outcome"], "done");
}

proptest! {
    #[test]
    fn csv_says_what_was_written(name in "\\PC*", address in ".*") {
        let mut one = entry("member.joined", &name);
        one.address.clone_from(&address);
        let rows = parsed(&export::csv(&[one]));
        prop_assert_eq!(rows.len(), 2);
        let read = rows[1][NAME].strip_prefix('\'').filter(|_| !name.starts_with('\'')).unwrap_or(&rows[1][NAME]);
        prop_assert_eq!(read, name);
    }

    /// However short or far away: a bar lies in the picture, can be seen, and there is one for each row.
    #[test]
    fn bars_lie_in_the_picture(
        days in prop::sample::select(vec![1i64, 7, 30]),
        spans in prop::collection::vec((-4_000_000i64..0, 0i64..4_000_000, prop::option::of(0u64..3)), 0..20),
    ) {
        let frame = Frame::of(&text(), days);
        let periods: Vec<_> = spans
            .iter()
            .zip(0..)
            .map(|(&(began, length, agent), seed)| {
                let began_at = Timestamp::from_seconds(NOW.as_seconds() + began);
                period(seed, agent, began_at, Duration::seconds(length), None)
            })
            .collect();
        let lines = timeline::lines(&frame, &periods);
        let expected = periods.iter().filter(|period| period.ends_at() > frame.from).count();
        prop_assert_eq!(lines.iter().map(|line| line.bars.len()).sum::<usize>(), expected);
        for (_, bar) in lines.iter().flat_map(|line| &line.bars) {
            prop_assert!(0 <= bar.past.from && bar.past.from + NARROWEST <= bar.past.to && bar.past.to <= WHOLE);
            if let Some(future) = bar.future {
                prop_assert!(future.from == bar.past.to && future.from < future.to && future.to <= WHOLE);
            }
        }
    }

    /// Case 42: whatever a name is made of, it is one line without control characters, and not long.
    #[test]
    fn a_name_is_one_short_line(name in ".*") {
        let line = plain(&name, 60);
        prop_assert!(line.chars().count() <= 61);
        let turns = |c| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!line.chars().any(|c: char| c.is_control() || turns(c)));
    }

    #[test]
    fn a_mark_of_visits_comes_back(micros in any::<i64>(), path in ".*") {
        let mark = VisitMark {
            minute: Timestamp::from_micros(micros),
            application: "app_1".to_owned(),
            kind: "read".to_owned(),
            path,
        };
        prop_assert_eq!(VisitMark::parse(&mark.to_token()), Some(mark));
    }
}

/// A8: every kind has a sentence of its own, whoever did it and however it ended.
#[test]
fn every_kind_has_a_sentence() {
    let t = text();
    for kind in KINDS {
        for how in ["", "customer", "agent", "vendor", "agent_removed", "expired"] {
            let mut one = entry(kind, "Joana");
            one.grant_ended_how = how.to_owned();
            let told = sentence(&t, &one, "Ledger").to_string();
            assert!(told.ends_with('.') && !told.contains(kind), "{told}");
        }
    }
    let told = |one: &Entry| sentence(&t, one, "Ledger").to_string();
    let mut given_back = entry("support_token.revoked", "Ana Souza");
    given_back.grant_ended_how = "agent".to_owned();
    assert_eq!(told(&given_back), "<bdi>Ana Souza</bdi> gave token 7QM4-K2XV back.");
    assert_eq!(told(&entry("support_token.revoked", "Joana")), "<bdi>Joana</bdi> revoked token 7QM4-K2XV.");
    assert_eq!(told(&entry("moon.painted", "Joana")), "<bdi>Joana</bdi> did something: moon.painted.");
    let over = Entry { details: json!({ "how": "ended_by_itself" }), ..entry("member.unlinked", "") };
    assert_eq!(told(&over), "The membership of <bdi>Bruno</bdi> ended by itself, as it was agreed.");
    let refused = Entry { is_refused: true, ..entry("support_token.entered", "Ana Souza") };
    assert_eq!(
        told(&refused),
        "<bdi>Ana Souza</bdi> tried something and was refused: support_token.entered."
    );
}

#[test]
fn a_machine_is_told_with_the_person_behind_it() {
    let t = text();
    let mut one = entry("support_token.created", "Ledger");
    one.by.kind = "machine".to_owned();
    assert_eq!(who(&t, &one), "Ledger");
    one.on_behalf_of = Some(("usr_1".to_owned(), "Joana".to_owned()));
    assert_eq!(who(&t, &one), "Ledger, for Joana");
    for (kind, words) in [("system", "The server"), ("operator", "The operator of the server")] {
        one.by.kind = kind.to_owned();
        assert_eq!(who(&t, &one), words);
    }
}

/// S71, case 42: a name is text: no marks, no turned direction, no second line.
#[test]
fn a_name_is_text() {
    let told = sentence(&text(), &entry("session.signed_in", "<b>x</b>\u{202e}\r\ny"), "Ledger").to_string();
    assert_eq!(told, "<bdi>&lt;b&gt;x&lt;/b&gt;\u{fffd}\u{fffd}\u{fffd}y</bdi> signed in.");
    assert_eq!(plain(&"ä".repeat(61), 60), format!("{}…", "ä".repeat(60)));
}

/// Five periods of three outsiders and of nobody, in all states.
fn periods() -> Vec<Period> {
    let ago = |hours| NOW - Duration::hours(hours);
    let ended = |at, how| {
        Some(Ended { at, how, by: Some((UserId::new(NOW, &Counting::new(77)), "Joana".to_owned())) })
    };
    vec![
        period(1, Some(1), ago(2), Duration::hours(4), None),
        period(2, Some(2), ago(30), Duration::hours(8), ended(ago(29), EndedHow::Customer)),
        period(3, Some(1), ago(80), Duration::minutes(5), ended(ago(79), EndedHow::Agent)),
        period(4, None, ago(120), Duration::hours(24), ended(ago(96), EndedHow::Expired)),
        period(5, Some(3), ago(100), Duration::hours(1), None),
        period(6, Some(3), ago(400), Duration::hours(1), None),
    ]
}

fn log_page(periods: &[Period], entries: &[Entry]) -> String {
    let t = text();
    let frame = Frame::of(&t, 7);
    let (id, path) = (organization().id, format!("/organizations/{}/access-log", organization().id));
    let page = LogPage {
        lead: "lead".to_owned(),
        may_export: true,
        export_query: String::new(),
        windows: vec![(path.clone(), t.count("access_log-days", 7), true)],
        picture: Picture::of(&t, &frame, periods, "Ledger"),
        is_cut: false,
        days: 7,
        groups: Vec::new(),
        people: Vec::new(),
        states: Vec::new(),
        from: String::new(),
        to: String::new(),
        log: entries.iter().map(|entry| crate::pages::EntryRow::of(&t, entry, id, "Ledger")).collect(),
        newest: None,
        older: Some(format!("{path}?before=x")),
        path,
        shell: Shell::public(t, "Access log"),
        errors: Errors::none(),
    };
    page.render().expect("a page")
}

/// A8: the picture and the table say the same: as many bars as rows.
#[test]
fn bars_in_the_picture_are_rows_of_the_table() {
    let html = log_page(&periods(), &[entry("support_token.created", "<script>")]);
    let table = html.split("<tbody id=\"periods\">").nth(1).and_then(|rest| rest.split("</tbody>").next());
    let rows = table.expect("the table of periods").matches("<tr>").count();
    assert_eq!(html.matches("<g class=\"bars\">").count(), rows);
    assert_eq!(rows, 5, "the sixth lies before the window");
    assert_eq!(html.matches("class=\"b future\"").count(), 1, "one is still open");
    assert_eq!(html.matches("class=\"b pending\"").count(), 2, "nobody took one: a double line");
    for words in [
        "Revoked by Joana",
        "Given back by Agent &#60;1&#62;",
        "Expired, nobody took it",
        "Active, ends today",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(!html.contains("<script>&") && !html.contains(" style=") && !html.contains("=%"));
}

/// Where nobody was in, the page says so and draws nothing.
#[test]
fn nobody_in_is_a_sentence() {
    let html = log_page(&[], &[]);
    assert!(html.contains("Nobody from outside had access in these 7 days."));
    assert!(!html.contains("class=\"tl\""));
}

#[test]
fn states_are_drawn_as_states() {
    for state in ["pending", "active", "disabled", "expired", "revoked"] {
        assert!(State::parse(state).is_some(), "{state}");
    }
    assert_eq!(picture::state(grants::State::Revoked), State::Revoked);
    assert!(Group::ALL.into_iter().all(|group| Group::parse(group.as_str()) == group));
}

/// A8: one grant: who, since when, until when, on whose word, for which ticket, and what was done.
#[test]
fn a_grant_is_told_whole() {
    let visit = |kind: &str, path: &str| Visit {
        minute: NOW - Duration::minutes(1),
        application: kernel::ApplicationId::new(NOW, &Counting::new(5)),
        application_name: "Ledger".to_owned(),
        kind: kind.to_owned(),
        path: path.to_owned(),
        requests: 3,
        last_at: NOW - Duration::seconds(20),
    };
    let account = Account {
        stays: Vec::new(),
        reach: Reach { organization: organization(), only_grants_of: None },
        period: periods().remove(0),
        totals: Totals { reads: 3, changes: 3, refused: 0 },
        last: Some(visit("read", "/trial-balance")),
        visits: vec![visit("change", "/journal/<1>"), visit("read", "/trial-balance")],
        more_visits: Some(VisitMark::of(&visit("read", "/a&b"))),
        entries: vec![entry("support_token.entered", "Agent")],
        older_entries: None,
    };
    let html =
        grant_page(Shell::public(text(), "Token"), &account, "Ledger", false).render().expect("a page");
    for words in [
        "48213",
        "Joana",
        "Agent &#60;1&#62;, level 2",
        "read only",
        "is on /trial-balance",
        "/journal/&#60;1&#62;",
        "Change",
    ] {
        assert!(html.contains(words), "{words}");
    }
}
