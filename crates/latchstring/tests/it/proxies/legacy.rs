//! The old interface behind the real proxies, with exactly what `proxy-config --legacy` prints.

use applications::{Application, HeaderSet, proxy_config::Proxy as Recipe};
use reqwest::{Client, redirect::Policy};
use serde_json::json;

use super::{Front, HOST};
use crate::{
    integration_logins::{basic, made},
    support::{
        cast::Stage,
        echo::{Echo, values},
        proxies::{Proxy, free_port},
        server::{TestServer, nothing},
    },
};

impl Front {
    async fn with_legacy(kind: &'static str, set: HeaderSet) -> Self {
        let port = free_port();
        let origin = format!("http://{HOST}:{port}");
        let stage = Stage::on(TestServer::start().await, &origin).await;
        let path = format!("/api/v1/applications/{}", stage.application);
        stage.vera.send("PATCH", &path, json!({ "header_set": set.as_str() })).await.expect(200);
        let echo = Echo::start().await;
        let application = Application {
            id: stage.application.parse().expect("an id"),
            name: "ERP".to_owned(),
            origin: origin.clone(),
            header_set: set,
            created_at: kernel::Timestamp::from_seconds(0),
        };
        let (upstream, product) = (stage.server.address.to_string(), echo.address.to_string());
        let recipe = Recipe::parse(kind).expect("a recipe");
        let whole = recipe.configuration(&application, &stage.server.url, &upstream, &product, true);
        let location = recipe.legacy_location(&application, &upstream, &product, true, "/soap/");
        let whole = recipe.with_legacy_location(&whole, &location);
        let proxy = match recipe {
            Recipe::Nginx => Proxy::nginx(port, &whole).await,
            Recipe::Caddy => Proxy::caddy(port, &whole).await,
        };
        let browser = Client::builder()
            .redirect(Policy::none())
            .resolve(HOST, std::net::SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .expect("a client");
        Self { stage: stage.into(), echo, proxy, kind, origin, browser }
    }
}

/// C15: through the real proxies the login opens the old interface, is asked for in the way that old clients wait for, does
/// not reach the product, opens no other path, and is refused from the request after the revoke on.
#[tokio::test]
async fn an_old_client_comes_through_and_no_further() {
    for (kind, set) in [
        ("nginx", HeaderSet::Remote),
        ("caddy", HeaderSet::Remote),
        ("nginx", HeaderSet::XForwarded),
        ("caddy", HeaderSet::XForwarded),
    ] {
        let front = Front::with_legacy(kind, set).await;
        let made = made(&front.stage, &["127.0.0.0/8"]).await;
        let authorization = basic(&made.login, &made.value);
        let with = [("authorization", authorization.as_str())];
        let user = set.facts()[0].1;

        let asked = front.ask("POST", "/soap/ledger", "", &[]).await.expect(401);
        assert!(asked.header("www-authenticate").starts_with("Basic realm="), "{kind}: {:?}", asked.headers);
        assert_eq!(front.echo.count(), 0, "{kind}");

        let forged =
            [with[0], (user, "root"), ("x-latchstring-acting", "none"), ("x-latchstring-account", "grp_x")];
        let seen = front.ask("POST", "/soap/ledger?wsdl", "theirs=1", &forged).await.expect(200).json();
        assert_eq!(seen["path"], "/soap/ledger?wsdl", "{kind}");
        assert_eq!(front.told(&seen, user), made.login);
        assert_eq!(front.told(&seen, "x-latchstring-acting"), "integration");
        assert_eq!(front.told(&seen, "x-latchstring-account"), front.stage.aurora);
        assert_eq!(front.told(&seen, "x-latchstring-jwt-assertion").split('.').count(), 3);
        assert!(values(&seen, "authorization").is_empty(), "{kind}: the product has no use for it");
        assert!(values(&seen, set.facts().last().expect("a fact").1).is_empty(), "{kind}: no address");
        let before = front.echo.count();

        // The paths of people are asked about as ever, however they are spelled.
        front.ask("GET", "/ledger", "", &with).await.expect(401);
        for line in [
            "GET /soap/../ledger HTTP/1.1",
            "GET /soap/..%2fledger HTTP/1.1",
            "GET /soap/%2e%2e/ledger HTTP/1.1",
            "GET /ledger/..%2fsoap/x HTTP/1.1",
            "GET /soap/..;/ledger HTTP/1.1",
            "GET /soap//ledger HTTP/1.1",
            "GET /SOAP/ledger HTTP/1.1",
            "GET /_latchstring/legacy/soap HTTP/1.1",
            "GET /authz/legacy HTTP/1.1",
        ] {
            let more = format!("Authorization: {authorization}");
            let answer = front.send(line, "", &[&more]).await;
            assert!(answer.status >= 300, "{kind} {line}: {}", answer.status);
        }
        assert_eq!(front.echo.count(), before, "{kind}: nothing else reached the product");
        // And a member's session is none there.
        let member = front.opened_by(&front.stage.marcos, "/").await;
        let reached = front.echo.count();
        front.ask("POST", "/soap/ledger", &member, &[]).await.expect(401);

        let path = format!("/api/v1/organizations/{}/integration-logins/{}", front.stage.aurora, made.id);
        front.stage.joana.send("DELETE", &path, nothing()).await.expect(204);
        front.ask("POST", "/soap/ledger", "", &with).await.expect(401);
        let other = crate::integration_logins::made(&front.stage, &["10.0.0.0/8"]).await;
        let elsewhere = basic(&other.login, &other.value);
        let refused =
            front.ask("POST", "/soap/ledger", "", &[("authorization", &elsewhere)]).await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "wrong_network", "{kind}");
        assert_eq!(front.echo.count(), reached, "{kind}");
    }
}
