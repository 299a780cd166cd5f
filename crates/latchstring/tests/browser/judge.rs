//! What every page has to keep to, checked in each width and each scheme of colours.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::chromium::{Chromium, told};

const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS: [u32; 2] = [1280, 320];
const WORLD: &str = "judge";

/// Looks at page after page and keeps what is wrong until the end, so that one run tells all of it.
pub struct Judge<'a> {
    browser: &'a Chromium,
    keys: Vec<String>,
    /// Titles and where they were seen.
    titles: HashMap<String, String>,
    faults: Vec<String>,
    /// Where pictures go, for somebody who wants to look.
    pictures: Option<PathBuf>,
    looked: u32,
}

impl<'a> Judge<'a> {
    pub async fn new(browser: &'a Chromium) -> Self {
        let axe = axe();
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}", axe.display()));
        // In a world of its own, where the page's policy holds back neither the tool nor the page.
        let tool = json!({ "source": axe, "worldName": WORLD });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", tool).await;
        let pictures = told("LATCHSTRING_PICTURES");
        Self { browser, keys: keys(), titles: HashMap::new(), faults: Vec::new(), pictures, looked: 0 }
    }

    /// Opens an address of ours and looks at it.
    pub async fn page(&mut self, address: &str) {
        self.browser.go(address).await;
        self.here(false).await;
    }

    /// Opens a page of the product on which somebody acts as support.
    pub async fn product_page(&mut self, address: &str) {
        self.browser.go(address).await;
        self.browser.until("document.getElementById('latchstring-band')").await;
        self.here(true).await;
    }

    /// Looks at what is there.
    pub async fn here(&mut self, is_product: bool) {
        let address = self.browser.address().await;
        let path = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let path = path.split_once('/').map_or("", |(_, path)| path).to_owned();
        let place = path.split('?').next().unwrap_or_default().to_owned();
        let title = self.browser.title().await;
        let before = self.titles.insert(title.clone(), place.clone());
        if before.is_some_and(|before| before != place) {
            self.faults.push(format!("/{path}: another page has the title {title:?}"));
        }
        self.look(&path, is_product).await;
    }

    /// Looks at a form that came back: the page that it stands on, at the address that it was sent to.
    pub async fn came_back(&mut self) {
        let address = self.browser.address().await;
        let path = address.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        self.look(&path, false).await;
    }

    async fn look(&mut self, path: &str, is_product: bool) {
        self.looked += 1;
        for width in WIDTHS {
            self.browser.size(width, 800).await;
            for scheme in ["light", "dark"] {
                self.browser.scheme(scheme).await;
                let here = format!("/{path} {width} {scheme}");
                self.shown(&here, is_product, width, scheme).await;
            }
        }
        self.browser.size(1280, 900).await;
        for line in self.browser.console().await {
            let is_status = line.message.contains("the server responded with a status of 4");
            let is_harmless = line.level != "SEVERE" && !line.message.contains("Content Security Policy");
            if !is_status && !is_harmless {
                self.faults.push(format!("/{path}: console: {}", line.message));
            }
        }
    }

    async fn shown(&mut self, here: &str, is_product: bool, width: u32, scheme: &str) {
        if let Some(folder) = &self.pictures {
            let name: String =
                here.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let file = format!("{:03}{}.png", self.looked, name.chars().take(110).collect::<String>());
            self.browser.picture(&folder.join(file)).await;
        }
        if scheme == "light" {
            let found =
                self.browser.js(include_str!("judge.js"), vec![json!(self.keys), json!(is_product)]).await;
            let found = found.as_array().expect("a list").iter().filter_map(Value::as_str);
            self.faults.extend(found.map(|fault| format!("{here}: {fault}")));
        }
        // The colours are all that another scheme changes, and the narrow page has those of the wide one.
        let run = match (scheme, width) {
            ("light", _) => json!({ "type": "tag", "values": RULES }),
            (_, 1280) => json!({ "type": "rule", "values": ["color-contrast"] }),
            _ => return,
        };
        let found = self.axe(run).await;
        let found = found.as_array().expect("a list").iter().filter_map(Value::as_str);
        self.faults.extend(found.map(|fault| format!("{here}: {fault}")));
    }

    async fn axe(&self, run: Value) -> Value {
        let expression = format!(
            "axe.run(document, {{ runOnly: {run}, resultTypes: ['violations'] }}).then(({{ violations }}) =>
                violations.flatMap(({{ id, nodes }}) => nodes.map(({{ html, failureSummary }}) =>
                    `${{id}}: ${{html.slice(0, 140)}} ${{failureSummary.replace(/\\s+/g, ' ').slice(0, 200)}}`)))"
        );
        let tree = self.browser.devtools("Page.getFrameTree", json!({})).await;
        let world = json!({ "frameId": tree["frameTree"]["frame"]["id"], "worldName": WORLD });
        let world = self.browser.devtools("Page.createIsolatedWorld", world).await;
        let context = world["executionContextId"].clone();
        let asked = json!({ "expression": expression, "contextId": context, "awaitPromise": true, "returnByValue": true });
        let answer = self.browser.devtools("Runtime.evaluate", asked).await;
        assert!(answer.get("exceptionDetails").is_none(), "axe-core: {answer}");
        answer["result"]["value"].clone()
    }

    /// Fails if anything was wrong anywhere.
    pub fn done(self) {
        assert!(
            self.faults.is_empty(),
            "{} faults on {} pages:\n{}",
            self.faults.len(),
            self.looked,
            self.faults.join("\n")
        );
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/latchstring is two folders down")
        .to_owned()
}

fn axe() -> PathBuf {
    told("AXE_PATH").unwrap_or_else(|| {
        let tools = std::fs::read_dir(workspace().join("target/tools")).expect("`cargo xtask setup` has run");
        let folder = tools.flatten().find(|tool| tool.file_name().to_string_lossy().starts_with("axe-core-"));
        folder.expect("`cargo xtask setup` has run").path().join("node_modules/axe-core/axe.min.js")
    })
}

/// The names of messages, of which none may be seen. Short ones can be words.
fn keys() -> Vec<String> {
    let folder = workspace().join("crates/web/locales/en");
    let files = std::fs::read_dir(folder).expect("the messages").flatten();
    let texts = files.map(|file| std::fs::read_to_string(file.path()).expect("messages"));
    let names = |text: String| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        lines.filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned()).collect()
    };
    texts.flat_map(names).filter(|name| name.matches(['-', '_']).count() > 1).collect()
}
