//! The headers that guard a browser, on every answer.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types latchstring";

static GUARDS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Lets the forms of a page lead to other origins: some browsers hold `form-action` against the redirect that answers a
/// form too. For pages with a form that ends in a product, and no others.
pub fn allow_forms_to<'a>(headers: &mut HeaderMap, origins: impl IntoIterator<Item = &'a str>) {
    let (name, policy) = &GUARDS[0];
    let mut targets = "form-action 'self'".to_owned();
    for origin in origins {
        targets.push(' ');
        targets.push_str(origin);
    }
    if let Ok(policy) = HeaderValue::try_from(policy.replace("form-action 'self'", &targets)) {
        headers.insert(name, policy);
    } else {
        tracing::error!("an origin is no header value, so the forms of a page stay where they are");
    }
}

/// Adds what is not there yet: a handler may have set a stricter one, or a wider one with a reason.
pub fn guard(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in &GUARDS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
