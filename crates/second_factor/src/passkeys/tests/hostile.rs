//! Answers that must not count.

use kernel::{Duration, Error};
use serde_json::{Value, json};
use testkit::TestWorld;

use super::{
    BROWSER, FLOW, Someone, begin_registration, begin_second_factor, begin_sign_in, count,
    device::{BACKED_UP, BACKUP_ELIGIBLE, Claims, Device, Handle, ORIGIN, PRESENT, VERIFIED, encode},
    finish_registration, finish_second_factor, finish_sign_in, last_refusal, later, list, write,
};

/// Where an answer comes from and what it says of itself, each wrong in one point, and what the log says of it.
fn lies() -> Vec<(&'static str, Claims)> {
    let said = |name: &str, value: Value| {
        let mut extra = serde_json::Map::new();
        extra.insert(name.to_owned(), value);
        Claims { extra, ..Claims::default() }
    };
    let mut lies: Vec<(&'static str, Claims)> = [
        "https://badaccess.example.com",
        "https://access.example.com.evil.example",
        "https://evil.access.example.com",
        "https://example.com",
        "http://access.example.com",
        "https://access.example.com:8443",
        "https://access.example.com:443",
        "https://access.example.com/",
        "https://access.example.com/path",
        "HTTPS://ACCESS.EXAMPLE.COM",
        "https://user@access.example.com",
        "null",
        "",
    ]
    .into_iter()
    .map(|origin| ("other_origin", Claims { origin: origin.to_owned(), ..Claims::default() }))
    .collect();
    lies.extend([
        ("other_host", Claims { host: "evil.example".to_owned(), ..Claims::default() }),
        ("other_host", Claims { host: "example.com".to_owned(), ..Claims::default() }),
        ("other_host", Claims { host: ORIGIN.to_owned(), ..Claims::default() }),
        ("in_a_frame", said("crossOrigin", json!(true))),
        ("in_a_frame", said("topOrigin", json!("https://evil.example"))),
        ("other_challenge", Claims { challenge: Some(encode(&[7; 32])), ..Claims::default() }),
        ("other_challenge", Claims { challenge: Some(String::new()), ..Claims::default() }),
        ("user_not_present", Claims { flags: VERIFIED, ..Claims::default() }),
        ("user_not_verified", Claims { flags: PRESENT, ..Claims::default() }),
    ]);
    lies
}

fn why_is(refusal: &str, expected: &str, claims: &Claims) {
    // What is no address at all is no answer to begin with.
    let is_other = refusal == expected || (expected == "other_origin" && refusal == "malformed");
    assert!(is_other, "{refusal} for {expected}: {}", claims.origin);
}

/// S80: origin, host, challenge, presence and verification are each looked at when somebody signs in, with and without
/// a password.
#[tokio::test]
async fn a_lie_signs_nobody_in() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, _) = joana.register(&test).await;
        for (place, (expected, mut claims)) in lies().into_iter().enumerate() {
            for kind in ["webauthn.get", "webauthn.create"] {
                // Each from a browser of its own, so that none waits for another.
                let (flow, mut call) = (format!("{FLOW}{place}"), later(&test));
                call.origin.address = format!("192.0.2.{place}");
                claims.kind = (kind != "webauthn.get").then_some(kind);
                let begun = begin_second_factor(&call, joana.user, &flow).await.expect("options");
                let answer = device.sign_with(&begun.options, &claims);
                let refused = finish_second_factor(&call, joana.user, &flow, begun.ceremony, &answer).await;
                assert_eq!(refused.expect_err(expected).code().0, "passkey_refused");
                if kind == "webauthn.get" {
                    why_is(&last_refusal(&test).await, expected, &claims);
                }
                let begun = begin_sign_in(&call, &flow).await.expect("options");
                let answer = device.sign_with(&begun.options, &claims);
                let refused = finish_sign_in(&call, &flow, begun.ceremony, &answer).await;
                assert_eq!(refused.expect_err(expected).code().0, "passkey_refused");
            }
        }
        let truth = Claims { kind: Some("webauthn.create"), ..Claims::default() };
        let begun = begin_sign_in(&later(&test), BROWSER).await.expect("options");
        let answer = device.sign_with(&begun.options, &truth);
        finish_sign_in(&later(&test), BROWSER, begun.ceremony, &answer)
            .await
            .expect_err("made for another purpose");
        assert_eq!(last_refusal(&test).await, "other_purpose");
        let logged = "SELECT COUNT(*) AS n FROM audit WHERE kind = 'passkey.used' AND outcome = 'refused'";
        assert_eq!(count(&test, logged).await, i64::try_from(lies().len() * 4 + 1).expect("few"));
    }
}

