//! What a client can give to a partner: a closed list that the vendor keeps (B5).

use std::collections::BTreeSet;

use kernel::{Code, Error, FieldError};

/// So many are on offer at most: all of them stand in one header.
pub const MOST: usize = 50;
const LONGEST_KEY: usize = 40;
const LONGEST_NAME: usize = 60;
const LONGEST_EXPLANATION: usize = 300;

/// One thing that can be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// As the product is told it; it never changes.
    pub key: String,
    pub name: String,
    /// What it allows, for whoever decides.
    pub explanation: String,
    /// Its place in lists.
    pub position: i64,
}

/// A new permission, or another wording of one, in order; or what is wrong with it.
pub fn checked(key: &str, name: &str, explanation: &str, position: i64) -> Result<Permission, Error> {
    let mut wrong = Vec::new();
    let mut refuse = |field, code, sentence: String| {
        wrong.push(FieldError { field, code: Code(code), sentence });
    };
    let key = key.trim();
    // Headers carry keys joined by commas, and `none` where there is none.
    let is_key = (1..=LONGEST_KEY).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && key != "none";
    if !is_key {
        let sentence =
            format!("Use 1 to {LONGEST_KEY} small letters, digits and underscores, and a letter first.");
        refuse("key", "not_a_key", sentence);
    }
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_odd = |text: &str| text.chars().any(|c| c.is_control() || people::model::is_invisible(c));
    let (name, explanation) = (line(name), line(explanation));
    if name.is_empty() || name.chars().count() > LONGEST_NAME || is_odd(&name) {
        refuse("name", "name_length", format!("Give a name of 1 to {LONGEST_NAME} characters."));
    }
    if explanation.is_empty() || explanation.chars().count() > LONGEST_EXPLANATION || is_odd(&explanation) {
        let sentence = format!("Say in 1 to {LONGEST_EXPLANATION} characters what it allows.");
        refuse("explanation", "explanation_length", sentence);
    }
    if !(0..=10_000).contains(&position) {
        refuse("position", "not_a_position", "Give its place in lists, from 0 to 10000.".to_owned());
    }
    if wrong.is_empty() {
        Ok(Permission { key: key.to_owned(), name, explanation, position })
    } else {
        Err(Error::Invalid(wrong))
    }
}

/// Those of `offered` that somebody chose, in its order. What is not among them is refused, not left out (B8).
pub fn chosen(offered: &[Permission], wanted: &[String], by_whom: &str) -> Result<Vec<Permission>, Error> {
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        return Err(Error::invalid("permissions", "required", "Choose at least one permission."));
    }
    let chosen: Vec<Permission> =
        offered.iter().filter(|permission| wanted.contains(permission.key.as_str())).cloned().collect();
    if chosen.len() < wanted.len() {
        let sentence = format!("Choose among the permissions that {by_whom}.");
        return Err(Error::invalid("permissions", "permission_not_given", sentence));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(key: &str) -> Permission {
        checked(key, "A name", "What it allows.", 1).expect("in order")
    }

    /// B5: a key can stand in a header beside others, and is never taken for "nothing".
    #[test]
    fn keys_can_stand_in_a_header() {
        for good in ["ticket_management", "a", "a1_2", &"x".repeat(40)] {
            permission(good);
        }
        for bad in ["", "none", "A", "1a", "_a", "a,b", "a b", "a-b", "á", &"x".repeat(41)] {
            let wrong = checked(bad, "A name", "What it allows.", 1);
            assert!(matches!(wrong, Err(Error::Invalid(fields)) if fields[0].field == "key"), "{bad}");
        }
        for (name, explanation) in [("", "x"), ("x", ""), ("a\u{202e}b", "x"), (&*"x".repeat(61), "x")] {
            assert!(checked("a", name, explanation, 1).is_err());
        }
    }

    /// B8: more than what is offered is refused, and an empty choice is none (case 40).
    #[test]
    fn a_choice_is_within_the_offer() {
        let offered = [permission("a"), permission("b")];
        let keys = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|key| (*key).to_owned()).collect();
            chosen(&offered, &wanted, "the client gave")
                .map(|all| all.into_iter().map(|one| one.key).collect::<Vec<_>>())
        };
        assert_eq!(keys(&["b", "a", "b"]).expect("both, once"), ["a", "b"]);
        for wanted in [&[][..], &["c"], &["a", "c"], &["A"], &[""]] {
            assert!(keys(wanted).is_err(), "{wanted:?}");
        }
    }
}
