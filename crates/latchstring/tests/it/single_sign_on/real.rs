//! Against a provider that others wrote: `oidc-provider` under Node, on loopback.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};
use testkit::Database;

use super::{COOKIE, Scene};

/// The program, ended with the test.
struct Real(Child);

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "how the test command tells where the program is")]
fn folder() -> PathBuf {
    std::env::var_os("OIDC_PROVIDER_PATH").expect("cargo xtask test says where oidc-provider is").into()
}

impl Real {
    /// It lives so many seconds ahead, and knows one client.
    fn start(port: u16, redirect: &str, logout: &str, ahead: i64) -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/single_sign_on/provider.mjs");
        let mut program = Command::new("node")
            .arg(script)
            .arg(folder())
            .args([&port.to_string(), redirect, logout, &ahead.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let told = BufReader::new(program.stdout.take().expect("its output"));
        let started = Self(program);
        let ready = told.lines().map_while(Result::ok).any(|line| line == "ready");
        assert!(ready, "the provider did not start");
        started
    }
}

/// The browser at the provider: signs in as whom it is told, agrees, and is sent back to us.
async fn goes_through(browser: &Client, address: &str, login: &str, ours: &str) -> String {
    let mut next = address.to_owned();
    for _ in 0..12 {
        let page = browser.get(&next).send().await.expect("an answer");
        let answer = if page.status().is_redirection() {
            page
        } else {
            let text = page.text().await.expect("a page");
            let action = text.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
            let action = action.unwrap_or_else(|| panic!("no form: {text}"));
            let prompt = if text.contains("name=\"login\"") { "login" } else { "consent" };
            let form = [("prompt", prompt), ("login", login), ("password", "x")];
            browser.post(join(&next, action)).form(&form).send().await.expect("an answer")
        };
        let location = answer.headers().get("location").expect("a way on").to_str().expect("text");
        next = join(&next, location);
        if next.starts_with(ours) {
            return next;
        }
    }
    panic!("it leads nowhere: {next}");
}

fn join(base: &str, there: &str) -> String {
    url::Url::parse(base).expect("an address").join(there).expect("an address").into()
}

/// E13: discovery, the code flow with PKCE, the provider's own keys, and claims from its other page, with a provider that we
/// did not write: the test, a first sign-in, a second one, and somebody who is somebody else.
#[tokio::test]
async fn a_provider_that_others_wrote_signs_people_in() {
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
    let mut scene = Scene::on(Database::sqlite()).await;
    scene.own_domain().await;
    let ahead = scene.stage.server.now().as_seconds() - kernel_now();
    let url = scene.stage.server.url.clone();
    let first = Real::start(port, &format!("{url}/"), &format!("{url}/"), ahead);
    let mut wanted = scene.wanted();
    wanted["issuer"] = format!("http://127.0.0.1:{port}").into();
    let made =
        scene.stage.joana.post(&format!("{}/connections", scene.here), wanted).await.expect(201).json();
    drop(first);
    scene.connection = made["id"].as_str().expect("an id").to_owned();
    let text = |name: &str| made[name].as_str().expect("an address").to_owned();
    let _real = Real::start(port, &text("redirect_uri"), &text("back_channel_logout_uri"), ahead);

    let browser = || Client::builder().redirect(Policy::none()).cookie_store(true).build().expect("a client");
    let page = format!("/organizations/{}/single-sign-on/{}/test", scene.stage.aurora, scene.connection);
    // The keys that were kept are those of the first start.
    scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    let sent = scene.stage.joana.form(&page, &[]).await.expect(303);
    let back = goes_through(&browser(), sent.header("location"), "joana", &url).await;
    let joana = scene.stage.joana.cookie.clone().expect("a session");
    let tried = scene.stage.joana.with_cookie(format!("{joana}; {}", sent.cookie(COOKIE))).get(&back).await;
    tried.expect(303);
    let shown = scene.stage.joana.get(&page.replace("/test", "")).await.expect(200).text;
    assert!(shown.contains("Real Person") && shown.contains("joana@aurora.example"), "{shown}");
    scene.activate().await.expect(200);

    for login in ["carla", "carla", "dario"] {
        scene.later().await;
        let (address, nobody) = scene.sent().await;
        let back = goes_through(&browser(), &address, login, &url).await;
        let answer = nobody.get(&back).await.expect(303);
        let person = nobody.with_cookie(answer.cookie("__Host-latchstring"));
        person.get(&format!("/api/v1/organizations/{}", scene.stage.aurora)).await.expect(200);
    }
    let members = format!("/api/v1/organizations/{}/members?search=Real", scene.stage.aurora);
    let found = scene.stage.joana.get(&members).await.expect(200).json();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(2), "{found}");
    assert_eq!(scene.recorded("single_sign_on.refused").await.len(), 0);
}

/// Where this machine is in time.
#[expect(clippy::disallowed_methods, reason = "the provider lives at the machine's time")]
fn kernel_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("this age")
}
