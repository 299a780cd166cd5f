//! The text of one entry.

use std::fmt::{self, Write};

use kernel::Timestamp;
use tracing::Level;

/// What one value may take.
const LONGEST: usize = 1024;

/// A field's value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Numbers and truth values: written as they are.
    Plain(String),
    Text(String),
}

impl Value {
    /// Formats no more than fits.
    pub fn text(value: &dyn fmt::Display) -> Self {
        let mut short = Short { text: String::new() };
        // An error here only means that the rest did not fit.
        let _ = write!(short, "{value}");
        Self::Text(short.text)
    }
}

struct Short {
    text: String,
}

impl Write for Short {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = LONGEST.saturating_sub(self.text.len());
        if piece.len() <= room {
            self.text.push_str(piece);
            return Ok(());
        }
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
        self.text.push('…');
        Err(fmt::Error)
    }
}

/// Fields in the order in which they came; a later value replaces an earlier one of the same name.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(there, _)| *there == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn add(&mut self, others: &Self) {
        others.0.iter().for_each(|(name, value)| self.set(name, value.clone()));
    }

    fn message(&self) -> &str {
        self.0
            .iter()
            .find_map(|(name, value)| match value {
                Value::Text(text) if *name == "message" => Some(text.as_str()),
                _ => None,
            })
            .unwrap_or_default()
    }

    fn others(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0
            .iter()
            .filter(|(name, _)| !matches!(*name, "message" | "ts" | "level" | "msg" | "target"))
            .map(|(name, value)| (*name, value))
    }
}

/// Control characters, and what breaks lines or turns the writing direction without showing.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{061c}' | '\u{feff}')
}

pub fn json(now: Timestamp, level: Level, target: &str, fields: &Fields) -> String {
    let mut line = String::with_capacity(256);
    line.push_str("{\"ts\":");
    quote(&mut line, &instant(now));
    line.push_str(",\"level\":");
    quote(&mut line, word(level));
    line.push_str(",\"msg\":");
    quote(&mut line, fields.message());
    line.push_str(",\"target\":");
    quote(&mut line, target);
    for (name, value) in fields.others() {
        line.push(',');
        quote(&mut line, name);
        line.push(':');
        match value {
            Value::Plain(plain) => line.push_str(plain),
            Value::Text(text) => quote(&mut line, text),
        }
    }
    line.push_str("}\n");
    line
}

pub fn pretty(now: Timestamp, level: Level, fields: &Fields, is_coloured: bool) -> String {
    let mut line = String::with_capacity(160);
    let paint = |code: &'static str| if is_coloured { code } else { "" };
    let colour = match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    };
    let time = instant(now);
    let time = time.get(11..19).unwrap_or(&time);
    let _ = write!(
        line,
        "{}{time}{} {}{:<5}{} ",
        paint("\x1b[2m"),
        paint("\x1b[0m"),
        paint(colour),
        word(level),
        paint("\x1b[0m")
    );
    escape(&mut line, fields.message());
    for (name, value) in fields.others() {
        let _ = write!(line, " {}{name}={}", paint("\x1b[2m"), paint("\x1b[0m"));
        match value {
            Value::Plain(plain) => line.push_str(plain),
            Value::Text(text) if text.is_empty() || text.contains([' ', '"', '=']) => {
                line.push('"');
                escape(&mut line, &text.replace('"', "\\\""));
                line.push('"');
            }
            Value::Text(text) => escape(&mut line, text),
        }
    }
    line.push('\n');
    line
}

fn instant(now: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(now.as_micros())
        .map_or_else(|_| now.as_micros().to_string(), |at| at.to_string())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn quote(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            c if is_harmful(c) => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

fn escape(line: &mut String, text: &str) {
    for c in text.chars() {
        if is_harmful(c) {
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
}
