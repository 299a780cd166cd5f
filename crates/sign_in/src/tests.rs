//! The rules that need no database; `stored` has those that do.

mod pages;
mod stored;

use crate::model;

const HOME: &str = "https://access.example.com";

/// Case 36: whatever could lead to another host is none.
#[test]
fn only_pages_of_this_host_are_returned_to() {
    let long = format!("/{}", "a".repeat(65_536));
    for bad in [
        "",
        "evil",
        "//evil",
        "/\\evil",
        "\\\\evil",
        "https:evil",
        "https://evil.example",
        "https://access.example.com/x",
        "javascript:alert(1)",
        "/\t/evil",
        "/a\r\nSet-Cookie: x",
        "/ /evil",
        "/caf\u{e9}",
        "/sign-in",
        "/sign-in?return_to=/x",
        "/./sign-out",
        long.as_str(),
    ] {
        assert_eq!(model::own_page(bad, HOME), None, "{bad:?}");
    }
    for good in ["/organizations", "/desk?code=7QM4-K2XV", "/%2F%2Fevil", "/..//evil", "/a?next=//evil"] {
        let found = model::own_page(good, HOME).expect(good);
        let there = url::Url::parse(HOME).expect("a URL").join(&found).expect("a path");
        assert_eq!(there.host_str(), Some("access.example.com"), "{good}");
    }
}

/// Case 36: what counts is the origin as a browser reads it.
#[test]
fn a_products_address_is_known_by_its_parsed_origin() {
    let long = format!("https://app.example/{}", "a".repeat(65_536));
    for bad in [
        "",
        "/x",
        "//app.example",
        "app.example",
        "https://app.example@evil",
        "https://u:p@app.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example\\@evil",
        "https://app.exa\tmple/",
        "https://app.example/\r\n",
        "ftp://app.example/",
        long.as_str(),
    ] {
        assert!(model::product_page(bad).is_none(), "{bad:?}");
    }
    let origin = |text: &str| model::product_page(text).map(|(_, origin)| origin).expect("an address");
    assert_eq!(origin("https://app.example:443/x?y#z"), "https://app.example");
    assert_eq!(origin("HTTPS://App.Example"), "https://app.example");
    assert_eq!(origin("https://app.example.evil/"), "https://app.example.evil");
    assert_eq!(origin("http://app.example:8080/"), "http://app.example:8080");
    assert_ne!(origin("http://app.example/"), origin("https://app.example/"));
}
