//! The pages in a real browser: Debian's Chromium, driven by its own driver, in front of the demo as everybody starts it.

#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests over HTTP, which use the rest of it")]
mod support;

mod chromium;
mod demo;
mod every_page;
mod judge;
mod keyboard;
mod levels;
mod partners;
mod passkeys;
mod revoking;
mod second_factor;
mod single_sign_on;
mod story;
mod temporary;
mod without_script;