/// S80: the same when a passkey is made.
#[tokio::test]
async fn a_lie_registers_nothing() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        for (expected, claims) in lies() {
            let call = joana.call(&test);
            let begun = begin_registration(&call).await.expect("options");
            let answer = Device::new().register_with(&begun.options, &claims);
            let refused = finish_registration(&call, begun.ceremony, "Phone", &answer).await;
            assert_eq!(refused.expect_err(expected).code().0, "passkey_refused");
            why_is(&last_refusal(&test).await, expected, &claims);
        }
        assert!(list(&joana.call(&test)).await.expect("a list").is_empty());
    }
}

/// S80, C10: an answer counts once, only for the challenge it was given to, and not after five minutes.
#[tokio::test]
async fn a_challenge_is_answered_once_and_in_time() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, _) = joana.register(&test).await;
        let call = later(&test);
        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        let answer = device.sign(&begun.options);
        let proved = finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await.expect("proved");
        write(&call, proved).await.expect("noted");
        finish_sign_in(&later(&test), BROWSER, begun.ceremony, &answer).await.expect_err("a replay");
        assert_eq!(last_refusal(&test).await, "no_challenge");

        // The same answer to another challenge.
        let call = later(&test);
        let other = begin_sign_in(&call, BROWSER).await.expect("options");
        finish_sign_in(&call, BROWSER, other.ceremony, &answer).await.expect_err("another challenge");
        assert_eq!(last_refusal(&test).await, "other_challenge");
        // A wrong answer used that challenge up: no second one is looked at.
        let right = device.sign(&other.options);
        finish_sign_in(&later(&test), BROWSER, other.ceremony, &right).await.expect_err("used up");
        assert_eq!(last_refusal(&test).await, "no_challenge");

        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        test.clock.advance(Duration::minutes(5));
        let (late, answer) = (later(&test), device.sign(&begun.options));
        finish_sign_in(&late, BROWSER, begun.ceremony, &answer).await.expect_err("too late");
        assert_eq!(last_refusal(&test).await, "no_challenge");
    }
}

/// Case 1, S80: a challenge is answered by whoever asked for it, for what it was asked for.
#[tokio::test]
async fn anothers_challenge_is_none() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let marcos = Someone::on(&test, "marcos@aurora.example").await;
        let (device, _) = joana.register(&test).await;
        let call = later(&test);

        let begun = begin_second_factor(&call, joana.user, FLOW).await.expect("options");
        let answer = device.sign(&begun.options);
        for (user, asked_by) in [(joana.user, "sif_two"), (marcos.user, "sif_two"), (marcos.user, BROWSER)] {
            finish_second_factor(&call, user, asked_by, begun.ceremony, &answer)
                .await
                .expect_err("another's");
        }
        // For another purpose, by the same asker.
        finish_sign_in(&call, FLOW, begun.ceremony, &answer).await.expect_err("another purpose");
        // None of them used it up.
        let proved = finish_second_factor(&call, joana.user, FLOW, begun.ceremony, &answer).await;
        drop(proved.expect("its own"));

        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        let answer = device.sign(&begun.options);
        finish_sign_in(&call, "another browser", begun.ceremony, &answer).await.expect_err("another browser");
        finish_second_factor(&call, joana.user, BROWSER, begun.ceremony, &answer)
            .await
            .expect_err("another purpose");

        let begun = begin_registration(&joana.call(&test)).await.expect("options");
        let answer = Device::new().register(&begun.options);
        finish_registration(&marcos.call(&test), begun.ceremony, "Phone", &answer)
            .await
            .expect_err("another session");
        assert!(list(&marcos.call(&test)).await.expect("a list").is_empty());
    }
}

