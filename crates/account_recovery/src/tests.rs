//! Rules that need no database.

use kernel::{Duration, LostDeviceId, Timestamp, UserId};

use crate::model::{
    Check, End, EndedHow, LostDevice, State, UNANSWERED, WAIT, all_checked, checked_change, checked_contact,
    checked_note, checked_reason,
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn request() -> LostDevice {
    LostDevice {
        id: LostDeviceId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        reason: "stolen".to_owned(),
        contact: "+55 11 5555".to_owned(),
        created_at: NOW,
        expires_at: NOW + UNANSWERED,
        approved_at: None,
        takes_effect_at: None,
        ended: None,
    }
}

/// C14: a request ends by itself when nobody answers, and an approved one is due after a whole day, not before.
#[test]
fn a_request_is_open_then_waits_then_is_due() {
    let open = request();
    assert_eq!(open.state(NOW), State::Open);
    assert_eq!(open.state(NOW + UNANSWERED), State::Ended(EndedHow::Expired));
    assert!(!open.is_due(NOW + UNANSWERED), "nobody approved it");
    let waiting = LostDevice { approved_at: Some(NOW), takes_effect_at: Some(NOW + WAIT), ..request() };
    assert_eq!(waiting.state(NOW), State::Waiting);
    assert!(!waiting.is_due(NOW + WAIT - Duration::micros(1)));
    assert!(waiting.is_due(NOW + WAIT));
    assert_eq!(WAIT.as_seconds(), 24 * 3600);
    let ended = LostDevice { ended: Some(End { at: NOW, how: EndedHow::Stopped, by: None }), ..waiting };
    assert_eq!(ended.state(NOW + WAIT), State::Ended(EndedHow::Stopped));
    assert!(!ended.is_due(NOW + WAIT), "stopped is stopped");
}

#[test]
fn nobody_judges_their_own_request() {
    assert!(request().may_be_judged_by(UserId::from_bytes([2; 16])).is_err());
    assert!(request().may_be_judged_by(UserId::from_bytes([3; 16])).is_ok());
}

/// C14: all of the list, nothing beside it.
#[test]
fn the_whole_list_has_to_be_checked() {
    let mut names: Vec<String> = Check::ALL.iter().map(|check| check.as_str().to_owned()).collect();
    assert_eq!(all_checked(&names).expect("all"), Check::ALL);
    names.push("called_back".to_owned());
    assert_eq!(all_checked(&names).expect("twice is once"), Check::ALL);
    assert_eq!(all_checked(&names[1..4]).expect_err("one is missing").code.0, "checks_missing");
    assert_eq!(all_checked(&["skip".to_owned()]).expect_err("unknown").code.0, "not_a_check");
    assert!(all_checked(&[]).is_err());
}

#[test]
fn words_of_people_are_taken_as_text_of_a_sensible_length() {
    assert_eq!(checked_reason(" my phone\r\nwas stolen\u{202e} ").expect("text"), "my phone\nwas stolen");
    assert!(checked_reason(" \u{200b} ").is_err());
    assert!(checked_reason(&"x".repeat(501)).is_err());
    assert!(checked_contact(&"5".repeat(121)).is_err());
    assert_eq!(checked_note("  ").expect("empty"), "");
}

/// E15: whoever has an address of the vendor's keeps one, and nobody else gets one.
#[test]
fn the_vendors_addresses_are_its_peoples() {
    let domains = ["vendor.example".to_owned()];
    let change = |from: &str, to: &str, has_role: bool| {
        let (from, to) = (from.parse().expect("an address"), to.parse().expect("an address"));
        checked_change(&from, &to, has_role, &domains).map_err(|wrong| wrong.code.0)
    };
    assert_eq!(change("ana@aurora.example", "ana@boreal.example", false), Ok(()));
    assert_eq!(change("ana@aurora.example", "ana@vendor.example", false), Err("vendor_address"));
    assert_eq!(change("ana@aurora.example", "ana@mail.vendor.example", false), Err("vendor_address"));
    assert_eq!(change("ana@aurora.example", "ana@vendor.example", true), Ok(()));
    assert_eq!(change("ana@vendor.example", "a.s@vendor.example", true), Ok(()));
    assert_eq!(change("ana@vendor.example", "ana@aurora.example", true), Err("vendor_address_required"));
    assert_eq!(change("ana@aurora.example", "ANA@aurora.example", false), Err("same_email"));
}
