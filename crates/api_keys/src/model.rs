//! A key, and what it may be.

use kernel::{ApiKeyId, Code, Duration, Error, FieldError, Scope, Timestamp};

/// No key lives longer: one that is forgotten ends by itself.
pub const LONGEST: Duration = Duration::days(365);

/// The person whose act a program passes on: `usr_…` or `ext:…`.
pub const ON_BEHALF_OF: &str = "x-latchstring-on-behalf-of";

/// A key. Its value is not in here: only a hash of it exists.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// The last four characters of the value.
    pub hint: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    pub ends_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Compared at each look.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }
}

/// What somebody wants a key to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub ends_at: Timestamp,
}

impl NewApiKey {
    /// The same with its name in order, or what is wrong with it.
    pub fn checked(self, now: Timestamp) -> Result<Self, Error> {
        let mut wrong = Vec::new();
        let mut say = |field, code, sentence: &str| {
            wrong.push(FieldError { field, code: Code(code), sentence: sentence.to_owned() });
        };
        let name = match people::model::checked_name("name", &self.name) {
            Ok(name) => name,
            Err(field) => {
                say("name", field.code.0, &field.sentence);
                String::new()
            }
        };
        let mut scopes = self.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            say("scopes", "required", "Choose at least one scope.");
        }
        if self.ends_at <= now {
            say("ends_at", "in_the_past", "Choose an end that is still to come.");
        } else if self.ends_at > now + LONGEST {
            say("ends_at", "too_late", "Choose an end within 365 days.");
        }
        if wrong.is_empty() {
            Ok(Self { name, scopes, ends_at: self.ends_at })
        } else {
            Err(Error::Invalid(wrong))
        }
    }
}

/// Scopes from their names.
pub fn scopes<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<Scope>, Error> {
    names
        .into_iter()
        .map(|name| {
            Scope::parse(name).ok_or_else(|| {
                let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
                Error::invalid(
                    "scopes",
                    "not_a_scope",
                    format!("Choose among these scopes: {}.", known.join(", ")),
                )
            })
        })
        .collect()
}

/// As the database keeps them.
pub(crate) fn joined(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// From the database. A word that is no scope any more gives nothing.
pub(crate) fn split(text: &str) -> Vec<Scope> {
    text.split(' ').filter_map(Scope::parse).collect()
}
