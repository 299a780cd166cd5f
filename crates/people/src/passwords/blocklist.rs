//! Passwords that are guessed first: common words and what people usually do to them, rows of keys, repetitions, dates, and
//! words that others know of the person.

use std::{collections::HashSet, sync::OnceLock};

/// Words and phrases, as they are typed without case, spaces and signs.
const WORDS: &str = include_str!("common.txt");

/// The same for phrases that are long enough to be a password by themselves.
const PHRASES: &[&str] = &[
    "aslongasyoulikeit",
    "correcthorsebatterystaple",
    "changethispassword",
    "enteryourpassword",
    "helloworldhello",
    "ihatepasswords",
    "ilikepasswords",
    "iloveyouforever",
    "iloveyousomuch",
    "iloveyouverymuch",
    "ineedapassword",
    "itsnotapassword",
    "justapassword",
    "justletmeinplease",
    "letmeinplease",
    "longpassword",
    "masterpassword",
    "mypasswordis",
    "mypasswordispassword",
    "mypasswordissecret",
    "mysecretpassword",
    "mysupersecretpassword",
    "newpassword",
    "nopasswordneeded",
    "notapassword",
    "onceuponatime",
    "oncupatime",
    "openthedoor",
    "opensesame",
    "opensesamenow",
    "passwordispassword",
    "passwordpassphrase",
    "pleaseletmein",
    "rememberthispassword",
    "secretpassword",
    "sesameopenyourself",
    "somethingsecret",
    "somethingsecure",
    "startrekstarwars",
    "strongpassword",
    "supersecret",
    "supersecretpassword",
    "temporarypassword",
    "testpassword",
    "thisisapassword",
    "thisisalongpassword",
    "thisismypassword",
    "thisisnotapassword",
    "thisisasecret",
    "thisisasecurepassword",
    "thequickbrownfox",
    "thequickbrownfoxjumpsoverthelazydog",
    "tobeornottobe",
    "tobeornottobethatisthequestion",
    "trustnoone",
    "trustnooneever",
    "unbreakablepassword",
    "userpassword",
    "verylongpassword",
    "verysecretpassword",
    "verysecurepassword",
    "welcometothejungle",
    "whatisthepassword",
    "whatismypassword",
    "youshallnotpass",
    "yourpassword",
];

/// Rows of keys and of the alphabet, as fingers run along them.
const RUNS: &[&str] = &[
    "01234567890123456789012345678901234567890",
    "09876543210987654321098765432109876543210",
    "12345678901234567890123456789012345678901",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjklzxcvbnm",
    "mnbvcxzlkjhgfdsapoiuytrewq",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq12wsxcde34rfvbgt56yhnmju78ik",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "qazwsxedcrfvtgbyhnujmikolp",
    "qwe123asd456zxc789",
    "qweasdzxcqweasdzxc",
    "123qweasdzxc123qweasdzxc",
    "1234qwerasdfzxcv",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
    "147258369147258369",
    "741852963741852963",
    "159753159753159753",
    "123654789123654789",
    "987456321987456321",
    "11223344556677889900",
    "112233445566778899",
    "111222333444555666777888999",
    "!@#$%^&*()_+!@#$%^&*()_+",
];

/// Before and after a word people put these.
const BEFORE: &[&str] = &["my", "the", "ilove", "iloveyou", "iam", "mr", "its", "new", "old"];
const AFTER: &[&str] = &["abc", "xyz", "qwe", "asd", "man", "boy", "girl", "love", "lover", "s"];

/// What is left beside known words is too little to make a password.
const LITTLE: usize = 8;

/// So many digits beside a word are no secret, whatever they are; longer ones only if they are a row, a repetition or a
/// date.
const FEW_DIGITS: usize = 4;

