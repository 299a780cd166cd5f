//! The few files beside the pages: style, script, mark, and the band for a product's pages. They are part of the program,
//! and their names carry a hash of what is in them, so a browser may keep them for ever.

use std::{collections::hash_map::DefaultHasher, hash::Hasher, sync::LazyLock};

use crate::rest::Path;
use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// Runs on a product's pages while somebody acts as support there.
pub const BANNER_JS: &str = include_str!("../assets/banner.js");

struct Asset {
    /// Without the hash, as pages ask for it.
    name: &'static str,
    media: &'static str,
    body: &'static str,
}

const ASSETS: [Asset; 5] = [
    Asset { name: "app.css", media: "text/css; charset=utf-8", body: include_str!("../assets/app.css") },
    Asset { name: "app.js", media: JAVASCRIPT, body: include_str!("../assets/app.js") },
    Asset { name: "banner.js", media: JAVASCRIPT, body: BANNER_JS },
    Asset { name: "passkeys.js", media: JAVASCRIPT, body: include_str!("../assets/passkeys.js") },
    Asset { name: "favicon.svg", media: "image/svg+xml", body: include_str!("../assets/favicon.svg") },
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Name with hash of each, in the order of [`ASSETS`].
static HASHED: LazyLock<[String; ASSETS.len()]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        let asset = &ASSETS[i];
        // Tells versions apart and protects nothing, so the standard library's hash, which has no key here, is enough.
        let mut hasher = DefaultHasher::new();
        hasher.write(asset.body.as_bytes());
        let hash = hasher.finish();
        match asset.name.rsplit_once('.') {
            Some((stem, end)) => format!("{stem}-{hash:016x}.{end}"),
            None => format!("{}-{hash:016x}", asset.name),
        }
    })
});

/// The address of an asset on this server, such as `/assets/app-0123456789abcdef.css`.
///
/// # Panics
/// In debug and test builds, if there is no such asset.
pub fn href(name: &str) -> String {
    let place = ASSETS.iter().position(|asset| asset.name == name);
    debug_assert!(place.is_some(), "there is no asset {name}");
    format!("/assets/{}", place.map_or(name, |i| &HASHED[i]))
}

/// `/assets/{name}` for every asset, and nothing else below it.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(i) = HASHED.iter().position(|hashed| *hashed == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", HASHED[i]);
    let is_known =
        headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| {
            known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag || one.trim() == "*")
        });
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(ASSETS[i].media))], ASSETS[i].body).into_response()
    };
    let kept = answer.headers_mut();
    kept.insert(header::CACHE_CONTROL, FOREVER);
    if let Ok(etag) = HeaderValue::try_from(etag) {
        kept.insert(header::ETAG, etag);
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str, etag: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let request = request.body(Body::empty()).expect("a plain request");
        routes::<()>().oneshot(request).await.expect("a router never fails")
    }

    #[tokio::test]
    async fn what_is_kept_for_ever_has_its_hash_in_its_name() {
        for asset in &ASSETS {
            let answer = answer(&href(asset.name), None).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], asset.media);
            let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body in memory");
            assert_eq!(body, asset.body.as_bytes());
        }
        assert_eq!(answer("/assets/app.css", None).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer("/assets/..%2Fapp.css", None).await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        let path = href("app.css");
        let etag = answer(&path, None).await.headers()[header::ETAG].to_str().expect("ASCII").to_owned();
        let again = answer(&path, Some(&format!("\"other\", W/{etag}"))).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer(&path, Some("\"other\"")).await.status(), StatusCode::OK);
    }

    #[test]
    fn the_band_stays_small() {
        assert!(BANNER_JS.len() <= 4096, "{} bytes", BANNER_JS.len());
    }
}
