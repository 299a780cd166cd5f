//! Rules that need no database.

use crate::{model::checked_name, passwords};

fn refusal(password: &str, context: &[&str]) -> Option<&'static str> {
    passwords::check(password, context).err().map(|error| error.code.0)
}

/// S1, S2: at least 15 and at most 256 characters, counted as people count them.
#[test]
fn the_length_of_a_password_is_counted_in_characters() {
    assert_eq!(refusal("ação-e-reação!", &[]), Some("too_short"));
    assert_eq!(refusal("ação-e-reação!!", &[]), None);
    let long: String = ('a'..='z').chain('A'..='Z').cycle().take(255).collect();
    assert_eq!(refusal(&format!("{long} "), &[]), None);
    assert_eq!(refusal(&format!("{long}🙂 "), &[]), Some("too_long"));
}

/// S3, S4: no rules about kinds of characters, but what is guessed first is refused.
#[test]
fn only_guessable_passwords_are_refused() {
    for common in [
        "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Password Password",
        "correct horse battery staple",
        "123456789012345",
        "abcabcabcabcabc",
        "qwertyuiopasdfg",
        "This is my password!",
        "changemechangeme2026",
    ] {
        assert_eq!(refusal(common, &[]), Some("too_common"), "{common}");
    }
    for fine in ["lowercase words only here", "tulip 4711 gravel boat", "aprendi a nadar tarde"] {
        assert_eq!(refusal(fine, &["joana@aurora.example", "Aurora Serviços"]), None, "{fine}");
    }
}

/// S4: the person's, the organization's and the vendor's names are no password.
#[test]
fn words_that_others_know_are_refused() {
    let context = ["joana.lima@aurora.example", "Joana Lima", "Aurora Serviços Contábeis", "Ledger"];
    for close in ["joana.lima-2026", "AuroraServiçosContábeis", "Joana Aurora 123", "ledger ledger joana"] {
        assert_eq!(refusal(close, &context), Some("too_close"), "{close}");
    }
    assert_eq!(refusal("aurora borealis seen from a train", &context), None);
}

/// S2, S6: kept as Argon2id with its parameters, and compared to the last character.
#[tokio::test]
async fn a_password_is_compared_as_it_was_received() {
    let password = "tulip 4711 gravel boat ";
    let stored = passwords::hash(password).await.expect("hashed");
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(passwords::verify(Some(&stored), password).await.expect("compared"));
    assert!(!passwords::verify(Some(&stored), password.trim_end()).await.expect("compared"));
    assert!(!passwords::verify(None, password).await.expect("compared"));
    assert!(passwords::verify(Some("not a hash"), password).await.is_err());
}

#[test]
fn names_are_one_plain_line() {
    assert_eq!(checked_name("name", "  Ana \t Souza ").expect("a name"), "Ana Souza");
    for (bad, code) in [("  ", "required"), ("Ana\u{202e}azuoS", "not_a_name"), ("Ana\u{7}", "not_a_name")] {
        assert_eq!(checked_name("name", bad).expect_err("refused").code.0, code);
    }
    assert_eq!(checked_name("name", &"x".repeat(101)).expect_err("refused").code.0, "too_long");
}
