//! Levels, groups of user types, and what they ask of somebody. No database.

use kernel::{Duration, Error, Factor, MembershipId, OrganizationId, Timestamp, UserId};
use organizations::UserType;

/// A code that an agent tells somebody lives so long, and takes so many tries.
pub const SET_UP_CODE_LASTS: Duration = Duration::minutes(30);
pub const SET_UP_CODE_TRIES: i64 = 5;
/// Agents of this level and above decide about levels (E1).
pub const LEVEL_NEEDED: u8 = 2;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// People of one organization for whom one level is set (E3).
    Group {
        Practitioners "practitioners",
        /// Administrator clients and standard clients.
        Clients "clients",
        /// Of the firm's clients.
        Employees "employees",
        /// Whoever has no user type, while practitioners come by single sign-on and these do not. Else they are practitioners.
        Untyped "no_user_type",
    }
}

words! {
    /// What is asked, the strictest last (E2).
    Level {
        /// Each person decides.
        UponRequest "upon_request",
        /// Offered after the sign-in; the person may put it off.
        Suggested "suggested",
        /// Until it is set up, everything stays closed to the person.
        Mandatory "mandatory",
    }
}

words! {
    /// How it stands with one person (E10).
    State {
        NotOffered "not_offered",
        Suggested "suggested",
        Forced "forced",
        SetUp "set_up",
        ManagedBySso "managed_by_sso",
    }
}

impl Group {
    /// Whoever has no user type is of the firm itself: nobody is outside of every group.
    pub const fn of(user_type: UserType) -> Self {
        match user_type {
            UserType::Practitioner | UserType::None => Self::Practitioners,
            UserType::AdministratorClient | UserType::StandardClient => Self::Clients,
            UserType::Employee => Self::Employees,
        }
    }

    /// Whose level it is: without a type or as a practitioner, people of the firm have one and the same, so that it is the
    /// same after single sign-on was switched on and off again.
    #[must_use]
    pub const fn kept_as(self) -> Self {
        match self {
            Self::Untyped => Self::Practitioners,
            other => other,
        }
    }
}

/// What is decided for one group, and whom it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub group: Group,
    pub level: Level,
    /// The single sign-on by which these people come: there is no level to set (E4).
    pub managed_by: Option<String>,
    pub people: i64,
    /// Of them, those who have set up a second factor.
    pub protected: i64,
}

impl Setting {
    pub const fn unprotected(&self) -> i64 {
        self.people - self.protected
    }
}

/// The levels of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Of the last save; 0 while nothing was ever saved.
    pub version: i64,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
    /// One for each group, in the order of [`Group::ALL`]. Whoever has no user type is in a group of their own only while
    /// practitioners come by single sign-on.
    pub settings: Vec<Setting>,
}

/// What a save would change for one group (E8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub group: Group,
    pub before: Level,
    pub after: Level,
    pub people: i64,
    pub unprotected: i64,
}

impl Change {
    /// E6.
    pub const fn needs_confirmation(&self) -> bool {
        matches!(self.after, Level::UponRequest)
    }
}

impl Policy {
    pub fn of(&self, group: Group) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.group == group)
    }

    /// What differs between this and what is wanted. A group that comes by single sign-on has no level to set (E4).
    pub fn changes(&self, wanted: &[(Group, Level)]) -> Result<Vec<Change>, Error> {
        if let Some((group, _)) = wanted.iter().find(|(group, _)| self.of(*group).is_none()) {
            return Err(Error::conflict(
                "no_such_group",
                format!("There is nobody in {} apart: they are practitioners.", group.as_str()),
            ));
        }
        let mut changes = Vec::new();
        for setting in &self.settings {
            let Some((_, level)) = wanted.iter().find(|(group, _)| *group == setting.group) else { continue };
            if let Some(by) = &setting.managed_by {
                return Err(Error::conflict(
                    "managed_by_sso",
                    format!(
                        "These people sign in by their own single sign-on ({by}), so there is no level to set."
                    ),
                ));
            }
            if *level != setting.level {
                changes.push(Change {
                    group: setting.group,
                    before: setting.level,
                    after: *level,
                    people: setting.people,
                    unprotected: setting.unprotected(),
                });
            }
        }
        Ok(changes)
    }
}

