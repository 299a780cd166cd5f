//! What a client shows by HTTP Basic (RFC 7617).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use zeroize::Zeroizing;

/// Longer than any login and password that could be right.
const LONGEST: usize = 2048;

/// A login and a password that somebody shows.
pub struct Presented {
    pub login: String,
    pub password: Zeroizing<String>,
}

impl Presented {
    /// Nothing if there is none, if it is there twice, or if it cannot be read: which is meant cannot be known.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() || value.len() > LONGEST {
            return None;
        }
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_matches(' ')).ok()?);
        let text = std::str::from_utf8(&decoded).ok()?;
        let (login, password) = text.split_once(':')?;
        Some(Self { login: login.to_owned(), password: Zeroizing::new(password.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shown(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).expect("a header"));
        }
        Presented::read(&headers).map(|shown| (shown.login, shown.password.to_string()))
    }

    #[test]
    fn only_one_whole_header_counts() {
        let good = format!("Basic {}", STANDARD.encode("int-a:b:ç"));
        let right = Some(("int-a".to_owned(), "b:ç".to_owned()));
        assert_eq!(shown(&[&good]), right);
        assert_eq!(shown(&[&good.replace("Basic", "bAsIc")]), right);
        let long = format!("Basic {}", STANDARD.encode("x".repeat(4000)));
        let none: [&[&str]; 8] = [
            &[],
            &[&good, &good],
            &["Basic"],
            &["Basic !"],
            &["Basic YQ=="],
            &["Bearer YTpi"],
            &[&long],
            &["Basic /w=="],
        ];
        for bad in none {
            assert_eq!(shown(bad), None, "{bad:?}");
        }
    }
}
