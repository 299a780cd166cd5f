//! One Chromium, driven through its own driver. Whatever a step needs and does not find fails the test.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    BrowserLogEntry, By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
    WebElement, WindowHandle, error::WebDriverResult,
};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::support::proxies::free_port;

/// The longest that anything on a page may take.
const PATIENCE: Duration = Duration::from_secs(10);

const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
];

pub struct Chromium {
    pub driver: WebDriver,
    _service: Service,
    _folder: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // In a test that fails nobody can wait for an orderly end any more; `_service` ends the browser.
        let _ = self.driver.clone().leak();
    }
}

/// The driver and every process that it started, which end with it.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(id) = self.0.id() {
            // It leads a group of its own, in which there is nothing but its browsers.
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "where the programs of the tests are is said by the machine")]
pub fn told(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

impl Chromium {
    pub async fn start() -> Self {
        Self::with(true).await
    }

    /// A browser in which no script of a page runs.
    pub async fn without_script() -> Self {
        Self::with(false).await
    }

    async fn with(script: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let program = told("CHROMEDRIVER_PATH").unwrap_or_else(|| "/usr/bin/chromedriver".into());
        let service = Command::new(program)
            .arg(format!("--port={port}"))
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let service = Service(service);

        let mut wanted = DesiredCapabilities::chrome();
        let program = told("CHROMIUM_PATH").unwrap_or_else(|| "/usr/bin/chromium".into());
        wanted.set_binary(&program.display().to_string()).expect("a program");
        for flag in FLAGS {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted
            .add_arg(&format!("--user-data-dir={}", folder.path().join("profile").display()))
            .expect("a flag");
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        if !script {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", off).expect("a preference");
        }
        let address = format!("http://127.0.0.1:{port}");
        let began = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "chromedriver does not listen");
            sleep(Duration::from_millis(20)).await;
        }
        let driver = WebDriver::new(&address, wanted).await.expect("Chromium starts");
        let browser = Self { driver, _service: service, _folder: folder };
        browser.size(1280, 900).await;
        browser
    }

    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Runs a function's body in the page.
    pub async fn js(&self, script: &str, arguments: Vec<Value>) -> Value {
        let ran = self.driver.execute(script, arguments).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What an expression is in the page.
    pub async fn is(&self, expression: &str) -> Value {
        self.js(&format!("return {expression}"), vec![]).await
    }

    pub async fn count(&self, css: &str) -> u64 {
        let count = self.js("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await;
        count.as_u64().expect("a number")
    }

    /// The words that somebody reads in the first element of this kind, in one line.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText.replace(/\\s+/g, ' ').trim()";
        let text = self.js(script, vec![json!(css)]).await;
        text.as_str().unwrap_or_else(|| panic!("nothing is {css}")).to_owned()
    }

    /// Waits until somebody reads these words in the first element of this kind: a page may still be on its way.
    #[track_caller]
    pub fn says(&self, css: &str, words: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let script =
                "return document.querySelector(arguments[0])?.innerText.replace(/\\s+/g, ' ').trim()";
            let began = Instant::now();
            loop {
                // Between two pages there is nothing to ask.
                let said = self.driver.execute(script, vec![json!(css)]).await;
                let said = said.ok().and_then(|said| said.json().as_str().map(str::to_owned));
                if said.as_deref().is_some_and(|said| said.contains(words)) {
                    return;
                }
                assert!(began.elapsed() < PATIENCE, "{place}: {css} says {said:?}, not {words:?}");
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// The first element that matches and has these words.
    pub async fn find(&self, css: &str, words: &str) -> WebElement {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .find(one => one.checkVisibility() && one.textContent.replace(/\\s+/g, ' ').includes(arguments[1]))";
        let found = self.driver.execute(script, vec![json!(css), json!(words)]).await.expect("a search");
        if let Ok(element) = found.element() {
            return element;
        }
        panic!("nothing is {css} with {words:?} on {}", self.address().await)
    }

    /// Clicks where a person would.
    pub async fn click(&self, css: &str, words: &str) {
        let began = Instant::now();
        // What stands in a region that is renewed at this moment is looked for again.
        while let Err(error) = self.try_to_click(css, words).await {
            assert!(began.elapsed() < PATIENCE, "{css} {words:?}: {error}");
        }
    }

    async fn try_to_click(&self, css: &str, words: &str) -> WebDriverResult<()> {
        let element = self.find(css, words).await;
        element.scroll_into_view().await?;
        element.click().await
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.driver.find(By::Css(css)).await.unwrap_or_else(|_| panic!("nothing is {css}"));
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Keys, as they go to whatever has the focus.
    pub async fn press(&self, keys: impl Into<thirtyfour::TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.expect("a keyboard");
    }

    /// Waits until an expression holds in the page, and says how long that took.
    #[track_caller]
    pub fn until(&self, expression: &str) -> impl Future<Output = Duration> {
        let place = std::panic::Location::caller();
        async move {
            let began = Instant::now();
            loop {
                // A page that is being left has nothing to say.
                let script = format!("return !!({expression})");
                let holds =
                    self.driver.execute(script, vec![]).await.is_ok_and(|ran| ran.json() == &json!(true));
                if holds {
                    return began.elapsed();
                }
                if began.elapsed() > PATIENCE {
                    let page = self.text("body").await;
                    panic!("{place}: never {expression} at {}: {page}", self.address().await);
                }
                sleep(Duration::from_millis(25)).await;
            }
        }
    }

    pub async fn address(&self) -> String {
        self.driver.current_url().await.expect("an address").to_string()
    }

    pub async fn title(&self) -> String {
        self.driver.title().await.expect("a title")
    }

    pub async fn back(&self) {
        self.driver.back().await.expect("a page before");
    }

    /// Another window, which is in front from now on.
    pub async fn another_window(&self) -> WindowHandle {
        let window = self.driver.new_tab().await.expect("a window");
        self.to(&window).await;
        self.size(1280, 900).await;
        window
    }

    pub async fn window(&self) -> WindowHandle {
        self.driver.window().await.expect("a window")
    }

    pub async fn to(&self, window: &WindowHandle) {
        self.driver.switch_to_window(window.clone()).await.expect("the window is there");
    }

    pub async fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Light or dark, and still: a colour on its way to another is neither.
    pub async fn scheme(&self, scheme: &str) {
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver
            .cdp()
            .send_raw(command, parameters)
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// What the console has gained since it was asked last.
    pub async fn console(&self) -> Vec<BrowserLogEntry> {
        self.driver.browser_log().await.expect("a log")
    }

    /// A picture of the whole page.
    pub async fn picture(&self, file: &Path) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let page = &metrics["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": page["width"], "height": page["height"], "scale": 1 });
        let taken = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.devtools("Page.captureScreenshot", taken).await;
        let bytes = STANDARD.decode(taken["data"].as_str().expect("a picture")).expect("a picture");
        std::fs::write(file, bytes).expect("a place for pictures");
    }

    pub async fn quit(self) {
        self.driver.clone().quit().await.expect("Chromium ends");
    }
}
