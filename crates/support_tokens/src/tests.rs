//! The rules that need no database.

mod rows;
mod stage;
mod story;

use grants::{Ended, EndedHow, Grant, Kind, Mode, NewGrant, State};
use kernel::{Duration, Error, Factor, GrantId, OrganizationId, Timestamp, UserId, entropy::Counting};
use proptest::prelude::*;

use crate::model::{Association, Reason, ReferenceCode, SupportToken, Ticket, Used, clock, is_strong_enough};

const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn user(seed: u64) -> UserId {
    UserId::new(START, &Counting::new(seed))
}

fn token() -> SupportToken {
    let chance = Counting::new(1);
    let organization = OrganizationId::new(START, &chance);
    let new = NewGrant {
        kind: Kind::SupportToken,
        organization: Some(organization),
        mode: Mode::default(),
        created_by: user(10),
        created_through: None,
        answer_window: Duration::hours(4),
        validity: Some(Duration::hours(1)),
        not_after: None,
    };
    SupportToken {
        organization,
        validity: Duration::hours(1),
        grant: Grant::new(GrantId::new(START, &chance), new, START),
        code: ReferenceCode::new(&chance),
        organization_name: "Aurora Holding".to_owned(),
        made_by: "Joana".to_owned(),
        customer_ticket: None,
        association: None,
        used: Used::default(),
    }
}

fn association(agent: u64, name: &str) -> Association {
    Association {
        agent: user(agent),
        agent_name: name.to_owned(),
        agent_level: Some(2),
        ticket: "48213".to_owned(),
        reason: String::new(),
    }
}

/// A token that Ana took at the start.
fn taken() -> SupportToken {
    let token = token().associate(association(20, "Ana Souza"), START, "UTC").expect("pending");
    SupportToken { grant: token.grant.clone().activate(START).expect("pending"), ..token }
}

fn sentence(error: Error) -> (&'static str, String) {
    match error {
        Error::Conflict(code, sentence) => (code.0, sentence),
        Error::Invalid(mut fields) => {
            let field = fields.remove(0);
            (field.code.0, field.sentence)
        }
        other => panic!("unexpected {other}"),
    }
}

proptest! {
    /// A14: a code reads back however it was typed.
    #[test]
    fn a_code_reads_back_however_it_was_typed(seed: u64, lower: bool, spaces in 0usize..9) {
        let code = ReferenceCode::new(&Counting::new(seed));
        let mut typed = code.to_string();
        prop_assert_eq!(typed.len(), 9);
        prop_assert_eq!(typed.parse(), Ok(code));
        typed.insert(spaces.min(typed.len()), ' ');
        typed = typed.replace('0', "o").replace('1', if lower { "l" } else { "I" });
        if lower {
            typed = typed.to_lowercase();
        }
        prop_assert_eq!(typed.parse(), Ok(code), "{}", typed);
    }

    /// Every single wrong character, and every exchange of two, is found before the database is asked.
    #[test]
    fn a_mistyped_code_is_found(seed: u64, place in 0usize..8, other in 0usize..8, wrong in 0usize..32) {
        let code = ReferenceCode::new(&Counting::new(seed)).compact();
        let mut changed: Vec<char> = code.chars().collect();
        changed[place] = ALPHABET.chars().nth(wrong).expect("one of 32");
        let changed: String = changed.into_iter().collect();
        prop_assert_eq!(changed.parse::<ReferenceCode>().is_ok(), changed == code);
        let mut swapped: Vec<char> = code.chars().collect();
        swapped.swap(place, other);
        let swapped: String = swapped.into_iter().collect();
        prop_assert_eq!(swapped.parse::<ReferenceCode>().is_ok(), swapped == code);
    }
}

#[test]
fn what_is_no_code_is_refused() {
    for text in ["", "7QM4", "7QM4-K2XVZ", "7QM4-K2XU", "ÄÖÜß-0000", "7QM4 K2X\u{0}"] {
        assert!(text.parse::<ReferenceCode>().is_err(), "{text:?}");
    }
}

