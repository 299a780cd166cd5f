//! Organizations, memberships and invitations, and the rules that need no database.

use kernel::{
    Code, Duration, EmailAddress, FieldError, InvitationId, MembershipId, OrganizationId, Timestamp, UserId,
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $variant),* }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// Who of an organization may open its padlock.
    WhoMayOpen {
        Members "members",
        Administrators "administrators",
    }
}

words! {
    /// What a person is in one organization (A38).
    Role {
        Administrator "administrator",
        Member "member",
    }
}

words! {
    /// Whose person a member is.
    MemberKind {
        Customer "customer",
        /// The vendor's, invited by the customer for a time (A6).
        VendorStaff "vendor_staff",
    }
}

words! {
    /// What kind of user a member is in the product.
    UserType {
        None "",
        Practitioner "practitioner",
        AdministratorClient "administrator_client",
        StandardClient "standard_client",
        Employee "employee",
    }
}

/// A customer's account in the vendor's product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub external_id: Option<String>,
    /// How many companies the account has, as the vendor tells.
    pub companies: i64,
    /// Shorter than the vendor's, if the organization chose so (A3).
    pub longest_validity: Option<Duration>,
    pub who_may_open: WhoMayOpen,
    /// Since when the vendor's product may open for a member who asks it to; never by default.
    pub backend_may_open_at: Option<Timestamp>,
    /// Since when the vendor says that its people work for others (B1).
    pub partner_since: Option<Timestamp>,
    /// Since when the vendor says that partners may work for it (B1).
    pub client_since: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Organization {
    /// No token of this organization may be valid for longer (A3).
    pub fn longest_validity(&self, of_vendor: Duration) -> Duration {
        self.longest_validity.map_or(of_vendor, |own| own.min(of_vendor))
    }
}

/// A person's place in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub id: MembershipId,
    pub organization: OrganizationId,
    pub user: UserId,
    pub role: Role,
    pub kind: MemberKind,
    pub user_type: UserType,
    /// People of this type sign in at the organization's own provider.
    pub is_managed: bool,
    pub created_at: Timestamp,
    /// A temporary user's end (B19).
    pub ends_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub last_access_at: Option<Timestamp>,
}

impl Membership {
    /// Whether it holds now; its end needs nobody to note it.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.ends_at.is_none_or(|end| now < end)
    }

    pub const fn is_administrator(&self) -> bool {
        matches!(self.role, Role::Administrator)
    }

    /// An administrator on whom the organization can rely: its own, and without an end (A41).
    pub const fn is_lasting_administrator(&self) -> bool {
        self.is_administrator()
            && matches!(self.kind, MemberKind::Customer)
            && self.ends_at.is_none()
            && self.ended_at.is_none()
    }

    /// An administrator who can sign in also when the organization's provider cannot be reached, or is in the wrong hands.
    pub const fn is_local_administrator(&self) -> bool {
        self.is_lasting_administrator() && !self.is_managed
    }

    /// Whether a session opens this place. One that an organization's provider opened is good for that organization alone, and
    /// there for whom the provider speaks; where people sign in at their provider, no other is.
    pub fn is_open_to(&self, single_sign_on_of: Option<OrganizationId>) -> bool {
        match single_sign_on_of {
            Some(organization) => organization == self.organization && self.is_managed,
            None => !self.is_managed,
        }
    }

    /// Whether this member may open the padlock. The vendor's people never may, invited or not (A7, A32).
    pub fn may_open(&self, organization: &Organization) -> bool {
        self.kind == MemberKind::Customer
            && (self.is_administrator() || organization.who_may_open == WhoMayOpen::Members)
    }
}

/// A line of the members' list (B20).
#[derive(Debug, Clone)]
pub struct Member {
    pub membership: Membership,
    pub name: String,
    pub email: EmailAddress,
    pub external_id: Option<String>,
}

/// What an invitation makes of whoever accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    Membership {
        organization: OrganizationId,
        role: Role,
        kind: MemberKind,
        user_type: UserType,
        ends_at: Option<Timestamp>,
    },
    Staff {
        agent_level: Option<u8>,
        is_administrator: bool,
    },
}

impl Offer {
    /// How long the link works: shorter where it leads to the vendor's own powers.
    pub const fn link_lives(&self) -> Duration {
        match self {
            Self::Membership { .. } => Duration::days(7),
            Self::Staff { .. } => Duration::hours(24),
        }
    }

    pub const fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Membership { organization, .. } => Some(*organization),
            Self::Staff { .. } => None,
        }
    }
}

/// A link that was mailed to somebody. Bound to the address and to what it offers (A39).
#[derive(Debug, Clone)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: EmailAddress,
    pub name: String,
    pub offer: Offer,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub expires_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether the link still works.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// The longest time for which the vendor's people can be members (A6); nothing is endless.
pub const LONGEST_STAY_OF_VENDOR: Duration = Duration::days(366);

/// What is wrong with a place in an organization as it is offered or changed.
///
/// `is_vendors` says whether the person is one of the vendor's people, by their address or by their role.
pub fn wrong_place(
    kind: MemberKind,
    role: Role,
    ends_at: Option<Timestamp>,
    is_vendors: bool,
    now: Timestamp,
) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut refuse = |field, code, sentence: &str| {
        wrong.push(FieldError { field, code: Code(code), sentence: sentence.to_owned() });
    };
    match (kind, is_vendors) {
        (MemberKind::Customer, true) => refuse(
            "email",
            "vendor_staff_address",
            "This is an address of the vendor's own people. They can be members only as vendor staff, with an end.",
        ),
        (MemberKind::VendorStaff, false) => refuse(
            "email",
            "not_vendor_staff",
            "This is not an address of the vendor's own people. Invite the person as one of yours.",
        ),
        _ => {}
    }
    if kind == MemberKind::VendorStaff {
        if role == Role::Administrator {
            refuse(
                "role",
                "vendor_staff_cannot_administer",
                "The vendor's people can be members, never administrators.",
            );
        }
        match ends_at {
            None => refuse(
                "ends_at",
                "required",
                "Choose when this ends. The vendor's people stay for a time only.",
            ),
            Some(end) if end > now + LONGEST_STAY_OF_VENDOR => {
                refuse("ends_at", "too_far", "Choose an end within one year.");
            }
            Some(_) => {}
        }
    }
    if ends_at.is_some_and(|end| end <= now) {
        refuse("ends_at", "in_the_past", "Choose an end that is still to come.");
    }
    wrong
}

/// Whether an address belongs to the vendor: one of its mail domains, or a part of one.
pub fn is_vendor_address(email: &EmailAddress, vendor_domains: &[String]) -> bool {
    let domain = email.domain();
    vendor_domains.iter().any(|of_vendor| {
        domain.len() >= of_vendor.len()
            && domain[domain.len() - of_vendor.len()..].eq_ignore_ascii_case(of_vendor)
            && (domain.len() == of_vendor.len()
                || domain.as_bytes()[domain.len() - of_vendor.len() - 1] == b'.')
    })
}
