//! The part of a configuration for an old interface: paths at which the proxy asks for an integration login by HTTP Basic
//! instead of a session.
//!
//! What it has to do beyond the rest: ask about these paths and no others, tell us which they are, and keep the login from
//! the product, which has no use for it.

use std::fmt::Write as _;

use super::{Proxy, cookie_names, removed_by_caddy, variables, with_scheme, without_scheme};
use crate::model::{Application, UNSENT_HEADERS};

/// How the paths of an old interface begin, as far as a configuration may say it: whole segments, nothing that a proxy
/// reads as a pattern, and not what is ours.
pub fn is_legacy_path(text: &str) -> bool {
    let segments = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or_default();
    text.len() <= 200
        && !segments.is_empty()
        && segments.split('/').all(|segment| {
            !matches!(segment, "" | "." | ".." | "_latchstring")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        })
}

impl Proxy {
    /// The extra part, for the same server block (nginx) or site (Caddy) as the rest.
    pub fn legacy_location(
        self,
        application: &Application,
        upstream: &str,
        product: &str,
        secure: bool,
        under: &str,
    ) -> String {
        match self {
            Self::Nginx => nginx(application, upstream, product, under),
            Self::Caddy => caddy(application, upstream, product, secure, under),
        }
    }

    /// The whole configuration with the extra part in it.
    pub fn with_legacy_location(self, configuration: &str, location: &str) -> String {
        // Both kinds end with the brace of the block that the part belongs into.
        let end = configuration.trim_end();
        let open = end.strip_suffix('}').unwrap_or(end);
        format!("{open}\n{location}}}\n")
    }
}

fn nginx(application: &Application, upstream: &str, product: &str, under: &str) -> String {
    let origin = application.origin.as_str();
    let (scheme, authority) = origin.split_once("://").unwrap_or(("https", origin));
    let (upstream, product) = (with_scheme(upstream), with_scheme(product));
    let v = variables(application);
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
    // One name for each path, so that a product can have several such interfaces.
    let inner = format!("/_latchstring/legacy{}", under.trim_end_matches('/'));
    format!(
        r#"    # Old interfaces that cannot ask for a code: an integration login by HTTP Basic. Only these paths.
    location = {inner} {{
        internal;
        proxy_pass {upstream}/authz/legacy-request?under={under};
        proxy_http_version 1.1;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header Connection "";
        proxy_set_header Cookie "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URL {origin}$request_uri;
        proxy_set_header X-Forwarded-For $remote_addr;
    }}

    location {under} {{
        auth_request {inner};
{taken}        auth_request_set ${v}_legacy_reason $upstream_http_x_latchstring_reason;
        add_header X-Latchstring-Reason ${v}_legacy_reason always;
        error_page 500 = @latchstring_unavailable;

        proxy_pass {product};
        proxy_http_version 1.1;
{given}        proxy_set_header Authorization "";
        proxy_set_header Cookie ${v}_cookie;
        proxy_set_header Host $http_host;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-Host {authority};
        proxy_set_header X-Forwarded-Proto {scheme};
        proxy_set_header X-Forwarded-For $remote_addr;
    }}
"#
    )
}

fn caddy(application: &Application, upstream: &str, product: &str, secure: bool, under: &str) -> String {
    let upstream = without_scheme(upstream);
    let cookies = cookie_names(secure);
    let removed = removed_by_caddy(application);
    let copied = application.header_set.headers().collect::<Vec<_>>().join(" ");
    format!(
        "\t# Old interfaces that cannot ask for a code: an integration login by HTTP Basic. Only these paths.\n\
         \thandle {under}* {{\n\
         \t\troute {{\n\
         \t\trequest_header Connection \"(?i)^(?:.*\\b(upgrade)\\b.*|.*)$\" \"$1\"\n\
         {removed}\
         \t\tforward_auth {upstream} {{\n\
         \t\t\turi /authz/legacy?under={under}\n\
         \t\t\tcopy_headers {copied}\n\
         \t\t}}\n\
         \t\trequest_header -Authorization\n\
         \t\trequest_header Cookie \"(?i)(?:^|;\\s*){cookies}\\s*=[^;]*()\" \"$1\"\n\
         \t\trequest_header Cookie \"^;\\s*()\" \"$1\"\n\
         \t\treverse_proxy {product}\n\
         \t\t}}\n\
         \t}}\n"
    )
}
