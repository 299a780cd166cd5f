//! Passwords that are guessed first. Only long ones matter here: shorter ones are refused for their length.

/// Compared without case, spaces and signs.
const COMMON: &[&str] = &[
    "administrator",
    "administrator1",
    "administrator123",
    "adminadminadmin",
    "changemechangeme",
    "changemenow",
    "changethispassword",
    "correcthorsebatterystaple",
    "defaultpassword",
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
    "letmeinletmein",
    "letmeinplease",
    "liverpoolfc",
    "longpassword",
    "masterpassword",
    "mypassword",
    "mypasswordis",
    "mypasswordispassword",
    "mypasswordissecret",
    "mysecretpassword",
    "mysupersecretpassword",
    "newpassword",
    "newpassword1",
    "newpassword123",
    "nopasswordneeded",
    "notapassword",
    "oncupatime",
    "onceuponatime",
    "openthedoor",
    "opensesame",
    "opensesamenow",
    "passphrase",
    "password",
    "passwordpassword",
    "passwordispassword",
    "passwordpassphrase",
    "passw0rdpassw0rd",
    "pleaseletmein",
    "rememberthispassword",
    "secretpassword",
    "secretsecret",
    "sesameopenyourself",
    "somethingsecret",
    "somethingsecure",
    "startrekstarwars",
    "strongpassword",
    "supersecret",
    "supersecretpassword",
    "supportsupport",
    "temporarypassword",
    "testpassword",
    "testtesttest",
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
    "welcomewelcome",
    "welcometothejungle",
    "whateverwhatever",
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
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
    "abc123abc123abc123",
    "abcd1234abcd1234abcd1234",
    "qwerty123456789",
    "qwerty1234567890",
    "123456789qwertyuiop",
    "1234567890qwertyuiop",
    "asdfghjkl123456789",
];

/// What is left beside known words is too little to make a password.
const LITTLE: usize = 8;

pub(super) fn is_common(password: &str) -> bool {
    let whole: Vec<char> = password.to_lowercase().chars().collect();
    if repeats(&whole) {
        return true;
    }
    let plain = plain(password);
    let without_digits = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    COMMON.contains(&plain.as_str())
        || COMMON.contains(&without_digits)
        || (plain.chars().count() == whole.len() && RUNS.iter().any(|run| run.contains(&plain)))
}

/// The word of the context that almost all of the password is made of.
pub(super) fn known_word(password: &str, context: &[&str]) -> Option<String> {
    let password = plain(password);
    let words = context.iter().flat_map(|text| {
        // An address and a name count as a whole and in parts.
        let whole = plain(text.split_once('@').map_or(text, |(local, _)| local));
        text.split(|c: char| !c.is_alphanumeric()).map(plain).chain([whole]).collect::<Vec<_>>()
    });
    let mut words: Vec<String> = words.filter(|word| word.chars().count() >= 4).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut rest = password.clone();
    let mut first = None;
    for word in words {
        if rest.contains(&word) {
            rest = rest.replace(&word, "");
            first.get_or_insert(word);
        }
    }
    first.filter(|_| rest.chars().count() < LITTLE)
}

/// Without case, spaces and signs.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The same few characters, three times or more.
fn repeats(text: &[char]) -> bool {
    (1..=text.len() / 3).any(|unit| text.iter().enumerate().all(|(place, c)| *c == text[place % unit]))
}
