//! The rules that need no database; `stored` has those that do.

mod pages;
mod stored;

use kernel::{Duration, Timestamp};

use crate::model::{self, Failures};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const HOME: &str = "https://access.example.com";

fn failed(failures: i64) -> Failures {
    Failures { failures, first_at: NOW, last_at: NOW }
}

#[test]
fn an_account_waits_longer_with_each_failure_up_to_a_limit() {
    let wait = |failures| failed(failures).account_wait(NOW).map(Duration::as_seconds);
    assert_eq!(wait(4), None);
    assert_eq!([5, 6, 7, 8, 9, 10, 11].map(wait), [30, 60, 120, 240, 480, 900, 900].map(Some));
    assert_eq!(wait(i64::MAX), Some(900));
    assert_eq!(failed(5).account_wait(NOW + Duration::seconds(30)), None, "the wait is over");
    assert_eq!(failed(5).account_wait(NOW + Duration::seconds(29)), Some(Duration::seconds(1)));
}

#[test]
fn a_source_waits_after_fifty_failures_within_the_window() {
    assert_eq!(failed(49).source_wait(NOW), None);
    assert_eq!(failed(50).source_wait(NOW), Some(Duration::minutes(15)));
    let later = NOW + Duration::minutes(15);
    assert_eq!(failed(50).source_wait(later), None);
    assert_eq!(failed(50).source_counted(later), Failures { failures: 1, first_at: later, last_at: later });
    assert_eq!(failed(3).source_counted(NOW + Duration::minutes(1)).failures, 4);
}

/// The limit is the same for one address in two spellings, and for one household.
#[test]
fn spellings_share_a_count() {
    assert_eq!(model::account_key(" Joana@Aurora.Example"), model::account_key("joana@aurora.example"));
    assert_eq!(model::account_key("No Address"), model::account_key("no address"));
    assert_ne!(model::account_key("a@b.example"), model::account_key("b@b.example"));
    assert!(!model::account_key("a@b.example").contains("a@b"));
    assert_eq!(model::source_key("2001:db8:1:2::7"), model::source_key("2001:db8:1:2:ffff::1"));
    assert_ne!(model::source_key("2001:db8:1:2::7"), model::source_key("2001:db8:1:3::7"));
    assert_eq!(model::source_key("::ffff:192.0.2.1"), model::source_key("192.0.2.1"));
}

/// Case 36: whatever could lead to another host is none.
#[test]
fn only_pages_of_this_host_are_returned_to() {
    let long = format!("/{}", "a".repeat(65_536));
    for bad in [
        "",
        "evil",
        "//evil",
        "/\\evil",
        "\\\\evil",
        "https:evil",
        "https://evil.example",
        "https://access.example.com/x",
        "javascript:alert(1)",
        "/\t/evil",
        "/a\r\nSet-Cookie: x",
        "/ /evil",
        "/caf\u{e9}",
        "/sign-in",
        "/sign-in?return_to=/x",
        "/./sign-out",
        long.as_str(),
    ] {
        assert_eq!(model::own_page(bad, HOME), None, "{bad:?}");
    }
    for good in ["/organizations", "/desk?code=7QM4-K2XV", "/%2F%2Fevil", "/..//evil", "/a?next=//evil"] {
        let found = model::own_page(good, HOME).expect(good);
        let there = url::Url::parse(HOME).expect("a URL").join(&found).expect("a path");
        assert_eq!(there.host_str(), Some("access.example.com"), "{good}");
    }
}

/// Case 36: what counts is the origin as a browser reads it.
#[test]
fn a_products_address_is_known_by_its_parsed_origin() {
    let long = format!("https://app.example/{}", "a".repeat(65_536));
    for bad in [
        "",
        "/x",
        "//app.example",
        "app.example",
        "https://app.example@evil",
        "https://u:p@app.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example\\@evil",
        "https://app.exa\tmple/",
        "https://app.example/\r\n",
        "ftp://app.example/",
        long.as_str(),
    ] {
        assert!(model::product_page(bad).is_none(), "{bad:?}");
    }
    let origin = |text: &str| model::product_page(text).map(|(_, origin)| origin).expect("an address");
    assert_eq!(origin("https://app.example:443/x?y#z"), "https://app.example");
    assert_eq!(origin("HTTPS://App.Example"), "https://app.example");
    assert_eq!(origin("https://app.example.evil/"), "https://app.example.evil");
    assert_eq!(origin("http://app.example:8080/"), "http://app.example:8080");
    assert_ne!(origin("http://app.example/"), origin("https://app.example/"));
}