/// How a session was opened: what was shown, and by whose single sign-on, if it was by one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opened {
    pub factor: Factor,
    pub by_sso_of: Option<OrganizationId>,
}

impl From<Factor> for Opened {
    fn from(factor: Factor) -> Self {
        Self { factor, by_sso_of: None }
    }
}

impl From<&kernel::Person> for Opened {
    fn from(person: &kernel::Person) -> Self {
        Self { factor: person.factor, by_sso_of: person.single_sign_on_of }
    }
}

/// What one of a person's organizations asks of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub organization: OrganizationId,
    pub organization_name: String,
    pub group: Group,
    pub level: Level,
    pub managed_by: Option<String>,
}

/// What is asked of a person, by whom, and whether they have what is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirement {
    /// One for each organization that the person belongs to now.
    pub sources: Vec<Source>,
    pub has_second_factor: bool,
}

impl Requirement {
    /// The strictest of the levels (E12). A place that only the organization's provider opens asks nothing here: the provider
    /// does, and no other session opens it. A session that a provider opened is good for that organization alone, and the
    /// levels of others ask nothing of it: somebody who has to set up a factor elsewhere could do so in no session of this kind.
    pub fn level(&self, by_sso_of: Option<OrganizationId>) -> Level {
        self.sources
            .iter()
            .filter(|source| source.managed_by.is_none())
            .filter(|source| by_sso_of.is_none_or(|own| own == source.organization))
            .map(|source| source.level)
            .max()
            .unwrap_or(Level::UponRequest)
    }

    /// Whether a session that was opened in this way may go on. The factor must have taken part in it: a password alone from
    /// before there was one shows nothing. A remembered browser and a recovery code stand for it as they do at the sign-in.
    pub fn is_met(&self, opened: Opened) -> bool {
        self.level(opened.by_sso_of) != Level::Mandatory
            || (self.has_second_factor && !matches!(opened.factor, Factor::None | Factor::SingleSignOn))
    }

    /// How it stands with the person, as one of their organizations sees it (E10).
    pub fn state_in(&self, organization: OrganizationId) -> State {
        if self.is_managed_in(organization) { State::ManagedBySso } else { self.state(None) }
    }

    /// How it stands with the person in a session that was opened in this way.
    pub fn state(&self, by_sso_of: Option<OrganizationId>) -> State {
        match (self.has_second_factor, self.level(by_sso_of)) {
            _ if by_sso_of.is_some_and(|own| self.is_managed_in(own)) => State::ManagedBySso,
            (true, _) => State::SetUp,
            (false, Level::Mandatory) => State::Forced,
            (false, Level::Suggested) => State::Suggested,
            (false, Level::UponRequest) => State::NotOffered,
        }
    }

    /// The group in which one of their organizations has the person.
    pub fn group_in(&self, organization: OrganizationId, user_type: UserType) -> Group {
        let source = self.sources.iter().find(|source| source.organization == organization);
        source.map_or(Group::of(user_type), |source| source.group)
    }

    fn is_managed_in(&self, organization: OrganizationId) -> bool {
        self.sources.iter().any(|source| source.organization == organization && source.managed_by.is_some())
    }
}

/// A person of an organization, as an agent sees them.
#[derive(Debug, Clone)]
pub struct Person {
    pub membership: MembershipId,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub user_type: UserType,
    pub requirement: Requirement,
    /// One of the vendor's own people, invited for a time: their rules are the vendor's.
    pub is_vendors: bool,
    /// Until when the code is good that an agent made for them last.
    pub code_until: Option<Timestamp>,
}

/// Eight digits as somebody typed them.
pub fn read_digits(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect()
}

#[cfg(test)]
mod tests {
    use kernel::entropy::Counting;

    use super::*;

    fn organization(n: u64) -> OrganizationId {
        OrganizationId::new(Timestamp::from_seconds(1_800_000_000), &Counting::new(n))
    }

    fn source(n: u64, level: Level, managed_by: Option<&str>) -> Source {
        Source {
            organization: organization(n),
            organization_name: String::new(),
            group: Group::Practitioners,
            level,
            managed_by: managed_by.map(str::to_owned),
        }
    }

    fn of(sources: Vec<Source>, has_second_factor: bool) -> Requirement {
        Requirement { sources, has_second_factor }
    }

