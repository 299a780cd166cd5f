//! The configuration that puts a reverse proxy in front of an application, made for that application: its origin, its
//! headers, our cookies.
//!
//! What each recipe has to do: ask for every request and take only a 200 for a yes; tell us the origin from here and not
//! from what the client says; remove whatever the client could have set under a name that the product believes; keep our
//! cookies from the product; hand `/_latchstring/` to us.

mod legacy;

use std::fmt::Write as _;

pub use legacy::is_legacy_path;

use crate::model::{Application, UNSENT_HEADERS};

/// A proxy that there is a recipe for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proxy {
    #[default]
    Nginx,
    Caddy,
}

impl Proxy {
    pub const ALL: [Self; 2] = [Self::Nginx, Self::Caddy];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proxy| proxy.as_str() == text)
    }

    pub fn configuration(
        self,
        application: &Application,
        public_url: &str,
        upstream: &str,
        product: &str,
        secure: bool,
    ) -> String {
        match self {
            Self::Nginx => nginx(application, public_url, upstream, product, secure),
            Self::Caddy => caddy(application, public_url, upstream, product, secure),
        }
    }
}

/// Where Latchstring and the product listen, as far as a configuration may say it: host and port, perhaps with a scheme.
pub fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    (1..=200).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-_[]".contains(&b))
}

fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

fn without_scheme(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

/// The names of our cookies as a regular expression, for a proxy that compares without regard to case.
const fn cookie_names(secure: bool) -> &'static str {
    if secure { "__Host-latchstring(?:_[a-z_]+)?" } else { "latchstring(?:_[a-z_]+)?" }
}

/// How the variables of an application begin. They belong to all of nginx, so that two applications need two sets of names.
/// The end of an id is chance, and short enough for the names in a regular expression.
fn variables(application: &Application) -> String {
    let id = application.id.to_string();
    format!("ls_{}", &id[id.len().saturating_sub(8)..])
}

/// For a file that nginx includes in its `http` block.
pub fn nginx(
    application: &Application,
    public_url: &str,
    upstream: &str,
    product: &str,
    secure: bool,
) -> String {
    let origin = application.origin.as_str();
    let (scheme, authority) = origin.split_once("://").unwrap_or(("https", origin));
    let (host, port) = split_port(authority);
    let port = port.unwrap_or(if scheme == "https" { "443" } else { "80" });
    let upstream = with_scheme(upstream);
    let product = with_scheme(product);
    let cookies = cookie_names(secure);
    let v = variables(application);
    let listen = if scheme == "https" {
        format!(
            "    listen {port} ssl;\n    listen [::]:{port} ssl;\n    ssl_certificate     /etc/ssl/{host}.crt;\n    \
             ssl_certificate_key /etc/ssl/private/{host}.key;\n"
        )
    } else {
        format!("    listen {port};\n    listen [::]:{port};\n")
    };
    let mut taken = String::new();
    let mut given = String::new();
    for name in application.header_set.headers() {
        let variable = name.to_ascii_lowercase().replace('-', "_");
        let _ = writeln!(taken, "        auth_request_set ${v}_{variable} $upstream_http_{variable};");
        let _ = writeln!(given, "        proxy_set_header {name} ${v}_{variable};");
    }
    for name in UNSENT_HEADERS {
        let _ = writeln!(given, "        proxy_set_header {name} \"\";");
    }
    let hidden = nginx_without(cookies, &v);
    format!(
        r#"# {name}: {origin}, protected by Latchstring at {public_url}.
# Include it in the http block. Names with an underscore, such as Remote_User, are dropped by nginx as long as
# underscores_in_headers stays off. Do not put proxy_cache on /_latchstring/authz: a revoke would wait for the cache.

# The product never sees Latchstring's cookies.
{hidden}map $http_upgrade ${v}_connection {{
    default upgrade;
    "" "";
}}

server {{
{listen}    server_name {host};

    location = /_latchstring/authz {{
        internal;
        proxy_pass {upstream}/authz/auth-request;
        proxy_http_version 1.1;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URL {origin}$request_uri;
        proxy_set_header X-Forwarded-For $remote_addr;
    }}

    location /_latchstring/ {{
        proxy_pass {upstream};
        proxy_redirect off;
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_read_timeout 1h;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Host {authority};
        proxy_set_header X-Forwarded-Proto {scheme};
        proxy_set_header X-Forwarded-For $remote_addr;
    }}

    location / {{
        auth_request /_latchstring/authz;
{taken}        auth_request_set ${v}_location $upstream_http_location;
        auth_request_set ${v}_reason $upstream_http_x_latchstring_reason;
        error_page 401 = @latchstring_sign_in;
        error_page 403 = @latchstring_refused;
        error_page 500 = @latchstring_unavailable;

        proxy_pass {product};
        proxy_http_version 1.1;
        # What the client sent under these names is replaced; an empty value removes it.
{given}        proxy_set_header Cookie ${v}_cookie;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection ${v}_connection;
        proxy_set_header X-Forwarded-Host {authority};
        proxy_set_header X-Forwarded-Proto {scheme};
        proxy_set_header X-Forwarded-For $remote_addr;
    }}

    location @latchstring_sign_in {{
        if (${v}_location = "") {{ return 401; }}
        return 302 ${v}_location;
    }}

    location @latchstring_refused {{
        rewrite ^ /refused?reason=${v}_reason break;
        proxy_pass {upstream};
        proxy_redirect off;
        proxy_http_version 1.1;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Host {authority};
        proxy_set_header X-Forwarded-Proto {scheme};
        proxy_set_header X-Forwarded-For $remote_addr;
    }}

    location @latchstring_unavailable {{
        add_header Retry-After 2 always;
        return 503;
    }}
}}
"#,
        name = application.name,
    )
}

