//! Reading single values. An error is half a sentence that says what would be right.

use std::net::{IpAddr, SocketAddr};

use kernel::{Duration, EmailAddress};
use url::{Host, Url};
use web::Proxies;

/// A value as it stands in a file, in the environment or in a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

impl Raw {
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err("must be a text in quotes".to_owned()),
        }
    }

    /// A list in the file; in the environment its parts are separated by commas.
    pub fn list(&self) -> Result<Vec<String>, String> {
        match self {
            Self::List(parts) => Ok(parts.clone()),
            Self::Text(text) => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()),
            Self::Number(_) => Err("must be a list of texts, such as [\"a\", \"b\"]".to_owned()),
        }
    }

    pub fn number<N: TryFrom<i64>>(&self, least: i64, most: i64) -> Result<N, String> {
        let wrong = || format!("must be a number from {least} to {most}");
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().map_err(|_| wrong())?,
            Self::List(_) => return Err(wrong()),
        };
        if !(least..=most).contains(&number) {
            return Err(wrong());
        }
        N::try_from(number).map_err(|_| wrong())
    }

    /// As it would stand in the file.
    pub fn to_toml(&self) -> String {
        let quote = |text: &String| toml::Value::String(text.clone()).to_string();
        match self {
            Self::Text(text) => quote(text),
            Self::Number(number) => number.to_string(),
            Self::List(parts) => format!("[{}]", parts.iter().map(quote).collect::<Vec<_>>().join(", ")),
        }
    }

    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::List(parts) => parts.clone().into(),
        }
    }
}

/// Only an origin: what follows the host would end up in links and cookies and mean something else there.
pub fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| {
        format!("is not an address ({error}); write it like \"https://access.example.com\"")
    })?;
    let host = url.host().ok_or("has no host; write it like \"https://access.example.com\"")?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "must end after the host or port: Latchstring has a host of its own, never a folder of one"
                .to_owned(),
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a name or a password".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&host) => Ok(url),
        "http" => Err("must begin with https:// because browsers send its cookies over https only; to look around without certificates, run `latchstring demo`".to_owned()),
        other => Err(format!("begins with {other}:// and must begin with https://")),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether a name from the configuration can only mean this machine.
pub fn is_this_machine(host: &str) -> bool {
    Host::parse(host).is_ok_and(|host| match &host {
        Host::Domain(name) => is_loopback(&Host::Domain(name.as_str())),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }) || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an address with a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"".to_owned())
}

/// Lengths such as `90s`, `15m`, `4h`, `3d`.
pub fn duration(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "must be a length from {} to {}, such as \"90s\", \"15m\", \"4h\" or \"3d\"",
            show_duration(least),
            show_duration(most)
        )
    };
    let unit = text.chars().last().ok_or_else(wrong)?;
    let of: fn(i64) -> Duration = match unit {
        's' => Duration::seconds,
        'm' => Duration::minutes,
        'h' => Duration::hours,
        'd' => Duration::days,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let length = of(digits.parse().map_err(|_| wrong())?);
    if (least..=most).contains(&length) { Ok(length) } else { Err(wrong()) }
}

/// The shortest text that [`duration`] reads as the same.
pub fn show_duration(length: Duration) -> String {
    let seconds = length.as_seconds();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds > 0 && seconds % size == 0 {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}

/// A domain as it stands behind the `@`.
pub fn mail_domain(text: &str) -> Result<String, String> {
    let domain = text.trim().trim_start_matches('@').to_ascii_lowercase();
    match format!("x@{domain}").parse::<EmailAddress>() {
        Ok(_) => Ok(domain),
        Err(_) => Err(format!("holds {text:?}, which is not a mail domain such as \"example.com\"")),
    }
}

/// A part of the domain that a host has; a host that is a number in brackets has none.
pub fn part_of(label: &str, host: &str) -> String {
    mail_domain(&format!("{label}.{host}")).unwrap_or_else(|_| format!("{label}.localhost"))
}

/// A name and where it is reached, such as `login.example.com=10.1.0.7:443`.
pub fn pinned(text: &str) -> Result<(String, SocketAddr), String> {
    let wrong = || {
        format!(
            "holds {text:?}, which is not a name with an address such as \"login.example.com=10.1.0.7:443\""
        )
    };
    let (name, address) = text.split_once('=').ok_or_else(wrong)?;
    let name = mail_domain(name).map_err(|_| wrong())?;
    Ok((name, address.trim().parse().map_err(|_| wrong())?))
}

/// Addresses and networks, as they stand in the configuration, of proxies that are believed.
pub fn proxies(texts: &[String]) -> Result<Proxies, String> {
    Proxies::parse(texts.iter().map(String::as_str)).map_err(|text| {
        format!("holds {text:?}, which is neither an address nor a network such as \"10.0.3.0/24\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for good in [
            "https://access.example.com",
            "https://access.example.com/",
            "https://a.example:8443",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://ana.localhost:8080",
        ] {
            public_url(good).expect(good);
        }
        for bad in [
            "access.example.com",
            "http://access.example.com",
            "http://10.0.0.5:8080",
            "https://a.example/latch",
            "https://a.example/?x",
            "https://u:p@a.example",
            "ftp://a.example",
            "",
            "http://localhost.evil.example",
            "https://",
        ] {
            public_url(bad).expect_err(bad);
        }
    }

    #[test]
    fn lengths_are_read_and_bounded() {
        let read = |text| duration(text, Duration::minutes(1), Duration::days(90));
        assert_eq!(read("90s"), Ok(Duration::seconds(90)));
        assert_eq!(read("15m"), Ok(Duration::minutes(15)));
        assert_eq!(read("4h"), Ok(Duration::hours(4)));
        assert_eq!(read("3d"), Ok(Duration::days(3)));
        for bad in [
            "",
            "d",
            "3",
            "3 d",
            "-3d",
            "+3d",
            "3w",
            "59s",
            "91d",
            "99999999999999999999d",
            "9223372036854775807d",
            "3é",
        ] {
            read(bad).expect_err(bad);
        }
        assert_eq!(show_duration(Duration::seconds(90)), "90s");
        assert_eq!(show_duration(Duration::hours(72)), "3d");
        assert_eq!(show_duration(Duration::ZERO), "0s");
    }

    #[test]
    fn mail_domains_are_folded() {
        assert_eq!(mail_domain("@Example.COM"), Ok("example.com".to_owned()));
        mail_domain("exa mple").expect_err("a space");
        mail_domain("").expect_err("nothing");
        assert_eq!(part_of("temporary", "access.example.com"), "temporary.access.example.com");
        assert_eq!(part_of("temporary", "[::1]"), "temporary.localhost");
    }
}