    /// E3: each user type is in one of three groups, and nobody is in none.
    #[test]
    fn every_user_type_has_a_group() {
        assert_eq!(UserType::ALL.len(), 5);
        let groups: Vec<Group> = UserType::ALL.iter().map(|one| Group::of(*one)).collect();
        assert_eq!(Group::of(UserType::AdministratorClient), Group::of(UserType::StandardClient));
        assert!(Group::ALL.iter().all(|group| groups.contains(&group.kept_as())));
        assert_eq!(Group::of(UserType::None), Group::Practitioners);
    }

    /// E12: the strictest counts, in whichever order they stand.
    #[test]
    fn the_strictest_level_counts() {
        for (one, two) in [(1, 2), (2, 1)] {
            let both =
                of(vec![source(one, Level::UponRequest, None), source(two, Level::Mandatory, None)], false);
            assert_eq!(both.level(None), Level::Mandatory);
            assert_eq!(both.state(None), State::Forced);
        }
        assert_eq!(of(Vec::new(), false).level(None), Level::UponRequest);
    }

    /// E11: a factor that took no part in the session does not open it; one that stands for it does.
    #[test]
    fn mandatory_is_met_by_a_factor_that_took_part() {
        let strict = |has| of(vec![source(1, Level::Mandatory, None)], has);
        for (factor, took_part) in [
            (Factor::None, false),
            (Factor::SingleSignOn, false),
            (Factor::Totp, true),
            (Factor::Remembered, true),
            (Factor::RecoveryCode, true),
            (Factor::Demo, true),
        ] {
            assert!(!strict(false).is_met(factor.into()), "{factor:?} of a factor that is gone");
            assert_eq!(strict(true).is_met(factor.into()), took_part, "{factor:?}");
        }
        assert!(of(vec![source(1, Level::Suggested, None)], false).is_met(Factor::None.into()));
    }

    /// E4, E12: a session by single sign-on is under the rules of its own organization alone; in every other, a place that only
    /// a provider opens asks for nothing, whatever was stored before there was one.
    #[test]
    fn a_session_by_single_sign_on_is_under_its_own_organization_alone() {
        let by = |n| Opened { factor: Factor::SingleSignOn, by_sso_of: Some(organization(n)) };
        let both =
            of(vec![source(1, Level::Mandatory, Some("sso")), source(2, Level::Mandatory, None)], false);
        assert!(both.is_met(by(1)), "what the other asks can be shown in no session of this kind");
        assert!(!both.is_met(Factor::None.into()), "but in a local one it is asked for");
        assert!(!both.is_met(by(2)), "a place that is no provider's any more");
        let one =
            of(vec![source(1, Level::Mandatory, Some("sso")), source(2, Level::Suggested, None)], false);
        assert!(one.is_met(Factor::None.into()), "stored before, and no local session opens the place");
        assert_eq!(one.state(None), State::Suggested);
        assert_eq!(one.state(Some(organization(1))), State::ManagedBySso);
        assert_eq!(one.state_in(organization(1)), State::ManagedBySso);
    }

    /// E4, E5, E6: several at once; a managed group is refused; going down to *upon request* asks first.
    #[test]
    fn changes_are_what_differs() {
        let setting = |group, level, managed_by: Option<&str>| Setting {
            group,
            level,
            managed_by: managed_by.map(str::to_owned),
            people: 10,
            protected: 4,
        };
        let policy = Policy {
            version: 3,
            changed_at: None,
            changed_by: None,
            settings: vec![
                setting(Group::Practitioners, Level::Suggested, None),
                setting(Group::Clients, Level::Mandatory, None),
                setting(Group::Employees, Level::UponRequest, Some("sso")),
            ],
        };
        let wanted = [(Group::Practitioners, Level::Mandatory), (Group::Clients, Level::UponRequest)];
        let changes = policy.changes(&wanted).expect("may be set");
        assert_eq!(changes.iter().map(Change::needs_confirmation).collect::<Vec<_>>(), [false, true]);
        assert_eq!((changes[0].people, changes[0].unprotected), (10, 6));
        assert!(policy.changes(&[(Group::Practitioners, Level::Suggested)]).expect("as it is").is_empty());
        policy.changes(&[(Group::Employees, Level::Mandatory)]).expect_err("managed");
        policy
            .changes(&[(Group::Untyped, Level::Mandatory)])
            .expect_err("practitioners as long as those are here");
    }
}
