//! Rules that need no database.

use kernel::{EmailAddress, Staff, Timestamp, UserId};
use people::{StaffMember, User};

use crate::model::{Loss, wrong_role};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn member(agent_level: Option<u8>, is_administrator: bool, is_suspended: bool) -> StaffMember {
    let email: EmailAddress = "ana@ledger.example".parse().expect("an address");
    StaffMember {
        user: User {
            id: UserId::from_bytes([1; 16]),
            email,
            name: "Ana Souza".into(),
            external_id: None,
            language: String::new(),
            time_zone: String::new(),
            created_at: NOW,
            suspended_at: None,
            locked_at: None,
        },
        agent_level,
        is_administrator,
        created_at: NOW,
        suspended_at: is_suspended.then_some(NOW),
    }
}

/// A37: losing the agent's role counts, whatever else the person is.
#[test]
fn whoever_is_no_agent_any_more_loses_their_entries() {
    let agent = Staff { agent_level: Some(2), is_administrator: true };
    let administrator = Staff { agent_level: None, is_administrator: true };
    assert_eq!(Loss::between(agent, administrator), Loss { of_agency: true, of_administration: false });
    assert_eq!(
        Loss::between(agent, Staff { agent_level: Some(1), is_administrator: false }),
        Loss { of_agency: false, of_administration: true }
    );
}

#[test]
fn a_suspended_administrator_is_not_lost_twice() {
    assert!(Loss::by_suspension(&member(None, true, false)).of_administration);
    assert!(!Loss::by_suspension(&member(None, true, true)).of_administration);
    assert_eq!(member(Some(3), true, true).staff(), Staff::default());
}

#[test]
fn levels_are_one_to_three_and_a_new_role_is_some_role() {
    for level in [0, 4, 255] {
        assert_eq!(wrong_role(Some(level), true, false).map(|error| error.code.0), Some("not_a_level"));
    }
    assert_eq!(wrong_role(None, false, true).map(|error| error.code.0), Some("required"));
    assert!(wrong_role(None, false, false).is_none());
    assert!(wrong_role(None, true, true).is_none());
    assert!(wrong_role(Some(1), false, true).is_none());
}
