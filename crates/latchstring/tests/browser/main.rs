//! The pages in a real browser: Debian's Chromium, driven by its own driver.

#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests over HTTP, which use the rest of it")]
mod support;
