//! An authenticator app, as a person has it on a phone.

use std::{collections::HashMap, sync::Mutex};

use kernel::Timestamp;
use second_factor::totp::{self, Key};
use serde_json::json;

use super::server::{Browser, PASSWORD};

/// Everybody's apps, by their addresses.
#[derive(Debug, Default)]
pub struct Apps(Mutex<HashMap<String, App>>);

impl Apps {
    /// Puts a key into somebody's app.
    pub fn add(&self, email: &str, key: &str) {
        self.0.lock().expect("no panic").insert(email.to_owned(), App::typed(key));
    }

    /// A code of somebody's app that was not given before.
    pub fn code(&self, email: &str, now: Timestamp) -> String {
        let mut apps = self.0.lock().expect("no panic");
        apps.get_mut(email).unwrap_or_else(|| panic!("{email} has no app")).code(now)
    }

    /// The code of a step that is so many away from the current one, given before or not.
    pub fn code_away(&self, email: &str, now: Timestamp, away: i64) -> String {
        self.0.lock().expect("no panic")[email].key.code(totp::step(now) + away)
    }

    /// Signs in: with the password and what else the account asks for. The vendor's people set up an app the first time.
    pub async fn sign_in(&self, nobody: &Browser, email: &str, now: Timestamp) -> Browser {
        let body = json!({ "email": email, "password": PASSWORD });
        let mut answer = nobody.post("/api/v1/sign-in", body).await;
        if answer.status == 202 {
            let half = nobody.with_cookie(answer.cookie("__Host-latchstring_sign_in"));
            let path = if answer.json()["next"] == "set_up" {
                let key = half.post("/api/v1/sign-in/set-up", json!({})).await.expect(201).json();
                self.add(email, key["key"].as_str().expect("a key"));
                "/api/v1/sign-in/set-up/confirm"
            } else {
                "/api/v1/sign-in/code"
            };
            answer = half.post(path, json!({ "code": self.code(email, now) })).await;
        }
        nobody.with_cookie(answer.expect(200).cookie("__Host-latchstring"))
    }
}

/// One account in the app.
#[derive(Debug)]
pub struct App {
    key: Key,
    used: i64,
}

impl App {
    /// Types the key in, as it is shown: base32 in groups.
    pub fn typed(text: &str) -> Self {
        let mut bytes = Vec::new();
        let (mut bits, mut held) = (0_u32, 0);
        for letter in text.bytes().filter(|letter| *letter != b' ') {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                other => panic!("no letter of a key: {other}"),
            };
            bits = bits << 5 | u32::from(value);
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 255).expect("a byte"));
            }
        }
        Self { key: Key::from_bytes(bytes.into()), used: 0 }
    }

    /// A code that is good now and was not given before. There are three of them at any moment.
    pub fn code(&mut self, now: Timestamp) -> String {
        let current = totp::step(now);
        let step = (current - 1).max(self.used + 1);
        assert!(step <= current + 1, "every code of this moment was given: let time pass");
        self.used = step;
        self.key.code(step)
    }
}
