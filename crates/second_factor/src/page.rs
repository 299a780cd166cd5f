//! What the pages of a set-up show: a key, and recovery codes.

use kernel::Error;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use web::text::Text;

use crate::{operations::Offered, qr};

/// A key as a page shows it.
pub struct KeyShown {
    /// Markup of our own: no text of anybody is in it.
    pub qr: String,
    pub text: String,
    pub account: String,
}

impl KeyShown {
    pub fn new(offered: &Offered, t: &Text) -> Result<Self, Error> {
        Ok(Self {
            qr: qr::svg(&offered.uri, &t.get("second-factor-qr"))?,
            text: offered.key.to_string(),
            account: offered.account.clone(),
        })
    }
}

/// Recovery codes as a page shows them, this once.
pub struct CodesShown {
    pub codes: Vec<String>,
    pub file_name: &'static str,
    /// The file itself: the server does not have it a second time.
    pub download: String,
}

impl CodesShown {
    pub fn new(codes: Vec<String>, t: &Text, vendor: &str) -> Self {
        let head = t.with("second-factor-codes-file", [("vendor", &vendor)]);
        let file = format!("{head}\n\n{}\n", codes.join("\n"));
        let download =
            format!("data:text/plain;charset=utf-8,{}", utf8_percent_encode(&file, NON_ALPHANUMERIC));
        Self { codes, file_name: "recovery-codes.txt", download }
    }
}