/// A browser sends so many cookies of ours at most, where a product shares the host name of Latchstring, another port apart.
const MOST_COOKIES: usize = 6;

/// Maps that take our cookies out of `$http_cookie`, one each. What is left after that was sent to get one through.
fn nginx_without(cookies: &str, v: &str) -> String {
    let mut maps = String::new();
    let mut from = "http_cookie".to_owned();
    for n in 1..=MOST_COOKIES {
        let to = format!("{v}_cookie_{n}");
        let _ = write!(
            maps,
            r#"map ${from} ${to} {{
    default ${from};
    "~*^(?<{v}_a{n}>.*?)(?:^|;\s*){cookies}\s*=[^;]*(?<{v}_b{n}>.*)$" ${v}_a{n}${v}_b{n};
}}
"#
        );
        from = to;
    }
    let _ = write!(
        maps,
        r#"map ${from} ${v}_cookie {{
    default ${from};
    "~*(?:^|;\s*){cookies}\s*=" "";
    "~^;\s*(?<{v}_rest>.*)$" ${v}_rest;
}}
"#
    );
    maps
}

/// The lines that remove whatever a client claims under a name that the product believes.
fn removed_by_caddy(application: &Application) -> String {
    let mut removed = String::new();
    for prefix in application.header_set.prefixes() {
        let stem = prefix.trim_end_matches('-');
        let _ = writeln!(removed, "\t\trequest_header -{stem}-*");
        let _ = writeln!(removed, "\t\trequest_header -{}_*", stem.replace('-', "_"));
    }
    for (_, name) in application.header_set.facts() {
        if application.header_set.prefixes().iter().all(|prefix| !name.starts_with(prefix)) {
            let _ = writeln!(removed, "\t\trequest_header -{name}");
            let _ = writeln!(removed, "\t\trequest_header -{}", name.replace('-', "_"));
        }
    }
    removed
}

/// A site of a Caddyfile.
pub fn caddy(
    application: &Application,
    public_url: &str,
    upstream: &str,
    product: &str,
    secure: bool,
) -> String {
    let origin = application.origin.as_str();
    let upstream = without_scheme(upstream);
    let cookies = cookie_names(secure);
    let removed = removed_by_caddy(application);
    let copied = application.header_set.headers().collect::<Vec<_>>().join(" ");
    format!(
        "# {name}: {origin}, protected by Latchstring at {public_url}. For Caddy 2.6 and later.\n\
         {origin} {{\n\
         \thandle /_latchstring/* {{\n\
         \t\treverse_proxy {upstream} {{\n\
         \t\t\tflush_interval -1\n\
         \t\t}}\n\
         \t}}\n\
         \t# In a route the lines run in this order: remove what the client claims, ask, hide our cookies, pass on.\n\
         \troute {{\n\
         \t\t# A client that names our headers in Connection would have them dropped on the way; only Upgrade is left in it.\n\
         \t\trequest_header Connection \"(?i)^(?:.*\\b(upgrade)\\b.*|.*)$\" \"$1\"\n\
         {removed}\
         \t\tforward_auth {upstream} {{\n\
         \t\t\turi /authz/forward-auth\n\
         \t\t\tcopy_headers {copied}\n\
         \t\t}}\n\
         \t\trequest_header Cookie \"(?i)(?:^|;\\s*){cookies}\\s*=[^;]*()\" \"$1\"\n\
         \t\trequest_header Cookie \"^;\\s*()\" \"$1\"\n\
         \t\treverse_proxy {product}\n\
         \t}}\n\
         }}\n",
        name = application.name,
    )
}

/// Host and port of an authority; an IPv6 address keeps its brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}
