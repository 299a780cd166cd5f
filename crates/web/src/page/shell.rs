//! What stands around every page: who looks, in which role, and where else they can go.

use kernel::Staff;

use crate::{assets, page::Markup, text::Text};

/// The entry that is there only for those whom it is for.
const MY_PARTNER: &str = "partner";

/// One of the areas of the product. A page shows the navigation of one, never of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    Customer,
    /// A partner's clients.
    Partner,
    Desk,
    Administration,
    /// Pages for anybody, without navigation.
    Public,
}

impl Console {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Customer => "c-customer",
            Self::Partner => "c-partner",
            Self::Desk => "c-desk",
            Self::Administration => "c-admin",
            Self::Public => "c-public",
        }
    }

    /// The page where a person in this role begins.
    pub const fn home(self) -> &'static str {
        match self {
            Self::Customer => "/organizations",
            Self::Partner => "/my-clients",
            Self::Desk => "/desk",
            Self::Administration => "/admin/organizations",
            Self::Public => "/",
        }
    }

    const fn name_key(self) -> Option<&'static str> {
        match self {
            Self::Customer => Some("console-customer"),
            Self::Partner => Some("console-partner"),
            Self::Desk => Some("console-desk"),
            Self::Administration => Some("console-administration"),
            Self::Public => None,
        }
    }

    /// Name for [`Shell::current`], address, message.
    const fn entries(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Customer => &[
                ("organizations", "/organizations", "nav-organizations"),
                (MY_PARTNER, "/my-partner", "nav-my-partner"),
                ("account", "/account", "nav-account"),
            ],
            Self::Partner => &[
                ("clients", "/my-clients", "nav-my-clients"),
                ("organizations", "/organizations", "nav-organizations"),
                ("account", "/account", "nav-account"),
            ],
            Self::Desk => &[
                ("desk", "/desk", "nav-desk"),
                ("requests", "/desk/requests", "nav-desk-requests"),
                ("history", "/desk/history", "nav-desk-history"),
            ],
            Self::Administration => &[
                ("organizations", "/admin/organizations", "nav-organizations"),
                ("partners", "/admin/partners", "nav-partners"),
                ("agents", "/admin/agents", "nav-agents"),
                ("applications", "/admin/applications", "nav-applications"),
                ("api-keys", "/admin/api-keys", "nav-api-keys"),
                ("authentication", AUTHENTICATION, "nav-authentication"),
            ],
            Self::Public => &[],
        }
    }
}

/// The one page of the administration that is for agents of level 2 and 3, and not for the vendor's administrators.
const AUTHENTICATION: &str = "/admin/authentication";

/// The person who looks at the page.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub name: String,
    /// What they are to the vendor: what they cannot use is not shown to them.
    pub staff: Staff,
    /// The consoles this person may enter; the flag marks the one they are in.
    pub consoles: Vec<(Console, bool)>,
    /// Whether this person administers an organization that partners may work for.
    pub has_my_partner: bool,
}

impl Viewer {
    /// One or two letters for the round mark.
    pub fn initials(&self) -> String {
        let letter = |word: &str| word.chars().next().map(char::to_uppercase);
        let mut words = self.name.split_whitespace();
        let first = words.next().and_then(letter);
        let last = words.next_back().and_then(letter);
        first.into_iter().chain(last).flatten().collect()
    }

    pub fn has_several_consoles(&self) -> bool {
        self.consoles.len() > 1
    }

    /// Whether this entry of a console's navigation leads this person somewhere.
    fn may_open(&self, console: Console, name: &str, path: &str) -> bool {
        match (console, path) {
            (Console::Administration, AUTHENTICATION) => {
                self.staff.agent_level.is_some_and(|level| level >= 2)
            }
            (Console::Administration, _) => self.staff.is_administrator,
            _ => name != MY_PARTNER || self.has_my_partner,
        }
    }

    /// Where this person begins in a console.
    fn home(&self, console: Console) -> &'static str {
        if console == Console::Administration && !self.staff.is_administrator {
            AUTHENTICATION
        } else {
            console.home()
        }
    }
}

/// A link of the navigation or of the role switch.
#[derive(Debug, Clone)]
pub struct Nav {
    pub href: String,
    pub label: String,
    pub is_current: bool,
}

/// The frame of one page. Every template has one as its field `shell`.
#[derive(Debug, Clone)]
pub struct Shell {
    pub t: Text,
    /// What the page is about, most special first: "Generate token · Aurora Serviços".
    pub title: String,
    pub console: Console,
    /// The entry of the navigation that the page belongs to, or nothing.
    pub current: &'static str,
    pub viewer: Option<Viewer>,
    /// The name of the vendor whose product this protects; empty where it is not known.
    pub vendor: String,
    pub demo: bool,
    /// Stands before every address: empty on the server's own host, the public address or `/_latchstring` where the
    /// page is shown on a product's host.
    pub base: String,
    /// The page changes by itself while it is open.
    pub live: bool,
    /// What the last action did, as one sentence.
    pub answer: Option<String>,
}

impl Shell {
    /// A page for nobody in particular.
    pub fn public(t: Text, title: impl Into<String>) -> Self {
        Self {
            t,
            title: title.into(),
            console: Console::Public,
            current: "",
            viewer: None,
            vendor: String::new(),
            demo: false,
            base: String::new(),
            live: false,
            answer: None,
        }
    }

    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn asset(&self, name: &str) -> String {
        self.href(&assets::href(name))
    }

    /// Empty on pages for anybody.
    pub fn console_name(&self) -> String {
        self.console.name_key().map(|key| self.t.get(key)).unwrap_or_default()
    }

    /// Who it is about and in which role: "Ledger · Desk".
    pub fn role(&self) -> String {
        match (self.vendor.as_str(), self.console_name()) {
            (vendor, name) if name.is_empty() => vendor.to_owned(),
            ("", name) => name,
            (vendor, name) => format!("{vendor} · {name}"),
        }
    }

    /// For the browser's tab; different on every page, and the role is part of it.
    pub fn head_title(&self) -> String {
        let role = self.role();
        let end = if role.is_empty() { "Latchstring" } else { role.as_str() };
        if self.title.is_empty() { end.to_owned() } else { format!("{} · {end}", self.title) }
    }

    pub fn home(&self) -> String {
        self.href(self.viewer.as_ref().map_or("/", |viewer| viewer.home(self.console)))
    }

    pub fn nav(&self) -> Vec<Nav> {
        let entry = |&(name, path, key): &(&str, &str, &str)| Nav {
            href: self.href(path),
            label: self.t.get(key),
            is_current: name == self.current,
        };
        let Some(viewer) = &self.viewer else { return Vec::new() };
        self.console
            .entries()
            .iter()
            .filter(|(name, path, _)| viewer.may_open(self.console, name, path))
            .map(entry)
            .collect()
    }

    /// The other roles of the same person.
    pub fn roles(&self) -> Vec<Nav> {
        let consoles =
            self.viewer.iter().flat_map(|viewer| viewer.consoles.iter().map(move |one| (viewer, *one)));
        consoles
            .filter_map(|(viewer, (console, is_current))| {
                Some(Nav {
                    href: self.href(viewer.home(console)),
                    label: self.t.get(console.name_key()?),
                    is_current,
                })
            })
            .collect()
    }

    /// "as of 12:14, São Paulo time"
    pub fn as_of(&self) -> String {
        let (clock, zone) = (self.t.clock(self.t.now()), self.t.zone_name());
        self.t.with("as-of", [("clock", &clock), ("zone", &zone)])
    }

    /// The logo.
    pub fn logo(&self) -> Markup {
        super::logo()
    }
}
