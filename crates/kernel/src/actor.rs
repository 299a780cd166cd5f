//! Who acts.

use crate::{ApiKeyId, Duration, Error, OrganizationId, SessionId, Timestamp, UserId};

/// Whoever calls an operation. There is no actor for a session inside a customer's account: such a session is no way
/// to Latchstring's own operations.
#[derive(Debug, Clone)]
pub enum Actor {
    Nobody,
    Person(Person),
    Machine(Machine),
    /// The server itself: expiry and other clockwork.
    System,
    /// Whoever can run the command line on the machine.
    Operator,
}

/// A signed-in human being.
#[derive(Debug, Clone)]
pub struct Person {
    pub user: UserId,
    pub name: String,
    pub session: SessionId,
    /// What was shown beyond the password when this session began.
    pub factor: Factor,
    /// When all that this person has to show was last shown in this session.
    pub proved_at: Option<Timestamp>,
    /// The organization whose single sign-on opened this session: it is good for that organization alone.
    pub single_sign_on_of: Option<OrganizationId>,
    pub staff: Staff,
    /// BCP 47, such as `en` or `pt-BR`; empty if the person chose none.
    pub language: String,
    /// IANA name, such as `America/Sao_Paulo`.
    pub time_zone: String,
}

/// What somebody showed beyond a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Factor {
    #[default]
    None,
    /// A code of an authenticator app.
    Totp,
    Passkey,
    RecoveryCode,
    /// Nothing this time: the browser is remembered from an earlier code.
    Remembered,
    /// A click in the demonstration, where nothing is proved.
    Demo,
    /// The word of the provider at which an organization signs its people in. Nothing was shown here.
    SingleSignOn,
}

impl Factor {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Totp,
        Self::Passkey,
        Self::RecoveryCode,
        Self::Remembered,
        Self::Demo,
        Self::SingleSignOn,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
            Self::Remembered => "remembered",
            Self::Demo => "demo",
            Self::SingleSignOn => "single_sign_on",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == text)
    }

    /// Whether the person's own device took part in this sign-in (A20). A recovery code shows that there was one once,
    /// a remembered browser that there was one in it; what a customer's provider says counts for that customer only.
    pub const fn is_second(self) -> bool {
        matches!(self, Self::Totp | Self::Passkey | Self::Demo)
    }
}

/// What somebody proved is good for so long where it must be recent (S20).
const RECENT: Duration = Duration::minutes(5);

impl Person {
    /// Passes if all that this person has to show was shown within the last five minutes; otherwise the page or the program
    /// asks for it again and then repeats the call.
    pub fn require_recent_proof(&self, now: Timestamp) -> Result<(), Error> {
        // Whoever speaks for the provider must not be able to put a factor of their own beside it.
        if self.factor == Factor::SingleSignOn {
            return Err(Error::forbidden(
                "managed_by_single_sign_on",
                "You signed in by your organization's single sign-on. This is changed there, or after a sign-in with a password.",
            ));
        }
        if self.proved_at.is_some_and(|at| now.since(at) <= RECENT) {
            Ok(())
        } else {
            Err(Error::forbidden(
                "reauth_required",
                "Confirm first that it is you: sign in again, and repeat this.",
            ))
        }
    }
}

/// What a person is to the vendor. Nothing here gives a way into an organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Staff {
    /// 1, 2 or 3 for a support agent.
    pub agent_level: Option<u8>,
    pub is_administrator: bool,
}

/// A program with an API key, perhaps passing on what a person asked of it.
#[derive(Debug, Clone)]
pub struct Machine {
    pub key: ApiKeyId,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// The person whose act it passes on.
    pub on_behalf_of: Option<(UserId, String)>,
}

macro_rules! scopes {
    ($($name:ident $text:literal;)*) => {
        /// What an API key may be used for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope { $($name),* }
        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

scopes! {
    OrganizationsRead "organizations.read";
    OrganizationsWrite "organizations.write";
    MembersRead "members.read";
    MembersWrite "members.write";
    SupportTokensRead "support_tokens.read";
    SupportTokensWrite "support_tokens.write";
    AccessLogRead "access_log.read";
    EventsRead "events.read";
}

impl Actor {
    /// The signed-in person, or 401.
    pub fn person(&self) -> Result<&Person, Error> {
        match self {
            Self::Person(person) => Ok(person),
            Self::Nobody => Err(Error::Unauthenticated),
            _ => Err(Error::forbidden("person_required", "Only a signed-in person can do this.")),
        }
    }

    /// The signed-in support agent with its level.
    pub fn agent(&self) -> Result<(&Person, u8), Error> {
        let person = self.person()?;
        let level = person.staff.agent_level.ok_or_else(|| {
            Error::forbidden(
                "agent_required",
                "Only support agents can do this. A vendor administrator can make somebody an agent.",
            )
        })?;
        require_second_factor(person)?;
        Ok((person, level))
    }

    /// The signed-in vendor administrator.
    pub fn administrator(&self) -> Result<&Person, Error> {
        let person = self.person()?;
        if person.staff.is_administrator {
            require_second_factor(person)?;
            Ok(person)
        } else {
            Err(Error::forbidden("administrator_required", "Only the vendor's administrators can do this."))
        }
    }

    /// The machine, if its key carries the scope.
    pub fn machine(&self, scope: Scope) -> Result<&Machine, Error> {
        match self {
            Self::Machine(machine) if machine.scopes.contains(&scope) => Ok(machine),
            Self::Machine(_) => Err(Error::forbidden(
                "scope_missing",
                format!("This API key does not carry the scope {}.", scope.as_str()),
            )),
            Self::Nobody => Err(Error::Unauthenticated),
            _ => Err(Error::forbidden("machine_required", "Only an API key can do this.")),
        }
    }

    /// The human being behind the call: who is signed in, or on whose word a machine acts.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Person(person) => Some(person.user),
            Self::Machine(machine) => machine.on_behalf_of.as_ref().map(|(user, _)| *user),
            _ => None,
        }
    }
}

/// What somebody is to the vendor counts in sessions that were begun with a second factor only (A20, E14).
fn require_second_factor(person: &Person) -> Result<(), Error> {
    if person.factor.is_second() {
        Ok(())
    } else {
        Err(Error::forbidden(
            "second_factor_required",
            "Your role needs two-factor authentication. Set it up under My account, or sign out and sign in with a code.",
        ))
    }
}
