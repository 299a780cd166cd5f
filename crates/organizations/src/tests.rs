//! Rules that need no database; those that do stand in `operations`.

mod operations;
mod rows;

use kernel::{Duration, EmailAddress, MembershipId, OrganizationId, Timestamp, UserId};
use proptest::prelude::*;

use crate::model::{
    MemberKind, Membership, Offer, Organization, Role, UserType, WhoMayOpen, is_vendor_address, wrong_place,
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

fn place(role: Role, kind: MemberKind, ends_at: Option<Timestamp>) -> Membership {
    Membership {
        is_managed: false,
        id: MembershipId::from_bytes([1; 16]),
        organization: OrganizationId::from_bytes([2; 16]),
        user: UserId::from_bytes([3; 16]),
        role,
        kind,
        user_type: UserType::None,
        created_at: NOW,
        ends_at,
        ended_at: None,
        last_access_at: None,
    }
}

fn organization(who_may_open: WhoMayOpen, longest_validity: Option<Duration>) -> Organization {
    Organization {
        id: OrganizationId::from_bytes([2; 16]),
        name: "Aurora Serviços".into(),
        external_id: None,
        companies: 3,
        longest_validity,
        who_may_open,
        backend_may_open_at: None,
        partner_since: None,
        client_since: None,
        created_at: NOW,
    }
}

fn codes(kind: MemberKind, role: Role, ends_at: Option<Timestamp>, is_vendors: bool) -> Vec<&'static str> {
    wrong_place(kind, role, ends_at, is_vendors, NOW).into_iter().map(|error| error.code.0).collect()
}

/// B19: a temporary membership holds until its instant and not a microsecond longer, whether or not anybody noted it.
#[test]
fn a_membership_ends_by_itself_at_its_instant() {
    let end = NOW + Duration::hours(1);
    let temporary = place(Role::Member, MemberKind::Customer, Some(end));
    assert!(temporary.is_current(end - Duration::micros(1)));
    assert!(!temporary.is_current(end));
    assert!(place(Role::Member, MemberKind::Customer, None).is_current(end + Duration::days(9000)));
}

/// A6, A7: the vendor's people come in as vendor staff only: for a time, and never as administrators.
#[test]
fn the_vendors_people_are_members_for_a_time_only() {
    let soon = Some(NOW + Duration::days(30));
    assert_eq!(codes(MemberKind::Customer, Role::Member, None, true), ["vendor_staff_address"]);
    assert_eq!(codes(MemberKind::Customer, Role::Administrator, soon, true), ["vendor_staff_address"]);
    assert_eq!(codes(MemberKind::VendorStaff, Role::Member, soon, false), ["not_vendor_staff"]);
    assert_eq!(codes(MemberKind::VendorStaff, Role::Member, None, true), ["required"]);
    assert_eq!(
        codes(MemberKind::VendorStaff, Role::Administrator, soon, true),
        ["vendor_staff_cannot_administer"]
    );
    let endless = Some(NOW + Duration::days(10_000));
    assert_eq!(codes(MemberKind::VendorStaff, Role::Member, endless, true), ["too_far"]);
    assert!(codes(MemberKind::VendorStaff, Role::Member, soon, true).is_empty());
    assert!(codes(MemberKind::Customer, Role::Administrator, None, false).is_empty());
    assert_eq!(codes(MemberKind::Customer, Role::Member, Some(NOW), false), ["in_the_past"]);
}

/// A7, A32, A38: who may open the padlock follows the organization's choice; the vendor's people never may.
#[test]
fn the_vendors_people_never_open_the_padlock() {
    for who in WhoMayOpen::ALL {
        let organization = organization(*who, None);
        for role in Role::ALL {
            assert!(!place(*role, MemberKind::VendorStaff, None).may_open(&organization));
        }
        assert!(place(Role::Administrator, MemberKind::Customer, None).may_open(&organization));
    }
    let member = place(Role::Member, MemberKind::Customer, None);
    assert!(member.may_open(&organization(WhoMayOpen::Members, None)));
    assert!(!member.may_open(&organization(WhoMayOpen::Administrators, None)));
}

/// A41: an organization relies on administrators of its own, without an end.
#[test]
fn an_administrator_with_an_end_is_not_one_to_rely_on() {
    let soon = Some(NOW + Duration::days(1));
    assert!(place(Role::Administrator, MemberKind::Customer, None).is_lasting_administrator());
    assert!(!place(Role::Administrator, MemberKind::Customer, soon).is_lasting_administrator());
    assert!(!place(Role::Administrator, MemberKind::VendorStaff, None).is_lasting_administrator());
    assert!(!place(Role::Member, MemberKind::Customer, None).is_lasting_administrator());
}

/// A3: an organization may set a shorter limit than the vendor's; one that is longer has no effect.
#[test]
fn the_shorter_of_two_limits_holds() {
    let of_vendor = Duration::days(3);
    let limit = |own| organization(WhoMayOpen::Members, own).longest_validity(of_vendor);
    assert_eq!(limit(None), of_vendor);
    assert_eq!(limit(Some(Duration::hours(4))), Duration::hours(4));
    assert_eq!(limit(Some(Duration::days(30))), of_vendor);
}

/// A6, E15: whose an address is goes by whole labels of its domain.
#[test]
fn a_vendor_address_is_known_by_its_domain() {
    let domains = ["ledger.example".to_owned()];
    for of_vendor in ["ana@ledger.example", "ana@LEDGER.example", "ana@support.ledger.example"] {
        assert!(is_vendor_address(&address(of_vendor), &domains), "{of_vendor}");
    }
    for other in
        ["ana@notledger.example", "ledger.example@aurora.example", "ana@ledger.example.aurora.example"]
    {
        assert!(!is_vendor_address(&address(other), &domains), "{other}");
    }
    assert!(!is_vendor_address(&address("ana@aurora.example"), &[]));
}

/// S8: a link to the vendor's own powers lives for a day, one to a membership for a week.
#[test]
fn links_to_more_power_live_shorter() {
    let staff = Offer::Staff { agent_level: Some(1), is_administrator: false };
    let member = Offer::Membership {
        organization: OrganizationId::from_bytes([2; 16]),
        role: Role::Member,
        kind: MemberKind::Customer,
        user_type: UserType::None,
        ends_at: None,
    };
    assert_eq!(staff.link_lives(), Duration::hours(24));
    assert_eq!(member.link_lives(), Duration::days(7));
}

proptest! {
    /// A6: whatever is asked for, no place that is taken lets the vendor's people stay without an end or administer.
    #[test]
    fn no_taken_place_gives_the_vendor_more(
        vendor_kind in any::<bool>(), administers in any::<bool>(), is_vendors in any::<bool>(),
        end in proptest::option::of(-1_000_000_i64..100_000_000),
    ) {
        let kind = if vendor_kind { MemberKind::VendorStaff } else { MemberKind::Customer };
        let role = if administers { Role::Administrator } else { Role::Member };
        let ends_at = end.map(|seconds| Timestamp::from_seconds(NOW.as_seconds() + seconds));
        if wrong_place(kind, role, ends_at, is_vendors, NOW).is_empty() {
            prop_assert_eq!(is_vendors, kind == MemberKind::VendorStaff);
            prop_assert!(!is_vendors || (role == Role::Member && ends_at.is_some()));
            prop_assert!(ends_at.is_none_or(|end| end > NOW));
        }
    }
}
