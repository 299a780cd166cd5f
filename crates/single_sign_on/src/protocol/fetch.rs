//! Calling an address that a customer named.
//!
//! **Invariant:** no packet goes to an address that is not public unless the operator allowed its network; the address that
//! was looked at is the one that is called; nothing is followed; nothing takes longer than [`LIMIT`] or is larger than
//! [`LARGEST`]; and of calls that are slow there are never many (case 43).

mod places;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use operation::Providers;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use web::Proxies;

/// From the look-up of the name to the last byte.
pub const LIMIT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The address is not one that this server calls.
    NotAllowed,
    Unreachable,
    TooSlow,
    TooLarge,
    /// An answer with another status than 200.
    Status(u16),
    /// What came is no JSON.
    NotJson,
    /// So many calls are on their way that there is no place for this one.
    Busy,
}

impl Trouble {
    /// For the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAllowed => "address_not_allowed",
            Self::Unreachable => "unreachable",
            Self::TooSlow => "too_slow",
            Self::TooLarge => "too_large",
            Self::Status(_) => "status",
            Self::NotJson => "not_json",
            Self::Busy => "busy",
        }
    }
}

/// The way to call somebody.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub providers: &'a Providers,
    /// On whose account: each has a few calls at once, so that one slow provider takes no place from the others.
    pub of: &'a str,
}

/// What the answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Json,
    /// A text of a few lines.
    Text,
}

/// A form to send, with what shows who sends it.
#[derive(Debug, Clone)]
pub struct Form {
    pub body: String,
    /// The whole value of `Authorization`.
    pub authorization: Option<String>,
}

/// Reads an address.
pub async fn get(line: Line<'_>, url: &Url, media: Media, bearer: Option<&str>) -> Result<Bytes, Trouble> {
    let mut request = Request::builder().method(Method::GET);
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let accepted = if media == Media::Json { "application/json" } else { "text/plain, */*" };
    let request = request.header(header::ACCEPT, accepted);
    bounded(line, url, request, Bytes::new(), media).await
}

/// Sends a form, and reads JSON.
pub async fn post(line: Line<'_>, url: &Url, form: Form) -> Result<Bytes, Trouble> {
    let mut request = Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    if let Some(authorization) = form.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    bounded(line, url, request, form.body.into(), Media::Json).await
}

async fn bounded(
    line: Line<'_>,
    url: &Url,
    request: http::request::Builder,
    body: Bytes,
    media: Media,
) -> Result<Bytes, Trouble> {
    let _place = places::take(line.of).await.ok_or(Trouble::Busy)?;
    timeout(LIMIT, call(line.providers, url, request, body, media)).await.unwrap_or(Err(Trouble::TooSlow))
}

async fn call(
    providers: &Providers,
    url: &Url,
    request: http::request::Builder,
    body: Bytes,
    media: Media,
) -> Result<Bytes, Trouble> {
    let place = place(providers, url).await?;
    let host = url.host_str().ok_or(Trouble::NotAllowed)?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let request = request
        .uri(target)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, "latchstring")
        .header(header::CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|_| Trouble::NotAllowed)?;
    let stream = TcpStream::connect(place.address).await.map_err(|_| Trouble::Unreachable)?;
    if !place.speaks_tls {
        return exchange(stream, request, media).await;
    }
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| Trouble::NotAllowed)?,
        Some(Host::Ipv4(address)) => ServerName::from(IpAddr::from(address)),
        Some(Host::Ipv6(address)) => ServerName::from(IpAddr::from(address)),
        None => return Err(Trouble::NotAllowed),
    };
    let tls = tls().ok_or(Trouble::Unreachable)?;
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(|_| Trouble::Unreachable)?;
    exchange(stream, request, media).await
}

/// Ends the connection with the call: what a slow peer still sends is for nobody.
struct Connected(JoinHandle<()>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, media: Media) -> Result<Bytes, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Trouble::Unreachable)?;
    let _connected = Connected(operation::spawn(async move {
        // What goes wrong on the way shows in the answer.
        drop(connection.await);
    }));
    let answer = sender.send_request(request).await.map_err(|_| Trouble::Unreachable)?;
    if answer.status() != StatusCode::OK {
        return Err(Trouble::Status(answer.status().as_u16()));
    }
    if media == Media::Json && !is_json(answer.headers()) {
        return Err(Trouble::NotJson);
    }
    let declared = answer.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > LARGEST as u64) {
        return Err(Trouble::TooLarge);
    }
    match Limited::new(answer.into_body(), LARGEST).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Trouble::TooLarge),
        Err(_) => Err(Trouble::Unreachable),
    }
}

fn is_json(headers: &http::HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || media.starts_with("application/") && media.ends_with("+json")
}