pub(super) fn is_common(password: &str) -> bool {
    let whole = password.to_lowercase();
    let signs: Vec<char> = whole.chars().collect();
    if repeats(&signs, 3) || is_run(&whole) || is_run(&plain(&whole)) || is_date(&whole) {
        return true;
    }
    // What stands around the word is taken off first, because a digit or a sign in a word may be a letter (pa55w0rd!).
    [whole.as_str(), bare(&whole)]
        .into_iter()
        .flat_map(|text| [text.to_owned(), read_as_letters(text, 'i'), read_as_letters(text, 'l')])
        .any(|text| is_little_more_than_a_word(&plain(&text)))
}

/// A common word or row of keys with a few digits around it, or twice.
fn is_little_more_than_a_word(text: &str) -> bool {
    let (digits_before, rest) = split_at_start(text, |c| c.is_ascii_digit());
    let (word, digits_after) = split_at_end(rest, |c| c.is_ascii_digit());
    if is_known(text) {
        return true;
    }
    // A letter or two before a row of digits are no word, and hide nothing.
    let is_hardly_there = word.len() <= 2 && is_run(digits_after);
    is_little(digits_before) && is_little(digits_after) && (is_known(word) || is_hardly_there)
}

fn is_known(word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    if is_common_word(word) || is_run(word) || repeats(&word.chars().collect::<Vec<_>>(), 3) {
        return true;
    }
    let is_twice =
        word.len().is_multiple_of(2) && word.split_at_checked(word.len() / 2).is_some_and(|(a, b)| a == b);
    if is_twice {
        let (half, _) = word.split_at(word.len() / 2);
        return half.len() <= 4 || is_common_word(half) || is_run(half) || is_little_more_than_a_word(half);
    }
    BEFORE.iter().any(|before| word.strip_prefix(before).is_some_and(is_common_word))
        || AFTER.iter().any(|after| word.strip_suffix(after).is_some_and(is_common_word))
}

fn is_common_word(word: &str) -> bool {
    static ALL: OnceLock<HashSet<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| WORDS.split_whitespace().chain(PHRASES.iter().copied()).collect()).contains(word)
}

/// At least three keys in a row.
fn is_run(text: &str) -> bool {
    text.chars().count() >= 3 && RUNS.iter().any(|run| run.contains(text))
}

fn is_little(digits: &str) -> bool {
    digits.len() <= FEW_DIGITS
        || is_run(digits)
        || is_date(digits)
        || repeats(&digits.chars().collect::<Vec<_>>(), 2)
}

/// Six or eight digits that are a day, in whatever order.
fn is_date(digits: &str) -> bool {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u16>().ok());
    let is_day = |day: Option<u16>| day.is_some_and(|day| (1..=31).contains(&day));
    let is_month = |month: Option<u16>| month.is_some_and(|month| (1..=12).contains(&month));
    let is_year = |year: Option<u16>| year.is_some_and(|year| (1900..=2099).contains(&year));
    let in_either_order = |from: usize| {
        let (one, two) = (number(from, from + 2), number(from + 2, from + 4));
        is_day(one) && is_month(two) || is_month(one) && is_day(two)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match digits.len() {
        6 => in_either_order(0) || in_either_order(2),
        8 => in_either_order(0) && is_year(number(4, 8)) || in_either_order(4) && is_year(number(0, 4)),
        _ => false,
    }
}

/// Without the digits, signs and spaces at both ends, if that takes nothing away that could be a secret.
fn bare(text: &str) -> &str {
    let (before, rest) = split_at_start(text, |c| !c.is_alphabetic());
    let (word, after) = split_at_end(rest, |c| !c.is_alphabetic());
    if is_little(&plain(before)) && is_little(&plain(after)) { word } else { text }
}

/// As people write letters with digits and signs. A one stands for two letters.
fn read_as_letters(text: &str, one: char) -> String {
    text.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' | '|' => one,
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '9' => 'g',
            other => other,
        })
        .collect()
}

fn split_at_start(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

fn split_at_end(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.trim_end_matches(is_part).len())
}

