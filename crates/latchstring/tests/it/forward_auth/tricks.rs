//! What is sent by those who look for a way in.

use super::{DIALECTS, IDENTITY};
use crate::support::{
    cast::{ORIGIN, Stage},
    raw::{self, RawAnswer},
};

/// A question in the dialect, byte for byte, with these cookie lines.
async fn present(stage: &Stage, dialect: &str, cookies: &[Vec<u8>], more: &[&str]) -> RawAnswer {
    let host = ORIGIN.split_once("://").expect("an origin").1;
    let mut lines: Vec<Vec<u8>> =
        vec![format!("GET {dialect} HTTP/1.1").into(), format!("Host: {host}").into()];
    if dialect == DIALECTS[0] {
        for (name, value) in [("Method", "GET"), ("Proto", "http"), ("Host", host), ("Uri", "/admin")] {
            lines.push(format!("X-Forwarded-{name}: {value}").into());
        }
    } else {
        lines.push(b"X-Original-Method: GET".to_vec());
        lines.push(format!("X-Original-URL: {ORIGIN}/admin").into());
    }
    lines.extend(cookies.iter().map(|cookie| [&b"Cookie: "[..], cookie].concat()));
    lines.extend(more.iter().map(|line| line.as_bytes().to_vec()));
    let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    raw::send(stage.server.address, &lines, b"").await
}