/// The one address that is called, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    address: SocketAddr,
    speaks_tls: bool,
}

async fn place(providers: &Providers, url: &Url) -> Result<Place, Trouble> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Trouble::NotAllowed);
    }
    let is_https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(Trouble::NotAllowed),
    };
    let port = url.port_or_known_default().ok_or(Trouble::NotAllowed)?;
    let pinned = providers.addresses.iter().find(|(name, _)| url.host_str() == Some(name.as_str()));
    if let Some((_, address)) = pinned {
        return Ok(Place { address: *address, speaks_tls: is_https && !address.ip().is_loopback() });
    }
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![(address, port).into()],
        Some(Host::Ipv6(address)) => vec![(address, port).into()],
        Some(Host::Domain(name)) => {
            tokio::net::lookup_host((name, port)).await.map_err(|_| Trouble::Unreachable)?.collect()
        }
        None => return Err(Trouble::NotAllowed),
    };
    chosen(providers, &addresses, is_https)
}

/// The first of the addresses that a name has, if each of them may be called: of a name with two answers, one of which is
/// inside, nothing good can be meant.
fn chosen(providers: &Providers, addresses: &[SocketAddr], is_https: bool) -> Result<Place, Trouble> {
    let allowed =
        Proxies::parse(providers.networks.iter().map(String::as_str)).map_err(|_| Trouble::NotAllowed)?;
    let is_allowed = |address: IpAddr| {
        let is_inside = allowed.trusts(address);
        // Without TLS nothing leaves this machine.
        (is_public(address) && is_https) || (is_inside && (is_https || address.to_canonical().is_loopback()))
    };
    let first = addresses.first().ok_or(Trouble::Unreachable)?;
    if addresses.iter().all(|address| is_allowed(address.ip())) {
        Ok(Place { address: *first, speaks_tls: is_https })
    } else {
        Err(Trouble::NotAllowed)
    }
}

/// Whether an address is one of the open internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(address) => {
            let [a, b, ..] = address.segments();
            // Global unicast only, without what carries an address of IPv4 inside or stands in books.
            (0x2000..0x4000).contains(&a)
                && a != 0x2002
                && !(a == 0x2001 && (b == 0 || b == 0x0db8))
                && !(a == 0x3fff && b < 0x1000)
        }
    }
}

/// Made once: reading the system's certificates takes a while.
fn tls() -> Option<Arc<ClientConfig>> {
    static TLS: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    TLS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (taken, _) = roots.add_parsable_certificates(found.certs);
        if taken == 0 {
            tracing::error!("this machine has no certificates of authorities, so no provider can be called");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(networks: &[&str], addresses: &[&str], is_https: bool) -> Result<Place, Trouble> {
        let networks = networks.iter().map(|text| (*text).to_owned()).collect();
        let providers = Providers { networks, addresses: Vec::new() };
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 443)).collect();
        chosen(&providers, &addresses, is_https)
    }

    /// Case 43: nothing inside is called, in whatever spelling, and not as one of two answers either.
    #[test]
    fn only_public_addresses_are_called() {
        judged(&[], &["93.184.216.34"], true).expect("public");
        judged(&[], &["2606:2800:220:1::1"], true).expect("public");
        for inside in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert_eq!(judged(&[], &[inside], true), Err(Trouble::NotAllowed), "{inside}");
            assert_eq!(judged(&[], &["93.184.216.34", inside], true), Err(Trouble::NotAllowed), "{inside}");
        }
        assert_eq!(judged(&[], &["93.184.216.34"], false), Err(Trouble::NotAllowed), "without TLS");
        assert_eq!(judged(&[], &[], true), Err(Trouble::Unreachable));
    }

    #[test]
    fn the_operator_may_allow_a_network() {
        assert!(judged(&["10.1.0.0/16"], &["10.1.2.3"], true).expect("allowed").speaks_tls);
        assert_eq!(judged(&["10.1.0.0/16"], &["10.2.2.3"], true), Err(Trouble::NotAllowed));
        assert_eq!(judged(&["10.1.0.0/16"], &["10.1.2.3"], false), Err(Trouble::NotAllowed));
        assert!(!judged(&["127.0.0.1"], &["127.0.0.1"], false).expect("this machine").speaks_tls);
    }

    #[tokio::test]
    async fn what_is_no_web_address_is_not_called() {
        let providers = Providers::default();
        for bad in [
            "gopher://example.com/",
            "file:///etc/passwd",
            "https://user@example.com/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest",
        ] {
            let url = Url::parse(bad).expect("an address");
            assert_eq!(place(&providers, &url).await, Err(Trouble::NotAllowed), "{bad}");
        }
    }
}
