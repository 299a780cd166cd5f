//! What people write on a token.

use kernel::{Code, FieldError};

/// The number or name under which somebody asked for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    const LONGEST: usize = 64;

    /// `None` if there is nothing.
    pub fn parse(field: &'static str, text: &str) -> Result<Option<Self>, FieldError> {
        Ok(line(field, text, Self::LONGEST)?.map(Self))
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

/// Why an agent comes in, in a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    const LONGEST: usize = 300;

    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        Ok(Self(line(field, text, Self::LONGEST)?.unwrap_or_default()))
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

/// One line without control characters and such as turn the direction of text, with single spaces: it stands in mails and in the log.
fn line(field: &'static str, text: &str, longest: usize) -> Result<Option<String>, FieldError> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().any(|c| c.is_control() || people::model::is_invisible(c)) {
        let sentence = "Use letters, digits and signs only.".to_owned();
        return Err(FieldError { field, code: Code("control_characters"), sentence });
    }
    if line.chars().count() > longest {
        let sentence = format!("Use at most {longest} characters.");
        return Err(FieldError { field, code: Code("too_long"), sentence });
    }
    Ok((!line.is_empty()).then_some(line))
}
