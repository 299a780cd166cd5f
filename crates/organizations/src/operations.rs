//! The verbs, and what other capabilities ask inside their own transactions.

mod accept;
mod customers;
mod expiry;
mod invitations;
mod lookups;
mod managed;
mod members;
mod settings;
pub mod setup;

pub use accept::{Accepted, NewPerson, Next, Offered, accept_invitation, look_at_invitation};
pub use customers::{
    ChangeOrganization, CreateOrganization, OrganizationSummary, change, create, first_invitations,
    invite_first_administrator, list, list_own, register, view,
};
pub use expiry::{expire_memberships, run_expiry};
pub use invitations::{
    Invite, invite, invite_staff, list_invitations, list_staff_invitations, revoke_invitation,
    revoke_staff_invitation,
};
pub use lookups::{
    administrators, count_members, find, get, lock, membership, memberships_of, note_access, note_accesses,
    open_memberships, require_administrator, require_member, resolve, resolve_for,
};
pub use managed::{
    admit, count_local_administrators, manage, managed_places, managed_types, manager_of, people_of_types,
};
pub use members::{
    ChangeMember, MemberQuery, MemberSort, change_member, get_member, list_members, unlink,
    unlink_vendor_staff, vendor_staff, vendor_staff_invitations,
};
pub use settings::{ChangeSettings, change_settings};
