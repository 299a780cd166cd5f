//! Everything that is drawn: the mark, the padlocks, the door, the icons. Inline, so that a page carries only what it
//! shows and shows it before anything else has arrived.

use std::{borrow::Cow, fmt};

use crate::text::Count;

/// HTML that is safe as it stands.
#[derive(Debug, Clone, Default)]
pub struct Markup(Cow<'static, str>);

impl Markup {
    pub const fn fixed(html: &'static str) -> Self {
        Self(Cow::Borrowed(html))
    }
}

impl From<String> for Markup {
    /// The caller has escaped what came from elsewhere.
    fn from(html: String) -> Self {
        Self(Cow::Owned(html))
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// The mark: an arched door, its hole, and the string with a bead below the sill.
pub fn logo() -> Markup {
    Markup::fixed(concat!(
        r#"<svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true">"#,
        r#"<path fill="currentColor" d="M6 27V12.5a10 10 0 0 1 20 0V27z"/>"#,
        r#"<path class="cut" d="M19.5 15c.4 3.5 2.2 4.5 2 8.5V27"/>"#,
        r#"<circle class="cutf" cx="19.4" cy="14.3" r="2.1"/>"#,
        r#"<path fill="none" stroke="currentColor" stroke-width="1.9" d="M21.5 26.5V29"/>"#,
        r#"<circle cx="21.5" cy="29.6" r="2.1" fill="currentColor"/></svg>"#,
    ))
}

const CLOSED: &str = concat!(
    r#"<path d="M21 28v-7a11 11 0 0 1 22 0v7"/>"#,
    r#"<rect x="14" y="28" width="36" height="28" rx="7" fill="currentColor"/>"#,
    r#"<g class="hole"><circle cx="32" cy="39.5" r="2.6"/><path d="M32 42v5"/></g>"#,
);
const WAITING: &str = concat!(
    r#"<path d="M21 28V16a11 11 0 0 1 22 0v5"/><rect x="14" y="28" width="36" height="29" rx="7"/>"#,
    r#"<circle cx="32" cy="42.5" r="8"/><path d="M32 38v4.8l3.2 2.2"/>"#,
);
const OPEN_BODY: &str = concat!(
    r#"<path d="M36 28V19a10.5 10.5 0 0 1 21 0v4"/><rect x="7" y="28" width="37" height="28" rx="7"/>"#,
    r#"<circle cx="25.5" cy="40" r="3.6"/>"#,
);
const SHORT_STRING: &str =
    r#"<path d="M25.5 43.6v13.5"/><circle cx="25.5" cy="60" r="3.2" fill="currentColor" stroke="none"/>"#;
const LONG_STRING: &str = concat!(
    r#"<path d="M25.5 43.6c0 16 4.5 24 3.5 44-.3 7-1.2 10-.8 15"/>"#,
    r#"<circle cx="28.3" cy="108" r="5" fill="currentColor" stroke="none"/>"#,
);

/// The padlock: `closed`, `waiting`, `open`, or `hanging`, which is open with the string over the edge of its card.
pub fn padlock(door: impl AsRef<str>, size: impl Count) -> Markup {
    let size = size.number();
    let (overflow, body, string) = match door.as_ref() {
        "waiting" => ("", WAITING, ""),
        "open" => ("", OPEN_BODY, SHORT_STRING),
        "hanging" => (" overflow=\"visible\"", OPEN_BODY, LONG_STRING),
        _ => ("", CLOSED, ""),
    };
    Markup::from(format!(
        "<svg class=\"pad\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 64 64\" aria-hidden=\"true\"{overflow}>\
         {body}{string}</svg>"
    ))
}

/// The big door, with its string hanging out or pulled in.
pub fn door(string_is_out: bool) -> Markup {
    let string = if string_is_out {
        r#"<path class="dstring" d="M176 182c7 22-1 44 4 72"/><circle class="dbead" cx="180.5" cy="260" r="7"/>"#
    } else {
        ""
    };
    Markup::from(format!(
        "<svg class=\"bigdoor\" width=\"200\" height=\"260\" viewBox=\"0 0 240 312\" aria-hidden=\"true\">\
         <path class=\"dframe\" d=\"M26 292V122a94 94 0 0 1 188 0v170\"/>\
         <path class=\"dleaf\" d=\"M40 292V122a80 80 0 0 1 160 0v170z\"/>\
         <path class=\"dplank\" d=\"M80 54v238M120 42v250M160 54v238\"/>\
         <path class=\"diron\" d=\"M40 128h64c9 0 9-11 1-11M40 238h64c9 0 9-11 1-11\"/>\
         <circle class=\"dhole\" cx=\"176\" cy=\"180\" r=\"7\"/>{string}\
         <path class=\"dsill\" d=\"M10 292h220v14H10z\"/></svg>"
    ))
}

/// A sign beside a word, never alone. On a grid of 24, drawn with lines.
///
/// # Panics
/// In debug and test builds, if there is no such icon.
pub fn icon(name: impl AsRef<str>) -> Markup {
    let lines = match name.as_ref() {
        "tick" => r#"<path d="m4.5 12.5 5 5 10-11"/>"#,
        "clock" => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>"#,
        "pause" => r#"<path d="M9 6v12m6-12v12"/>"#,
        "glass" => {
            r#"<path d="M7 3.5h10m-10 17h10M8 3.5c0 5 8 6 8 8.5s-8 3.5-8 8.5m8-17c0 5-8 6-8 8.5s8 3.5 8 8.5"/>"#
        }
        "cross" => r#"<path d="m6 6 12 12m0-12L6 18"/>"#,
        "key" => r#"<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8.5-8.5M16 7.5l3 3"/>"#,
        "nokey" => {
            r#"<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8.5-8.5M16 7.5l3 3M3.5 4.5l17 16.5"/>"#
        }
        "history" => r#"<path d="M4 5v4.5h4.5m-4.1 0A8.5 8.5 0 1 1 3.6 13M12 8v4.5l3 2"/>"#,
        "more" => r#"<path stroke-width="3" d="M5 12h.01M12 12h.01M19 12h.01"/>"#,
        "down" => r#"<path d="m6 9.5 6 6 6-6"/>"#,
        "left" => r#"<path d="m14.5 5.5-6.5 6.5 6.5 6.5"/>"#,
        "right" => r#"<path d="M4 12h15m-6-6.5 6.5 6.5-6.5 6.5"/>"#,
        "people" => {
            r#"<circle cx="9" cy="8.5" r="3.5"/><path d="M3 19.5C3 16 5.7 14 9 14s6 2 6 5.5M16 5.5a3.3 3.3 0 0 1 0 6.2m1.5 2.6c2.2.7 3.5 2.5 3.5 5.2"/>"#
        }
        "person" => r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20c0-4 3.3-6 7.5-6s7.5 2 7.5 6"/>"#,
        "info" => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5m0-9h.01"/>"#,
        "warn" => r#"<path d="M12 4 2.8 19.5h18.4zM12 10v4.5m0 2.5h.01"/>"#,
        "search" => r#"<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>"#,
        "download" => r#"<path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5m-12 9h15"/>"#,
        "pen" => r#"<path d="m4 20 1-4.5L16.5 4 20 7.5 8.5 19z"/>"#,
        "copy" => {
            r#"<rect x="8.5" y="8.5" width="11" height="11.5" rx="2"/><path d="M15.5 8.5V6a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>"#
        }
        "phone" => r#"<rect x="6.5" y="3.5" width="11" height="17" rx="1.5"/><path d="m3 4 18 16"/>"#,
        "door" => r#"<path d="M6 20.5V10a6 6 0 0 1 12 0v10.5M3.5 20.5h17M14.5 13v.01"/>"#,
        "plus" => r#"<path d="M12 5v14m-7-7h14"/>"#,
        "mail" => r#"<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="m4 7 8 6 8-6"/>"#,
        "gear" => {
            r#"<circle cx="12" cy="12" r="3"/><path d="M12 3.5v3m0 11v3m8.5-8.5h-3m-11 0h-3M18 6l-2.1 2.1m-7.8 7.8L6 18M18 18l-2.1-2.1M8.1 8.1 6 6"/>"#
        }
        "app" => r#"<rect x="3.5" y="4.5" width="17" height="15" rx="2"/><path d="M3.5 9h17M6.5 6.8h.01"/>"#,
        other => {
            debug_assert!(false, "there is no icon {other}");
            ""
        }
    };
    Markup::from(format!(
        "<svg class=\"i\" width=\"18\" height=\"18\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">{lines}</svg>"
    ))
}