/// Case 32: if the answer is a yes, it says who; and it is never somebody else than the bearer.
#[track_caller]
fn a_yes_is_whole(answer: &RawAnswer, user: &str, what: &str) {
    if (200..300).contains(&answer.status) {
        assert_eq!(answer.status, 200, "{what}");
        for name in IDENTITY {
            assert_eq!(answer.headers(name).len(), 1, "{what}: {name}");
            assert!(!answer.header(name).is_empty(), "{what}: {name}");
        }
        assert_eq!(answer.header("remote-user"), user, "{what}");
    }
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// Ways to spoil a cookie by hand. None of them may be taken for the good one.
fn spoiled(name: &str, value: &str) -> Vec<Vec<u8>> {
    let pair = format!("{name}={value}");
    let mut all: Vec<Vec<u8>> = [
        format!("{name}="),
        name.to_owned(),
        format!("={value}"),
        value.to_owned(),
        format!("{name}=\"{value}\""),
        format!("{name}='{value}'"),
        format!("{name}={value}\t"),
        format!("{name}= {value}"),
        format!("{name}={value} "),
        format!("{name} ={value}"),
        format!("{name}=={value}"),
        format!("{name}:{value}"),
        format!("{name}={value},{name}={value}"),
        format!("{name}={value}%00"),
        format!("{name}=%{:02x}{}", value.as_bytes()[0], &value[1..]),
        format!("{name}={}", value.to_uppercase()),
        format!("{name}={}", value.to_lowercase()),
        format!("{name}={}", value.chars().rev().collect::<String>()),
        format!("{name}={value}{value}"),
        format!("{name}={}", &value[..value.len() - 1]),
        format!("{name}={}", &value[4..]),
        format!("{name}=lsk_{}", &value[4..]),
        format!("{name}=lsc_{}", &value[4..]),
        format!("{name}={value}="),
        format!("{name}=..{value}"),
        format!("{name}=null"),
        format!("{name}=true"),
        format!("{name}=0"),
        format!("{name}=' OR 1=1 --"),
        format!("{name}=*"),
        // Twice: which of the two is meant cannot be known (S35).
        format!("{pair}; {pair}"),
        format!("{name}=x; {pair}"),
        format!("{pair}; {name}=x"),
        format!("{pair}; {name}="),
        format!("{pair}; {name}"),
        // By another spelling (S35).
        format!("{}={value}", name.to_lowercase()),
        format!("{}={value}", name.to_uppercase()),
        format!("{pair}; {}={value}", name.to_uppercase()),
        format!("a=1;  {pair}"),
        format!("a=1;\t{pair}"),
        format!("{}={value}", name.replace("__Host-", "")),
        format!("{}={value}", name.replace("__Host-", "__Secure-")),
        format!("{}={value}", name.replace('_', "-")),
        format!("{name}_={value}"),
        format!("x{name}={value}"),
        format!("{}={value}", name.replace("latchstring", "latchstr\u{131}ng")),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect();
    for odd in [&b"\x00"[..], b"\xff\xfe", b"\xc0\xaf", b"\x7f", b"\x1b", b"\xf0\x9f\x94\x91"] {
        all.push([pair.as_bytes(), odd].concat());
        all.push([odd, pair.as_bytes()].concat());
        all.push([name.as_bytes(), b"=", odd, value.as_bytes()].concat());
    }
    all.push(format!("{name}={}", "A".repeat(64 * 1024)).into_bytes());
    all.push(format!("{name}={}", "A".repeat(20_000)).into_bytes());
    all
}

/// Case 32, S35: no spoiled cookie lets anybody in, and no answer is a yes that does not say who. More than 300 of them
/// for each dialect and each kind of session.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_spoiled_cookie_is_a_yes() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    let agent = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    let mut dice = Dice(0x1a7c_4577_0000_0001);
    for pair in [&member, &agent] {
        let (name, value) = pair.split_once('=').expect("a pair");
        for dialect in DIALECTS {
            let good = present(&stage, dialect, &[pair.as_bytes().to_vec()], &[]).await;
            assert_eq!(good.status, 200, "{}", good.body);
            let user = good.header("remote-user").to_owned();
            // The product's own cookies beside it do no harm, whatever is in them.
            for beside in [
                format!("a=1; {pair}; b=2"),
                format!("{pair};c"),
                format!("theirs=\u{e9}; {pair}"),
                format!("a;; {pair}"),
            ] {
                let answer = present(&stage, dialect, &[beside.clone().into_bytes()], &[]).await;
                assert_eq!(answer.status, 200, "{beside}: {}", answer.body);
                a_yes_is_whole(&answer, &user, &beside);
            }
            for cookie in spoiled(name, value) {
                let what = String::from_utf8_lossy(&cookie[..cookie.len().min(120)]).into_owned();
                let answer = present(&stage, dialect, std::slice::from_ref(&cookie), &[]).await;
                a_yes_is_whole(&answer, &user, &what);
                // White space at the end of a header is not part of its value.
                let is_same = cookie.trim_ascii() == pair.as_bytes();
                assert!(is_same || answer.status >= 300 || answer.status == 0, "{what}: {}", answer.status);
            }
            // In two header lines, one of them spoiled.
            for second in [format!("{name}=x"), pair.clone(), format!("{}=x", name.to_uppercase())] {
                let answer =
                    present(&stage, dialect, &[pair.as_bytes().to_vec(), second.clone().into_bytes()], &[])
                        .await;
                assert!(answer.status >= 300, "{second}: {}", answer.status);
            }
            // Bytes changed, taken out, put in and swapped, anywhere.
            for _ in 0..320 {
                let mut cookie = pair.as_bytes().to_vec();
                for _ in 0..=dice.below(2) {
                    let (place, other) = (dice.below(cookie.len()), dice.below(cookie.len()));
                    match dice.below(4) {
                        0 => cookie[place] = u8::try_from(dice.below(256)).expect("a byte"),
                        1 => drop(cookie.remove(place)),
                        2 => cookie.insert(place, u8::try_from(dice.below(256)).expect("a byte")),
                        _ => cookie.swap(place, other),
                    }
                }
                let what = format!("{cookie:02x?}");
                let answer = present(&stage, dialect, std::slice::from_ref(&cookie), &[]).await;
                a_yes_is_whole(&answer, &user, &what);
                let is_good_inside =
                    cookie.split(|byte| *byte == b';').any(|part| part.trim_ascii() == pair.as_bytes());
                assert!(
                    is_good_inside || answer.status >= 300 || answer.status == 0,
                    "{what}: {}",
                    answer.status
                );
            }
        }
    }
}

/// S35: an agent's entry counts before their own place, and a spoiled one is not made up for by the other.
#[tokio::test]
async fn two_kinds_of_cookie_are_not_mixed() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    let agent = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    for dialect in DIALECTS {
        for both in [format!("{member}; {agent}"), format!("{agent}; {member}")] {
            let answer = present(&stage, dialect, &[both.into_bytes()], &[]).await;
            assert_eq!(answer.header("x-latchstring-acting"), "support");
        }
        let value = |pair: &str| pair.split_once('=').expect("a pair").1.to_owned();
        for wrong in [
            format!("__Host-latchstring_acting={}", value(&member)),
            format!("__Host-latchstring_app={}", value(&agent)),
            format!("__Host-latchstring_acting=x; {member}"),
            format!("__Host-latchstring_acting=; {member}"),
        ] {
            let answer = present(&stage, dialect, &[wrong.clone().into_bytes()], &[]).await;
            assert!(answer.status >= 300, "{wrong}: {}", answer.status);
        }
    }
}

