//! `latchstring demo`: sample people who sign in with one click, a sample product behind a small reverse proxy, a provider of
//! single sign-on, and the mail that would have been sent.
//!
//! The product, the proxy and the provider speak to Latchstring over HTTP only, like anybody else's. **Invariant:** nothing in here is
//! mounted by `latchstring serve`, and its sign-in works only where the settings say that this is the demo.

mod mailbox;
mod pages;
pub mod product;
pub mod provider;
pub mod proxy;
mod sample;

use std::sync::Arc;

use kernel::{ConnectionId, UserId};

pub use mailbox::Mailbox;
pub use pages::{Demo, page_routes};
pub use sample::{Sample, seed};

/// Somebody whom a visitor can be.
#[derive(Debug, Clone)]
pub struct SamplePerson {
    pub user: UserId,
    /// The end of the address that signs in: `/demo/joana`.
    pub slug: &'static str,
    pub name: &'static str,
    /// What they are, in a few words.
    pub role: &'static str,
    /// Each has a host of their own, so that one browser can be several people at once: cookies belong to a host.
    pub host: &'static str,
}

/// Somebody who signs in at a provider, and has no password here.
#[derive(Debug, Clone)]
pub struct SingleSignOn {
    pub name: &'static str,
    pub role: &'static str,
    /// As for the others.
    pub host: &'static str,
    pub connection: ConnectionId,
    pub issuer: String,
}

impl SingleSignOn {
    /// Where they begin.
    fn address(&self, port: u16) -> String {
        format!("http://{}:{port}/sign-in/sso/{}", self.host, self.connection)
    }
}

/// What the terminal and the first page say.
pub const THINGS_TO_TRY: &[&str] = &[
    "Joana: click the padlock on Aurora Serviços and generate a token",
    "Ana: Desk, associate the token with a ticket, enter (a yellow band in the sample product)",
    "Joana: watch the card and the access log change by themselves, then revoke the token",
    "Ana: click anything in the sample product (refused)",
    "Joana: open again, reading only; Ana: try to change an entry (refused, and written down)",
    "Anybody: sign in with the temporary credentials of Aurora Têxtil that the first page shows; Joana: revoke them with one click, and look at her open doors",
    "Ana: Administration, Kappa Comptables, set practitioners to mandatory; Hugo: his next click asks for a second factor",
    "Zoé: continue with Kappa ID, and click who she is there; then sign her out at Kappa ID: her next click here asks again",
    "Kim: My Clients, show the token that waits; Joana: My Partner, authorize it; Kim: authorize Hugo, enter",
    "Anybody: look for a way in that the customer did not open",
];

/// The lines that the terminal prints.
pub fn greeting(
    people: &[SamplePerson],
    single_sign_on: &SingleSignOn,
    version: &str,
    port: u16,
    product_port: u16,
) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "\n  latchstring {version} demo. Everything is in a temporary folder and gone on Ctrl-C. Listening on loopback only.\n\n"
    );
    for person in people {
        let address = format!("http://{}:{port}/demo/{}", person.host, person.slug);
        let _ = writeln!(text, "  {:<7}{:<36}{address}", person.name, person.role);
    }
    let (name, role) = (single_sign_on.name, single_sign_on.role);
    let _ = writeln!(text, "  {name:<7}{role:<36}{}", single_sign_on.address(port));
    let _ = writeln!(
        text,
        "\n  Sample product, protected by us           http://localhost:{product_port}   and   http://127.0.0.1:{product_port}\n\
         \x20 Mail that would have been sent            http://localhost:{port}/demo/mail\n\
         \x20 Requests the proxy asked about            http://localhost:{port}/demo/decisions\n\
         \x20 Kappa ID, a provider of single sign-on    {}\n",
        single_sign_on.issuer
    );
    for (n, thing) in THINGS_TO_TRY.iter().enumerate() {
        let lead = if n == 0 { "Try this:" } else { "" };
        let _ = writeln!(text, "  {lead:<11}{}  {thing}", n + 1);
    }
    text
}

/// Shared by the pages of the demo.
pub type Shared = Arc<Demo>;
