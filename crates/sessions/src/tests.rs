//! The rules that need no database; `stored` has those that do.

mod rows;
mod stored;

use kernel::{Duration, Factor, SessionId, Timestamp, UserId, entropy::Counting};

use crate::{
    account,
    model::{Kind, Session},
    operations, pages,
};

const BEGAN: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn session(kind: Kind) -> Session {
    let chance = Counting::new(1);
    Session {
        id: SessionId::new(BEGAN, &chance),
        kind,
        user: UserId::new(BEGAN, &chance),
        parent: None,
        application: None,
        organization: None,
        grant: None,
        grant_kind: String::new(),
        partner: None,
        factor: Factor::None,
        proved_at: None,
        single_sign_on_of: None,
        created_at: BEGAN,
        expires_at: BEGAN + kind.longest(),
        idle_limit: kind.idle_limit(),
        last_used_at: BEGAN,
        ended_at: None,
        parent_ended_at: None,
        address: String::new(),
        user_agent: String::new(),
    }
}

/// S29: 61 minutes idle, or 24 hours and a second of steady use, and it is over.
#[test]
fn an_own_session_ends_by_rest_and_by_age() {
    let idle = session(Kind::Own);
    assert!(idle.is_good(BEGAN + Duration::minutes(59)));
    assert!(!idle.is_good(BEGAN + Duration::hours(1)), "the limit itself is past");
    let mut steady = session(Kind::Own);
    steady.last_used_at = BEGAN + Duration::hours(24);
    assert!(!steady.is_good(BEGAN + Duration::hours(24)));
    steady.last_used_at = BEGAN + Duration::hours(24) - Duration::seconds(1);
    assert!(steady.is_good(BEGAN + Duration::hours(24) - Duration::seconds(1)));
}

/// S29: inside a customer's account 15 minutes and 8 hours.
#[test]
fn an_acting_session_is_shorter() {
    let acting = session(Kind::Acting);
    assert!(acting.is_good(BEGAN + Duration::minutes(14)));
    assert!(!acting.is_good(BEGAN + Duration::minutes(15)));
    assert_eq!(Kind::Acting.longest(), Duration::hours(8));
}

#[test]
fn what_ended_or_hangs_on_what_ended_is_not_good() {
    let mut ended = session(Kind::Own);
    ended.ended_at = Some(BEGAN);
    assert!(!ended.is_good(BEGAN));
    let mut child = session(Kind::Application);
    child.parent_ended_at = Some(BEGAN);
    assert!(!child.is_good(BEGAN));
}

#[test]
fn kinds_have_one_spelling() {
    for kind in [Kind::Own, Kind::Application, Kind::Acting] {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(Kind::parse("Own"), None);
}

/// A8: only an entry into a customer's account is told to the customer.
#[test]
fn only_entries_into_accounts_are_told() {
    let mut acting = session(Kind::Acting);
    let chance = Counting::new(9);
    acting.grant = Some(kernel::GrantId::new(BEGAN, &chance));
    acting.organization = Some(kernel::OrganizationId::new(BEGAN, &chance));
    let ended = [session(Kind::Own), session(Kind::Application), acting];
    assert_eq!(operations::left(&ended).count(), 1);
    assert_eq!(operations::endings(&ended).len(), 4);
}

#[test]
fn a_zone_is_one_that_the_database_knows() {
    assert_eq!(account::zone("").expect("none"), "");
    assert_eq!(account::zone(" America/Sao_Paulo ").expect("known"), "America/Sao_Paulo");
    assert!(account::zone("Mars/Olympus").is_err());
    let zones = account::zones();
    assert!(zones.iter().any(|zone| zone == "Europe/Madrid") && zones.len() > 300);
}

#[test]
fn a_device_is_named_by_what_it_says() {
    let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0";
    assert_eq!(pages::device(edge), (Some("Edge"), Some("Windows")));
    assert_eq!(
        pages::device("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        (Some("Firefox"), Some("Linux"))
    );
    assert_eq!(pages::device("curl/8.5.0"), (None, None));
}
