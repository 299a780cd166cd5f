//! Case 29, case 30, case 34, S35: nothing is decided from what could be read in two ways.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    operations::wanted,
    question::{Dialect, Origin, Presented, Question, is_navigation},
};

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
        );
    }
    headers
}

const ASKED: [(&str, &str); 4] = [
    ("x-forwarded-method", "GET"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "ERP.example.com:443"),
    ("x-forwarded-uri", "/a/b?c=d"),
];

#[test]
fn a_question_is_read_from_the_headers_of_its_dialect() {
    let asked = headers(&ASKED);
    let question = Question::read(Dialect::ForwardAuth, &asked).expect("whole");
    assert_eq!(&*question.origin, "https://erp.example.com");
    assert_eq!((question.method, question.target, question.path().as_str()), ("GET", "/a/b?c=d", "/a/b"));
    assert!(Question::read(Dialect::AuthRequest, &asked).is_err(), "headers of another dialect");

    let asked =
        headers(&[("x-original-method", "POST"), ("x-original-url", "http://erp.example.com:8080/x?y")]);
    let question = Question::read(Dialect::AuthRequest, &asked).expect("whole");
    assert_eq!(&*question.origin, "http://erp.example.com:8080");
    assert!(!question.is_read() && question.is_activity());
}

/// Case 30: a header that is missing, or there twice, is a fault, never "no rule matched".
#[test]
fn what_is_missing_or_doubled_is_unreadable() {
    for left_out in 0..ASKED.len() {
        let mut fewer = ASKED.to_vec();
        let gone = fewer.remove(left_out);
        assert!(Question::read(Dialect::ForwardAuth, &headers(&fewer)).is_err(), "without {gone:?}");
        let mut more = ASKED.to_vec();
        more.push(gone);
        assert!(Question::read(Dialect::ForwardAuth, &headers(&more)).is_err(), "{gone:?} twice");
    }
}

#[test]
fn what_is_no_method_host_or_path_is_unreadable() {
    for (place, values) in [
        (0, &["get", "", "GET ", "G\u{c9}T", "GET,POST"][..]),
        (1, &["ftp", "", "https,http", "https://"]),
        (
            2,
            &[
                "",
                "a b",
                "erp.example.com/x",
                "x@erp.example.com",
                "a,b",
                "erp.example.com\\",
                "erp%2eexample.com",
                "é",
            ],
        ),
        (3, &["", "a", "//\u{e9}", "http://evil.example/", "/a b", "*"]),
    ] {
        for value in values {
            let mut asked = ASKED;
            asked[place].1 = value;
            assert!(Question::read(Dialect::ForwardAuth, &headers(&asked)).is_err(), "{value:?} at {place}");
        }
    }
    let asked = headers(&[("x-original-method", "GET"), ("x-original-url", "https://erp.example.com")]);
    assert!(Question::read(Dialect::AuthRequest, &asked).is_err(), "no path");
}

/// Case 34: only upper case and the implied port are the same host; everything else is another one.
#[test]
fn a_look_alike_of_a_host_is_another_host() {
    let of = |scheme: &str, host: &str| Origin::new(scheme, host).map(|origin| origin.to_string());
    assert_eq!(of("HTTPS", "A.b.Example").as_deref(), Some("https://a.b.example"));
    assert_eq!(of("wss", "a.example:443").as_deref(), Some("https://a.example"));
    assert_eq!(of("http", "a.example:443").as_deref(), Some("http://a.example:443"));
    assert_eq!(of("https", "a.example.").as_deref(), Some("https://a.example."));
    assert_eq!(of("https", &"a".repeat(400)), None);
    for origin in ["https://erp.example.com", "http://127.0.0.1:8081", "http://[::1]:8081"] {
        let (scheme, host) = origin.split_once("://").expect("an origin");
        assert_eq!(
            of(scheme, host),
            applications::model::parse_origin(origin),
            "one spelling in both readings"
        );
    }
}

/// S35 and case 32: a doubtful cookie is nobody.
#[test]
fn a_doubtful_cookie_is_nobody() {
    let read = |lines: &[&str]| -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).expect("a value"));
        }
        format!("{:?}", Presented::read(&headers, true))
    };
    assert_eq!(read(&["a=1; __Host-latchstring_app=x; b=2"]), "Application(\"x\")");
    assert_eq!(read(&["__Host-latchstring_app=x; __Host-latchstring_acting=y"]), "Acting(\"y\")");
    assert_eq!(read(&["caf\u{e9}=1; __Host-latchstring_app=x"]), "Application(\"x\")");
    for bad in [
        &[][..],
        &["__Host-latchstring_app=x; __Host-latchstring_app=x"],
        &["__Host-latchstring_app=x", "__Host-latchstring_app=y"],
        &["__Host-latchstring_app=x; __Host-latchstring_acting=y; __Host-latchstring_acting=z"],
        &["__host-latchstring_app=x"],
        &["__Host-latchstring_app=x; __HOST-latchstring_acting=y"],
        &["a=1;  __Host-latchstring_app=x"],
        &["__Host-latchstring_app =x"],
        &["__Host-latchstring_app"],
        &["__Host-latchstring=x"],
        &["latchstring_app=x"],
    ] {
        assert_eq!(read(bad), "Nothing", "{bad:?}");
    }
}

#[test]
fn a_navigation_is_told_from_a_script() {
    assert!(is_navigation(&headers(&[("sec-fetch-mode", "navigate")])));
    assert!(!is_navigation(&headers(&[("sec-fetch-mode", "cors"), ("accept", "text/html")])));
    assert!(is_navigation(&headers(&[("accept", "text/HTML,application/xhtml+xml")])));
    assert!(!is_navigation(&headers(&[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")])));
    assert!(!is_navigation(&headers(&[("accept", "*/*")])));
    assert!(!is_navigation(&headers(&[])));
}

/// Case 36: nothing but an address that every reader reads alike.
#[test]
fn the_way_back_is_read_strictly() {
    let (origin, target) = wanted("https://ERP.example.com:443/a/../b?c#d").expect("an address");
    assert_eq!((origin.as_str(), target.as_str()), ("https://erp.example.com", "/b?c"));
    for bad in [
        "",
        "/",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "https://erp.example.com@evil.example/",
        "https://a:b@erp.example.com/",
        "https://erp.example.com\\.evil.example",
        "https://erp.exa\tmple.com/",
        "https://erp.example.com/\r\n",
        "data:text/html,x",
        "https://@erp.example.com/",
    ] {
        assert_eq!(wanted(bad), None, "{bad:?}");
    }
    assert_eq!(wanted(&format!("https://erp.example.com/{}", "x".repeat(70_000))), None);
    assert_eq!(wanted("https://app.example.evil/").expect("another origin").0, "https://app.example.evil");
}
