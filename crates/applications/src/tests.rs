//! Spellings of origins, what the recipes must say, and what the keys sign.

use kernel::{ApplicationId, Duration, Timestamp};

use crate::{
    model::{Application, HeaderSet, check, parse_origin},
    proxy_config::{Proxy, is_address, is_legacy_path},
    signing::Keyring,
};

fn application(origin: &str, header_set: HeaderSet) -> Application {
    Application {
        id: ApplicationId::from_bytes([7; 16]),
        name: "Ledger".to_owned(),
        origin: origin.to_owned(),
        header_set,
        created_at: Timestamp::from_seconds(0),
    }
}

/// Case 34: one origin has one spelling.
#[test]
fn an_origin_has_one_spelling() {
    for (typed, kept) in [
        ("https://erp.example.com", "https://erp.example.com"),
        ("https://ERP.Example.COM/", "https://erp.example.com"),
        ("HTTPS://erp.example.com:443", "https://erp.example.com"),
        ("http://erp.example.com:80", "http://erp.example.com"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
        (" https://bücher.example ", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(parse_origin(typed).as_deref(), Some(kept), "{typed}");
    }
}

/// Case 36: more or less than scheme, host and port is no origin.
#[test]
fn what_is_no_origin_is_refused() {
    for typed in [
        "",
        "erp.example.com",
        "//erp.example.com",
        "ftp://erp.example.com",
        "javascript:alert(1)",
        "https://",
        "https://erp.example.com/x",
        "https://erp.example.com?x",
        "https://erp.example.com#x",
        "https://a@erp.example.com",
        "https://@erp.example.com",
        "https://erp.example.com.",
        "https:\\\\erp.example.com",
        "https://erp.example\t.com",
        "https://erp.example.com:99999",
        "data:text/html,x",
        "null",
    ] {
        assert_eq!(parse_origin(typed), None, "{typed:?}");
    }
}

#[test]
fn the_servers_own_address_is_no_application() {
    let ours = "https://access.example.com";
    assert!(check("Ledger", "https://ACCESS.example.com:443", ours).is_err());
    assert!(check("Ledger", "https://erp.example.com", ours).is_ok());
    assert!(check(" ", "https://erp.example.com", ours).is_err());
    assert!(check("a\nb", "https://erp.example.com", ours).is_err());
}

/// Case 26: every header that a yes may carry is named in both recipes, so that a forged one is replaced or removed.
#[test]
fn each_recipe_names_every_header() {
    for set in HeaderSet::ALL {
        let application = application("https://erp.example.com", set);
        for proxy in Proxy::ALL {
            let text = proxy.configuration(
                &application,
                "https://access.example.com",
                "127.0.0.1:8080",
                "127.0.0.1:3000",
                true,
            );
            for name in set.headers() {
                assert!(text.contains(name), "{name} in {proxy:?}");
            }
            assert!(text.contains("__Host-latchstring"), "our cookies stay ours");
            assert!(text.contains("/_latchstring/"));
        }
    }
}

#[test]
fn nginx_is_told_the_origin_and_not_the_clients_host() {
    let application = application("https://erp.example.com:8443", HeaderSet::Remote);
    let text = Proxy::Nginx.configuration(
        &application,
        "https://a.example",
        "127.0.0.1:8080",
        "http://10.0.0.2:3000",
        true,
    );
    assert!(text.contains("X-Original-URL https://erp.example.com:8443$request_uri;"));
    assert!(text.contains("listen 8443 ssl;"));
    assert!(text.contains("server_name erp.example.com;"));
    assert!(text.contains("proxy_pass http://10.0.0.2:3000;"));
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

#[test]
fn caddy_removes_before_it_asks() {
    let application = application("https://erp.example.com", HeaderSet::Remote);
    let text = Proxy::Caddy.configuration(
        &application,
        "https://a.example",
        "127.0.0.1:8080",
        "127.0.0.1:3000",
        true,
    );
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    for removed in ["-Remote-*", "-Remote_*", "-X-Latchstring-*", "-X_Latchstring_*"] {
        assert!(at(removed) < at("forward_auth"), "{removed}");
    }
    assert!(
        at("forward_auth") < at("request_header Cookie"),
        "we need the cookie that the product must not see"
    );
}

/// Case 26: the part for an old interface removes what a client claims, too, and keeps the login from the product.
#[test]
fn the_part_for_an_old_interface_is_as_strict() {
    for set in HeaderSet::ALL {
        let application = application("https://erp.example.com", set);
        for proxy in Proxy::ALL {
            let part =
                proxy.legacy_location(&application, "127.0.0.1:8080", "127.0.0.1:3000", true, "/soap/v1/");
            for name in set.headers() {
                assert!(part.contains(name), "{name} in {proxy:?}");
            }
            assert!(part.contains("?under=/soap/v1/") && part.contains("Authorization"));
            let whole = proxy.configuration(
                &application,
                "https://a.example",
                "127.0.0.1:8080",
                "127.0.0.1:3000",
                true,
            );
            let whole = proxy.with_legacy_location(&whole, &part);
            assert_eq!(whole.matches('{').count(), whole.matches('}').count());
            assert!(whole.ends_with("}\n}\n"), "inside the block: {whole}");
        }
    }
}

#[test]
fn the_beginning_of_paths_is_nothing_else() {
    for good in ["/soap/", "/api/v1/legacy/", "/a-b_c.d/"] {
        assert!(is_legacy_path(good), "{good}");
    }
    for bad in [
        "",
        "/",
        "//",
        "soap/",
        "/soap",
        "/soap/../",
        "/a//b/",
        "/_latchstring/",
        "/a b/",
        "/a;b/",
        "/a{b}/",
        "/*/",
        "/a?b/",
    ] {
        assert!(!is_legacy_path(bad), "{bad:?}");
    }
}

#[test]
fn an_address_in_a_configuration_is_nothing_else() {
    for good in ["127.0.0.1:8080", "http://product:3000", "[::1]:8080"] {
        assert!(is_address(good), "{good}");
    }
    for bad in ["", "a b", "a;\n}", "http://a/b", "${x}", "http://"] {
        assert!(!is_address(bad), "{bad:?}");
    }
}

/// A restart finds the keys again. The next key is published before it signs, and a month later it is the one that does.
#[tokio::test]
async fn keys_outlive_a_restart_and_take_turns() {
    for stage in testkit::TestWorld::all().await {
        let keyring = Keyring::open(&stage.call()).await.expect("new keys");
        let kids = |keyring: &Keyring| -> Vec<String> {
            let published = keyring.jwks(stage.world.clock.now());
            let keys = published["keys"].as_array().expect("keys");
            keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
        };
        let first = kids(&keyring);
        assert_eq!(first.len(), 2);
        assert_eq!(kids(&Keyring::open(&stage.call()).await.expect("the same file")), first);
        let head = |keyring: &Keyring| {
            let token = keyring.sign(b"{}", stage.world.clock.now()).expect("signed");
            token.split('.').next().expect("a header").to_owned()
        };
        let before = head(&keyring);
        stage.clock.advance(Duration::days(30));
        assert_ne!(head(&keyring), before, "the second key signs");
        keyring.renew(&stage.call()).await.expect("renewed");
        let later = kids(&keyring);
        assert_eq!(
            (later.len(), &later[..2]),
            (3, &first[..]),
            "the old one stays for whoever still holds its signature"
        );
    }
}
