//! The power goes, again and again, while eight clients write.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::Database;
use tokio::{process::Command, time::sleep};

use super::Cast;
use crate::support::{process::Installed, rows, server::nothing};

const ROUNDS: usize = 50;
const CLIENTS: usize = 8;

/// What one client was told about its organization's tokens, the last one last.
#[derive(Default)]
struct Ledger(Vec<Acknowledged>);

#[derive(Clone, Default)]
struct Acknowledged {
    grant: String,
    is_taken: bool,
    is_revoked: bool,
}

/// Looks at the file with another program's eyes.
const CHECK: &str = include_str!("look.py");

async fn looked_at(installed: &Installed, database: Option<&Database>) -> Value {
    if let Some(database) = database {
        return rows::soundness(&database.url).await;
    }
    let output = Command::new("python3")
        .arg("-c")
        .arg(CHECK)
        .arg(installed.database())
        .output()
        .await
        .expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Opens, takes and revokes until the server is gone.
async fn write(cast: &Cast, client: usize, mut ledger: Ledger) -> Ledger {
    let (customer, organization) = &cast.customers[client];
    let path = format!("/api/v1/organizations/{organization}/support-tokens");
    let send = async |by: &crate::support::server::Browser, path: &str, body: Value| {
        let answer = by.request("POST", path).json(&body).send().await.ok()?;
        let status = answer.status().as_u16();
        // The answer counts when it was heard to its end.
        Some((status, answer.json::<Value>().await.ok()?))
    };
    // What became of an act that was under way when the power went is looked at, as a person would.
    if let Some(last) = ledger.0.last_mut().filter(|last| !last.is_revoked) {
        let seen = customer.request("GET", &format!("/api/v1/support-tokens/{}", last.grant)).send().await;
        let Ok(seen) = seen else { return ledger };
        let Ok(seen) = seen.json::<Value>().await else { return ledger };
        last.is_taken |= !seen["association"].is_null();
        last.is_revoked = seen["state"] == "revoked";
    }
    loop {
        let live = match ledger.0.last() {
            Some(last) if !last.is_revoked => last.grant.clone(),
            _ => {
                let Some((status, made)) = send(customer, &path, json!({ "validity_seconds": 3600 })).await
                else {
                    return ledger;
                };
                if status == 409 {
                    // One was made in an earlier life of the server, and we were not told.
                    let Ok(live) = customer.request("GET", &format!("{path}/live")).send().await else {
                        return ledger;
                    };
                    let Ok(live) = live.json::<Value>().await else { return ledger };
                    let grant = live["support_token"]["id"].as_str().expect("the live one").to_owned();
                    ledger.0.push(Acknowledged { grant, ..Acknowledged::default() });
                    continue;
                }
                assert_eq!(status, 201, "{made}");
                let grant = made["id"].as_str().expect("an id").to_owned();
                ledger.0.push(Acknowledged { grant: grant.clone(), ..Acknowledged::default() });
                grant
            }
        };
        let last = ledger.0.last_mut().expect("just there");
        if !last.is_taken {
            let Some((status, told)) =
                send(&cast.ana, "/api/v1/desk/associate", json!({ "id": live, "ticket": "1" })).await
            else {
                return ledger;
            };
            assert_eq!(status, 200, "{told}");
            last.is_taken = true;
        }
        let Some((status, told)) =
            send(customer, &format!("/api/v1/support-tokens/{live}/revoke"), nothing()).await
        else {
            return ledger;
        };
        // 409: it was revoked in an earlier life, and we were not told.
        assert!(matches!(status, 200 | 409), "{told}");
        last.is_revoked = true;
    }
}

/// R1: fifty times killed at any moment within half a second, eight clients writing: no act that was acknowledged is
/// lost, every act has its entry in the log and every entry its act, and the file is sound.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_any_moment_it_loses_nothing_that_it_acknowledged() {
    lose_nothing(Installed::new().await, None).await;
}

/// R1: the same on PostgreSQL, where nothing is half done either and the next server takes the place of the killed one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_any_moment_it_loses_nothing_on_postgresql() {
    let Some(database) = Database::postgres().await else { return };
    lose_nothing(Installed::on(&database.url).await, Some(&database)).await;
}

async fn lose_nothing(installed: Installed, database: Option<&Database>) {
    let mut server = installed.serve().await;
    let cast = Cast::of(&installed, CLIENTS).await;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    // The moments are the same in each run; where they fall is not.
    let mut dice: u64 = 0x2545_f491_4f6c_dd1d;
    for round in 0..ROUNDS {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let moment = Duration::from_millis(dice % 500);
        let before = std::mem::take(&mut ledgers);
        let writing =
            join_all(before.into_iter().enumerate().map(|(client, ledger)| write(&cast, client, ledger)));
        let killing = async {
            sleep(moment).await;
            server.kill().await;
        };
        let (written, ()) = tokio::join!(writing, killing);
        ledgers = written;

        let seen = looked_at(&installed, database).await;
        assert_eq!(seen["integrity"], json!(["ok"]), "round {round}");
        assert_eq!(seen["foreign"], 0, "round {round}");
        for rule in ["without_entry", "without_act"] {
            assert_eq!(
                seen[rule],
                json!({ "created": [], "associated": [], "ended": [] }),
                "round {round}: {rule}"
            );
        }
        assert_eq!(seen["live_twice"], json!([]), "round {round}");
        assert_eq!(seen["ended_and_live"], json!([]), "round {round}");

        server = installed.serve().await;
        for ((customer, _), ledger) in cast.customers.iter().zip(&ledgers) {
            // Those before were looked at in earlier rounds, and nothing returns from revoked.
            for told in ledger.0.iter().rev().take(3) {
                let token =
                    customer.get(&format!("/api/v1/support-tokens/{}", told.grant)).await.expect(200).json();
                if told.is_taken {
                    assert_eq!(token["association"]["agent"]["name"], "Ana Souza", "round {round}: {token}");
                }
                if told.is_revoked {
                    assert_eq!(token["state"], "revoked", "round {round}: {token}");
                }
            }
        }
    }
    let all: usize = ledgers.iter().map(|ledger| ledger.0.len()).sum();
    assert!(all > ROUNDS, "{all} tokens were written");
    for ((customer, organization), ledger) in cast.customers.iter().zip(&ledgers) {
        let mut there = std::collections::HashMap::new();
        let mut next = Some(String::new());
        while let Some(page) = next {
            let path =
                format!("/api/v1/organizations/{organization}/support-tokens?limit=200&page_token={page}");
            let list = customer.get(&path).await.expect(200).json();
            for token in list["data"].as_array().expect("a list") {
                there.insert(token["id"].as_str().expect("an id").to_owned(), token["state"].clone());
            }
            next = list["page"]["next_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        }
        for told in &ledger.0 {
            let state = there.get(&told.grant).expect("what was acknowledged is there");
            assert!(!told.is_revoked || state == "revoked", "{}: {state}", told.grant);
        }
    }
    assert!(server.stop().await);
}