/// Case 30: naming our headers in `Connection` takes nothing away but a yes.
#[tokio::test]
async fn connection_headers_open_nothing() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    for dialect in DIALECTS {
        for named in [
            "Connection: close, X-Forwarded-Uri, X-Forwarded-Host, Cookie",
            "Connection: close, Cookie",
            "Connection: close, X-Forwarded-Method, X-Forwarded-Proto, X-Original-URL, X-Original-Method",
            "Connection: close, Remote-User, X-Latchstring-Jwt-Assertion",
        ] {
            let answer = present(&stage, dialect, &[], &[named]).await;
            assert!(matches!(answer.status, 400 | 401), "{named}: {}", answer.status);
            let answer = present(&stage, dialect, &[member.clone().into_bytes()], &[named]).await;
            assert!(matches!(answer.status, 200 | 400 | 401), "{named}: {}", answer.status);
            if answer.status == 200 {
                assert!(IDENTITY.iter().all(|name| !answer.header(name).is_empty()), "{named}");
            }
        }
    }
}

/// Case 31: no user agent, no path that looks like a health check and no method is let through.
#[tokio::test]
async fn nothing_magic_is_let_through() {
    let stage = Stage::start().await;
    for dialect in DIALECTS {
        for agent in [
            "kube-probe/1.31",
            "GoogleHC/1.0",
            "ELB-HealthChecker/2.0",
            "Prometheus/2.53",
            "curl/8",
            "latchstring",
        ] {
            let answer = present(&stage, dialect, &[], &[&format!("User-Agent: {agent}")]).await;
            assert_eq!(answer.status, 401, "{agent}");
        }
        for forged in [
            "Remote-User: admin",
            "X-Latchstring-Acting: support",
            "X-Latchstring-Jwt-Assertion: e30.e30.",
            "X-Forwarded-User: admin",
            "X-Real-IP: 127.0.0.1",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Prefix: /public",
            "X-Original-URI: /livez",
            "X-Rewrite-URL: /livez",
            "X-HTTP-Method-Override: GET",
        ] {
            let answer = present(&stage, dialect, &[], &[forged]).await;
            assert_eq!(answer.status, 401, "{forged}");
            assert!(IDENTITY.iter().all(|name| answer.headers(name).is_empty()), "{forged}");
        }
    }
    for path in [
        "/ping",
        "/healthz",
        "/livez",
        "/readyz",
        "/metrics",
        "/favicon.ico",
        "/robots.txt",
        "/.well-known/jwks.json",
        "/_latchstring/callback",
        "/authz/forward-auth",
    ] {
        let (get, options) = (stage.ask("", "GET", path).await, stage.ask("", "OPTIONS", path).await);
        assert_eq!((get.status, options.status), (401, 401), "{path}");
    }
    for path in [
        "/authz/forward-auth/",
        "/authz/forward-auth/ping",
        "/authz/livez",
        "/authz/",
        "/authz/forward-auth%2f",
        "/authz/auth-request/x",
        "//authz/forward-auth",
    ] {
        let line = format!("GET {path} HTTP/1.1");
        let host = format!("Host: {}", stage.server.address);
        let answer = raw::send(stage.server.address, &[line.as_bytes(), host.as_bytes()], b"").await;
        assert!(answer.status >= 300, "{path}: {}", answer.status);
    }
}
