//! Rules of people and of their passwords.

use operation::PasswordCost;
use testkit::{Database, TestWorld};

use crate::{model::checked_name, passwords};

const PASSWORD: &str = "tulip 4711 gravel boat";

fn refusal(password: &str, context: &[&str]) -> Option<&'static str> {
    passwords::check(password, context, passwords::Use::OnlyFactor).err().map(|error| error.code.0)
}

/// S1, S2: at least 15 and at most 256 characters, counted as people count them.
#[test]
fn the_length_of_a_password_is_counted_in_characters() {
    assert_eq!(refusal("ação-e-reação!", &[]), Some("too_short"));
    assert_eq!(refusal("ação-e-reação!!", &[]), None);
    let words: String = (10..80).map(|n| format!("n{n}")).collect::<Vec<_>>().join(" ");
    let long: String = words.chars().take(255).collect();
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
    let test = TestWorld::on(Database::sqlite()).await;
    let call = test.call();
    let words: String = (10..80).map(|n| format!("ü{n} 🙂")).collect::<Vec<_>>().join(" ");
    let begin = |length| words.chars().take(length).collect::<String>();
    for password in
        ["tulip 4711 gravel boat ".to_owned(), format!("{} ", begin(80)), format!("{} ", begin(255))]
    {
        let stored = passwords::hash(&call, &password).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords::verify(&call, Some(&stored), &password).await.expect("compared"));
        assert!(!passwords::verify(&call, Some(&stored), password.trim_end()).await.expect("compared"));
        let other = format!("{}_", &password[..password.len() - 1]);
        assert!(
            !passwords::verify(&call, Some(&stored), &other).await.expect("compared"),
            "the last one counts"
        );
    }
    assert!(!passwords::verify(&call, None, "tulip 4711 gravel boat ").await.expect("compared"));
    assert!(passwords::verify(&call, Some("not a hash"), "tulip 4711 gravel boat ").await.is_err());
}

/// S6: a hash says with how much work it was made. What was made with less than is asked for now is outdated, what was
/// made with more is not; both are compared with the work that they say.
#[tokio::test]
async fn each_hash_keeps_its_own_cost() {
    let test = TestWorld::on(Database::sqlite()).await;
    let dearer = PasswordCost { memory_kib: 24 * 1024, passes: 3 };
    let call = test.call();
    let stored = passwords::hash(&call, PASSWORD).await.expect("hashed");
    assert!(!passwords::is_outdated(&stored, PasswordCost::FLOOR));
    assert!(passwords::is_outdated(&stored, dearer));
    assert!(passwords::is_outdated(&stored, PasswordCost { passes: 3, ..PasswordCost::FLOOR }));

    let test = TestWorld::with(Database::sqlite(), |settings| settings.password_cost = dearer).await;
    let call = test.call();
    assert!(
        passwords::verify(&call, Some(&stored), PASSWORD).await.expect("compared"),
        "with the older cost"
    );
    let stored = passwords::hash(&call, PASSWORD).await.expect("hashed");
    assert!(stored.starts_with("$argon2id$v=19$m=24576,t=3,p=1$"), "{stored}");
    assert!(!passwords::is_outdated(&stored, PasswordCost::FLOOR));
    let old =
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A";
    assert!(passwords::is_outdated(old, PasswordCost::FLOOR), "another algorithm");
}

#[test]
fn names_are_one_plain_line() {
    assert_eq!(checked_name("name", "  Ana \t Souza ").expect("a name"), "Ana Souza");
    for (bad, code) in [("  ", "required"), ("Ana\u{202e}azuoS", "not_a_name"), ("Ana\u{7}", "not_a_name")] {
        assert_eq!(checked_name("name", bad).expect_err("refused").code.0, code);
    }
    assert_eq!(checked_name("name", &"x".repeat(101)).expect_err("refused").code.0, "too_long");
}