/// S80: a credential is its owner's. Neither another's passkey, nor another's handle, nor another's credential id signs in.
#[tokio::test]
async fn anothers_credential_is_none() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let marcos = Someone::on(&test, "marcos@aurora.example").await;
        let (of_joana, _) = joana.register(&test).await;
        let (of_marcos, _) = marcos.register(&test).await;
        let swapped = |handle| Claims { handle, ..Claims::default() };
        let named = |device: &Device| Claims { credential_id: Some(device.id()), ..Claims::default() };

        for (expected, device, claims) in [
            ("other_person", &of_marcos, Claims::default()),
            ("other_person", &of_marcos, swapped(Handle::Of(joana.user))),
            ("other_person", &of_marcos, swapped(Handle::Nobody)),
            ("other_person", &of_joana, swapped(Handle::Of(marcos.user))),
            ("signature", &of_marcos, Claims { handle: Handle::Of(joana.user), ..named(&of_joana) }),
            ("unknown_credential", &Device::new(), swapped(Handle::Of(joana.user))),
        ] {
            let call = later(&test);
            let begun = begin_second_factor(&call, joana.user, FLOW).await.expect("options");
            let answer = device.sign_with(&begun.options, &claims);
            let refused = finish_second_factor(&call, joana.user, FLOW, begun.ceremony, &answer).await;
            refused.expect_err(expected);
            assert_eq!(last_refusal(&test).await, expected);
            test.clock.advance(Duration::minutes(20));
        }
        for (expected, device, claims) in [
            ("other_person", &of_joana, swapped(Handle::Nobody)),
            ("other_person", &of_joana, swapped(Handle::Of(marcos.user))),
            ("signature", &of_marcos, Claims { handle: Handle::Of(joana.user), ..named(&of_joana) }),
        ] {
            let call = later(&test);
            let begun = begin_sign_in(&call, BROWSER).await.expect("options");
            let answer = device.sign_with(&begun.options, &claims);
            finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await.expect_err(expected);
            assert_eq!(last_refusal(&test).await, expected);
        }
        // A credential that is known is nobody else's to register.
        let begun = begin_registration(&marcos.call(&test)).await.expect("options");
        let mut copied = of_joana;
        let answer = copied.register(&begun.options);
        let taken = finish_registration(&marcos.call(&test), begun.ceremony, "Phone", &answer).await;
        assert_eq!(taken.expect_err("taken").code().0, "passkey_already_registered");
    }
}

/// S80: a signature over something else, and a counter that stands still or goes back, as of a copy.
#[tokio::test]
async fn a_forged_signature_and_a_copied_passkey_are_refused() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, _) = joana.register(&test).await;
        let counted = |counter| Claims { counter, ..Claims::default() };
        for (counter, expected) in
            [(5, ""), (5, "counter"), (4, "counter"), (0, "counter"), (6, ""), (u32::MAX, ""), (7, "counter")]
        {
            let call = later(&test);
            let begun = begin_sign_in(&call, BROWSER).await.expect("options");
            let answer = device.sign_with(&begun.options, &counted(counter));
            match finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await {
                Ok(proved) => {
                    assert_eq!(expected, "", "{counter}");
                    write(&call, proved).await.expect("noted");
                }
                Err(_) => assert_eq!(last_refusal(&test).await, expected, "{counter}"),
            }
            test.clock.advance(Duration::hours(1));
        }
        let (device, _) = joana.register(&test).await;
        let forge: [fn(&mut Value); 5] = [
            |answer| answer["response"]["signature"] = json!(encode(&[0; 71])),
            |answer| answer["response"]["signature"] = json!(""),
            |answer| answer["response"]["signature"] = json!(encode(&[0x30, 6, 2, 1, 0, 2, 1, 0])),
            |answer| {
                let data = answer["response"]["clientDataJSON"].as_str().expect("text").to_owned();
                answer["response"]["signature"] = json!(data);
            },
            // The right claims under the signature of others: the flags of another answer.
            |answer| {
                let data = answer["response"]["authenticatorData"].as_str().expect("text");
                answer["response"]["authenticatorData"] = json!(data.replace("AAAAA", "AAAAB"));
            },
        ];
        for change in forge {
            let call = later(&test);
            let begun = begin_sign_in(&call, BROWSER).await.expect("options");
            let mut answer = device.sign(&begun.options);
            change(&mut answer);
            finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await.expect_err("forged");
            let why = last_refusal(&test).await;
            assert!(["signature", "malformed"].contains(&why.as_str()), "{why}");
            test.clock.advance(Duration::hours(1));
        }
    }
}

/// S80: whether a passkey may be backed up does not change, and one that may not be is not.
#[tokio::test]
async fn the_backup_flags_are_kept() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let flags = |(is_eligible, is_backed_up): (bool, bool)| Claims {
            flags: PRESENT
                | VERIFIED
                | (u8::from(is_eligible) * BACKUP_ELIGIBLE)
                | (u8::from(is_backed_up) * BACKED_UP),
            ..Claims::default()
        };
        for (made, used, is_taken) in [
            ((false, false), (true, false), false),
            ((false, false), (true, true), false),
            ((false, false), (false, true), false),
            ((true, false), (false, false), false),
            ((true, false), (true, true), true),
            ((true, true), (true, false), true),
        ] {
            let mut device = Device::new();
            let call = joana.call(&test);
            let begun = begin_registration(&call).await.expect("options");
            let answer = device.register_with(&begun.options, &flags(made));
            finish_registration(&call, begun.ceremony, "Phone", &answer).await.expect("registered");
            let begun = begin_sign_in(&call, BROWSER).await.expect("options");
            let answer = device.sign_with(&begun.options, &flags(used));
            let proved = finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await;
            assert_eq!(proved.is_ok(), is_taken, "{made:?} {used:?}");
            match proved {
                Ok(proved) => {
                    write(&call, proved).await.expect("noted");
                    let kept = list(&call).await.expect("a list").pop().expect("the newest").credential;
                    assert!(kept.contains(&format!("\"backup_state\":{}", used.1)), "{kept}");
                }
                Err(_) => assert_eq!(last_refusal(&test).await, "backup_flags"),
            }
            test.clock.advance(Duration::hours(1));
        }
    }
}

