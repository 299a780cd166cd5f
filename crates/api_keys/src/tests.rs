//! The rules that need no database; `stored` has those that do.

mod pages;
mod stored;

use kernel::{ApiKeyId, Duration, Error, Scope, Timestamp, entropy::Counting};

use crate::model::{self, ApiKey, NewApiKey};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn wanted(ends_in: Duration) -> NewApiKey {
    NewApiKey {
        name: " Provisioning  of Ledger ".to_owned(),
        scopes: vec![Scope::MembersRead, Scope::MembersRead],
        ends_at: NOW + ends_in,
    }
}

#[test]
fn a_key_has_a_name_a_scope_and_an_end_within_a_year() {
    let good = wanted(Duration::days(365)).checked(NOW).expect("a good key");
    assert_eq!(good.name, "Provisioning of Ledger");
    assert_eq!(good.scopes, [Scope::MembersRead]);
    let bad = NewApiKey { name: String::new(), scopes: Vec::new(), ends_at: NOW };
    let Err(Error::Invalid(fields)) = bad.checked(NOW) else { panic!("refused") };
    assert_eq!(fields.iter().map(|field| field.field).collect::<Vec<_>>(), ["name", "scopes", "ends_at"]);
    assert!(wanted(Duration::days(366)).checked(NOW).is_err());
}

#[test]
fn scopes_survive_the_database_and_nothing_else_does() {
    assert_eq!(model::split(&model::joined(Scope::ALL)), Scope::ALL);
    assert!(model::split("").is_empty());
    assert!(model::split("everything *").is_empty());
    assert!(model::scopes(["members.read", "everything"]).is_err());
}

#[test]
fn a_key_is_good_until_its_end_or_its_revocation() {
    let key = ApiKey {
        id: ApiKeyId::new(NOW, &Counting::new(1)),
        name: String::new(),
        hint: String::new(),
        scopes: Vec::new(),
        created_at: NOW,
        ends_at: NOW + Duration::days(1),
        revoked_at: None,
        last_used_at: None,
    };
    assert!(key.is_good(NOW));
    assert!(!key.is_good(NOW + Duration::days(1)));
    assert!(!ApiKey { revoked_at: Some(NOW), ..key }.is_good(NOW));
}

#[test]
fn a_bearer_token_is_read_by_its_scheme() {
    assert_eq!(crate::authenticate::token("Bearer lsk_x"), Some("lsk_x"));
    assert_eq!(crate::authenticate::token("bearer  lsk_x"), Some("lsk_x"));
    assert_eq!(crate::authenticate::token("Basic lsk_x"), None);
    assert_eq!(crate::authenticate::token("lsk_x"), None);
}
