//! Rust source, taken apart just enough: what is code, what is in quotes, what is said about it.

pub struct Rust {
    /// Line by line as in the file, with the insides of literals and all comments blanked.
    pub code: Vec<String>,
    /// The line on which each string literal begins, and what is between its quotes.
    pub literals: Vec<(usize, String)>,
}

struct Reader {
    source: Vec<char>,
    at: usize,
    line: usize,
    code: String,
    literals: Vec<(usize, String)>,
}

impl Rust {
    pub fn read(text: &str) -> Self {
        let mut reader = Reader {
            source: text.chars().collect(),
            at: 0,
            line: 1,
            code: String::new(),
            literals: Vec::new(),
        };
        while reader.at < reader.source.len() {
            reader.step();
        }
        Self { code: reader.code.lines().map(str::to_owned).collect(), literals: reader.literals }
    }

    /// Lines, counted from one, whose code has `word` standing alone.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let lines = self.code.iter().enumerate();
        lines.filter(|(_, line)| has_word(line, word)).map(|(number, _)| number + 1).collect()
    }
}

/// `word` may end in `!` or `::`; what is before it must not belong to a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let ends_open = word.ends_with(is_part);
        !(before.is_some_and(is_part) || ends_open && after.is_some_and(is_part))
    })
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (Some('/'), Some('/')) => self.blank_while(|reader| reader.peek(0).is_some_and(|c| c != '\n')),
            (Some('/'), Some('*')) => self.block_comment(),
            (Some('"'), _) => self.quoted(),
            (Some('r'), Some('"' | '#')) if self.starts_raw() => self.raw(),
            (Some('\''), _) => self.quote(),
            _ => self.keep(),
        }
    }

    fn keep(&mut self) {
        if let Some(c) = self.peek(0) {
            self.line += usize::from(c == '\n');
            self.code.push(c);
            self.at += 1;
        }
    }

    fn blank(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.line += usize::from(c == '\n');
        self.code.push(if c == '\n' { '\n' } else { ' ' });
        self.at += 1;
        Some(c)
    }

    fn blank_while(&mut self, goes_on: impl Fn(&Self) -> bool) {
        while goes_on(self) && self.blank().is_some() {}
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank();
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn quoted(&mut self) {
        let line = self.line;
        let mut literal = String::new();
        self.keep();
        while let Some(c) = self.peek(0) {
            if c == '"' {
                self.keep();
                break;
            }
            self.blank();
            match (c, self.peek(0)) {
                // A backslash at the end of a line swallows the indentation of the next.
                ('\\', Some('\n')) => {
                    self.blank_while(|reader| reader.peek(0).is_some_and(char::is_whitespace));
                }
                ('\\', Some(escaped)) => {
                    literal.push(if escaped == 'n' { '\n' } else { escaped });
                    self.blank();
                }
                _ => literal.push(c),
            }
        }
        self.literals.push((line, literal));
    }

    /// `r"`, `r#"`, …, but not the end of a name such as `for"`, nor the raw name `r#type`.
    fn starts_raw(&self) -> bool {
        let is_in_a_name = |c: &char| c.is_alphanumeric() && !matches!(c, 'b' | 'c') || *c == '_';
        let before = self.at.checked_sub(1).and_then(|at| self.source.get(at));
        let mut rest = self.source[self.at + 1..].iter().skip_while(|c| **c == '#');
        !before.is_some_and(is_in_a_name) && rest.next() == Some(&'"')
    }

    fn raw(&mut self) {
        let line = self.line;
        self.keep();
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.keep();
        }
        self.keep();
        let mut literal = String::new();
        while let Some(c) = self.peek(0) {
            if c == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                (0..=hashes).for_each(|_| self.keep());
                break;
            }
            literal.push(c);
            self.blank();
        }
        self.literals.push((line, literal));
    }

    /// A character in quotes, or a lifetime, which has one quote only.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') {
            self.keep();
            self.blank();
            self.blank();
            self.blank_while(|reader| reader.peek(0).is_some_and(|c| c != '\''));
            self.keep();
        } else if self.peek(2) == Some('\'') {
            self.keep();
            self.blank();
            self.keep();
        } else {
            self.keep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_literals_and_comments_are_told_apart() {
        let rust = Rust::read(concat!(
            "let a = \"one \\\" sqlx::\"; // sqlx::\n",
            "/* sqlx:: /* nested */ sqlx:: */ let b = r#\"two \" \"#;\n",
            "let c: &'static str = \"three\\\n      four\"; let d = '\"'; sqlx::query();\n",
        ));
        assert_eq!(rust.lines_with("sqlx::"), [4]);
        let literals: Vec<&str> = rust.literals.iter().map(|(_, literal)| literal.as_str()).collect();
        assert_eq!(literals, ["one \" sqlx::", "two \" ", "threefour"]);
        assert_eq!(rust.literals[2].0, 3);
    }

    #[test]
    fn a_word_inside_a_longer_name_does_not_count() {
        let rust = Rust::read("use my_axum::x;\naxum_extra::x();\neprintln!();\naxum::x();\nprintln!();");
        assert_eq!(rust.lines_with("axum"), [4]);
        assert_eq!(rust.lines_with("println!"), [5]);
    }

    #[test]
    fn characters_and_lifetimes_do_not_open_strings() {
        let rust = Rust::read("fn f<'a>(x: &'a str) { g('\\'', '\"', '\\u{1F512}', \"real\") }");
        assert_eq!(rust.literals, [(1, "real".to_owned())]);
    }
}