/// S80: what no browser sends is refused like everything else, and nothing falls over.
#[tokio::test]
async fn garbage_is_refused() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, _) = joana.register(&test).await;
        let begun = begin_sign_in(&later(&test), BROWSER).await.expect("options");
        let good = device.sign(&begun.options);
        let with = |path: &str, value: Value| {
            let mut answer = good.clone();
            *answer.pointer_mut(path).expect("a field") = value;
            answer
        };
        let twice = format!(
            r#"{{"type":"webauthn.get","challenge":"AAAA","origin":"https://evil.example","origin":"{ORIGIN}"}}"#
        );
        let garbage = [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            with("/response", json!({})),
            with("/id", json!("other")),
            with("/type", json!("password")),
            with("/rawId", json!("")),
            with("/rawId", json!("%%%")),
            with("/response/clientDataJSON", json!("")),
            with("/response/clientDataJSON", json!(encode(b"\xff\xfe"))),
            with("/response/clientDataJSON", json!(encode(b"null"))),
            with("/response/clientDataJSON", json!(encode(twice.as_bytes()))),
            with("/response/clientDataJSON", json!(encode(&b"[".repeat(10_000)))),
            with("/response/authenticatorData", json!("")),
            with("/response/authenticatorData", json!(encode(&[0; 37]))),
            with("/response/authenticatorData", json!(encode(&[0xff; 300]))),
            with("/response/signature", json!("A".repeat(100_000))),
            with("/response/userHandle", json!("AAAA")),
        ];
        for (place, answer) in garbage.iter().enumerate() {
            let mut call = later(&test);
            call.origin.address = format!("198.51.100.{place}");
            let browser = format!("{BROWSER}{place}");
            let begun = begin_sign_in(&call, &browser).await.expect("options");
            let refused = finish_sign_in(&call, &browser, begun.ceremony, answer).await;
            let Err(Error::Forbidden(code, _)) = refused else { panic!("{place}: {refused:?}") };
            assert_eq!(code.0, "passkey_refused");
        }
        let call = joana.call(&test);
        for object in [&b""[..], b"\xa0", b"\xa3", &[0x5f; 4000], &[0x9f; 4000], &[0xff; 40]] {
            let begun = begin_registration(&call).await.expect("options");
            let mut answer = Device::new().register(&begun.options);
            answer["response"]["attestationObject"] = json!(encode(object));
            let refused = finish_registration(&call, begun.ceremony, "Phone", &answer).await;
            assert_eq!(refused.expect_err("garbage").code().0, "passkey_refused");
        }
        // After five that are wrong, a browser waits like everybody who guesses (S11).
        let mut codes = Vec::new();
        for _ in 0..7 {
            let begun = begin_sign_in(&call, BROWSER).await.expect("options");
            let refused = finish_sign_in(&call, BROWSER, begun.ceremony, &json!({})).await;
            codes.push(refused.expect_err("refused").code().0);
        }
        assert_eq!(codes[..5], ["passkey_refused"; 5]);
        assert_eq!(codes[5..], ["too_many_requests"; 2]);
    }
}

/// Passkeys need a host with a name: an IP address is none, and the page does not offer them there.
#[tokio::test]
async fn an_address_without_a_name_has_no_passkeys() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let settings = &test.world.settings;
    let offered = |public_url: &str, is_demo: bool, host: &str| {
        let settings = operation::Settings { public_url: public_url.to_owned(), is_demo, ..settings.clone() };
        super::super::is_offered(&settings, host)
    };
    assert!(offered("https://access.example.com", false, "evil.example"));
    assert!(!offered("https://192.0.2.7", false, "192.0.2.7"));
    assert!(!offered("http://access.example.com", false, ""));
    assert!(offered("http://localhost:8080", true, "localhost:8080"));
    assert!(offered("http://localhost:8080", true, "vera.localhost:8080"));
    assert!(!offered("http://localhost:8080", true, "127.0.0.1:8080"));
}