/// A16: of two agents, the later is told who was first and when.
#[test]
fn the_later_agent_is_told_who_was_first() {
    let later = START + Duration::minutes(5);
    let (code, words) =
        sentence(taken().associate(association(21, "B. Ramos"), later, "UTC").expect_err("taken"));
    assert_eq!(code, "support_token_already_taken");
    assert_eq!(words, format!("Ana Souza associated this token at {}.", clock(START, later, "UTC")));
    let (_, own) =
        sentence(taken().associate(association(20, "Ana Souza"), later, "UTC").expect_err("taken"));
    assert!(own.starts_with("You associated"), "{own}");
}

/// A17: what is expired or revoked gets the very answer of a code that never was.
#[test]
fn what_is_over_answers_like_an_unknown_code() {
    let unknown = sentence(crate::model::unknown_code());
    let expired = token().associate(association(20, "Ana Souza"), START + Duration::hours(4), "UTC");
    assert_eq!(sentence(expired.expect_err("nobody took it in time")), unknown);
    let mut revoked = token();
    revoked.grant = revoked.grant.revoke(EndedHow::Customer, None, START).expect("pending");
    assert_eq!(
        sentence(revoked.associate(association(20, "Ana Souza"), START, "UTC").expect_err("revoked")),
        unknown
    );
    let run_out = taken().associate(association(21, "B. Ramos"), START + Duration::hours(1), "UTC");
    assert_eq!(sentence(run_out.expect_err("its time is over")), unknown);
}

/// A31: its maker, and an administrator; nobody else.
#[test]
fn who_may_revoke() {
    let token = token();
    assert!(token.may_be_revoked_by(user(10), false), "its maker");
    assert!(token.may_be_revoked_by(user(11), true), "an administrator of the organization");
    assert!(!token.may_be_revoked_by(user(11), false), "another member");
}

/// A13: the later of two is told of the one there is.
#[test]
fn a_second_one_is_told_of_the_first() {
    let (code, words) = sentence(token().stands_in_the_way(START, "UTC"));
    assert_eq!(code, "support_token_exists");
    assert!(words.contains("Joana") && words.contains(&token().code.to_string()), "{words}");
    let (_, words) = sentence(taken().stands_in_the_way(START, "UTC"));
    assert!(words.contains("Ana Souza"), "{words}");
}

/// A29, A31: whoever comes second to end it is told who did.
#[test]
fn what_has_ended_says_by_whom() {
    let mut token = taken();
    token.grant.ended =
        Some(Ended { at: START, how: EndedHow::Customer, by: Some((user(10), "Joana".to_owned())) });
    assert_eq!(token.state(START), State::Revoked);
    let (code, words) = sentence(token.ended_already(START, "UTC"));
    assert_eq!(code, "support_token_ended");
    assert!(words.starts_with("Joana ended this token at "), "{words}");
}

#[test]
fn tickets_and_reasons_are_one_line() {
    let ticket = |text: &str| Ticket::parse("ticket", text).map(|ticket| ticket.map(Ticket::into_text));
    assert_eq!(ticket("  48213 \n b "), Ok(Some("48213 b".to_owned())));
    assert_eq!(ticket(" \t "), Ok(None));
    assert!(ticket(&"9".repeat(65)).is_err());
    assert!(ticket("4\u{7}8").is_err(), "a bell");
    assert!(Reason::parse("reason", &"x".repeat(301)).is_err());
    assert_eq!(Reason::parse("reason", "").map(Reason::into_text), Ok(String::new()));
}

#[test]
fn a_clock_says_the_day_only_when_it_is_another() {
    let at = Timestamp::from_seconds(1_773_328_440);
    assert_eq!(clock(at, at, "America/Sao_Paulo"), "12:14");
    assert_eq!(clock(at, at + Duration::days(1), "America/Sao_Paulo"), "12:14 on 12 March 2026");
    assert_eq!(clock(at, at, ""), "15:14 UTC");
}

/// S26: where the vendor asks for passkeys, a code of an app does not bring an agent near a customer's account.
#[test]
fn a_vendor_may_ask_agents_for_passkeys() {
    for (factor, is_passkey) in
        [(Factor::Passkey, true), (Factor::Totp, false), (Factor::RecoveryCode, false)]
    {
        assert!(is_strong_enough(factor, false));
        assert_eq!(is_strong_enough(factor, true), is_passkey, "{factor:?}");
    }
}