/// The word of the context that almost all of the password is made of.
pub(super) fn known_word(password: &str, context: &[&str]) -> Option<String> {
    let password = plain(&password.to_lowercase());
    let words = context.iter().flat_map(|text| {
        // An address and a name count as a whole and in parts.
        let text = text.to_lowercase();
        let whole = plain(text.split_once('@').map_or(text.as_str(), |(local, _)| local));
        text.split(|c: char| !c.is_alphanumeric()).map(plain).chain([whole]).collect::<Vec<_>>()
    });
    let mut words: Vec<String> = words.filter(|word| word.chars().count() >= 4).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut rest = password;
    let mut first = None;
    for word in words {
        if rest.contains(&word) {
            rest = rest.replace(&word, "");
            first.get_or_insert(word);
        }
    }
    first.filter(|_| rest.chars().count() < LITTLE)
}

/// Without spaces and signs.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The same few characters, so many times or more.
fn repeats(text: &[char], times: usize) -> bool {
    (1..=text.len() / times).any(|unit| text.iter().enumerate().all(|(place, c)| *c == text[place % unit]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S4: of what is guessed first, thousands are refused: each word of the list that is long enough, and each with what
    /// people put behind it. Counted are different passwords of 8 characters and more.
    #[test]
    fn thousands_of_common_passwords_are_refused() {
        let mut refused = HashSet::new();
        for word in WORDS.split_whitespace() {
            for after in ["", "1", "123", "2026", "!"] {
                let password = format!("{word}{after}");
                if password.len() >= 8 {
                    assert!(is_common(&password), "{password}");
                    refused.insert(password);
                }
            }
        }
        let whole = WORDS.split_whitespace().filter(|word| word.len() >= 8).count();
        assert!(whole >= 800, "{whole} by themselves");
        assert!(refused.len() >= 3_000, "{}", refused.len());
        let all: Vec<&str> = WORDS.split_whitespace().collect();
        assert!(all.is_sorted_by(|a, b| a < b), "each once and in order, so that a change can be read");
    }

    /// S4: a hundred that everybody who guesses begins with.
    #[test]
    fn the_best_known_are_refused() {
        let known = "password 12345678 123456789 1234567890 password1 password123 Password1! qwertyuiop qwerty123 \
            qwerty12345 1q2w3e4r 1q2w3e4r5t 1qaz2wsx qazwsxedc zaq12wsx q1w2e3r4 asdfghjkl asdfasdf zxcvbnm1 qwer1234 \
            1234qwer abcd1234 abc12345 a1b2c3d4 11111111 00000000 88888888 12341234 11223344 12121212 123123123 \
            87654321 987654321 147258369 123456aa aa123456 a12345678 iloveyou iloveyou1 iloveyou2 sunshine sunshine1 \
            princess princess1 football football1 baseball baseball1 superman superman1 batman123 spiderman starwars \
            starwars1 pokemon1 naruto123 liverpool liverpool1 chelsea1 arsenal1 barcelona realmadrid michael1 michelle \
            jennifer jessica1 jonathan christopher alexander elizabeth charlie1 samantha stephanie computer internet \
            samsung1 whatever trustno1 letmein1 letmein123 welcome1 welcome123 Welcome2026 changeme changeme1 admin123 \
            administrator administrator1 P@ssw0rd p@ssword Pa55w0rd! passw0rd1 pa$$word l3tm31n1 adm1n123 dr4g0n123 \
            monkey123 dragon123 master123 shadow123 butterfly chocolate elephant mercedes corvette harleydavidson \
            december2026 Summer2026! 19841984 31121990 19900101 passpass lovelove dragondragon";
        let known: Vec<&str> = known.split_whitespace().collect();
        assert!(known.len() >= 100, "{}", known.len());
        for password in known {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn what_is_not_common_is_taken() {
        for fine in [
            "korb7baum",
            "vlxqmprz",
            "tulip 4711 gravel boat",
            "dragon 83 on a bus",
            "d8r3a7g1o4n9",
            "dragon8273645182736",
            "aprendi a nadar tarde",
            "mein Hund mag keinen Regen",
            "82736451",
            "9cafe1bead",
        ] {
            assert!(!is_common(fine), "{fine}");
        }
    }
}
