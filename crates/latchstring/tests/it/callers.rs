//! Who may call what: every operation of the API against every kind of caller, and what a foreign id answers.

mod delegates;
mod half;
mod partner;
mod table;

use std::collections::BTreeMap;

use kernel::Secret;
use serde_json::{Value, json};

use partner::{PARTNERS, Partnerships, partnerships};
use table::{CALLERS, TABLE};

use crate::{
    support::{
        cast::{ORIGIN, Stage, program},
        server::{Browser, PASSWORD, nothing},
    },
    temporary_credentials,
};

/// An operation as the description of the API tells of it.
struct Operation {
    id: String,
    method: String,
    path: String,
}

async fn operations(by: &Browser) -> (Vec<Operation>, Value) {
    let description = by.get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if let Some(id) = operation["operationId"].as_str() {
                all.push(Operation { id: id.to_owned(), method: method.to_uppercase(), path: path.clone() });
            }
        }
    }
    // What ends the scene comes last, and after it signing out: whoever did it is nobody afterwards.
    let last = ["open_doors.close_all", "sign_in.end"];
    all.sort_by_key(|operation| {
        (last.iter().position(|id| *id == operation.id).map_or(0, |place| place + 1), operation.id.clone())
    });
    (all, description)
}

/// Everybody, and the ids of what they reach for: all of it Aurora's.
struct Scene {
    stage: Stage,
    callers: Vec<Browser>,
    own: BTreeMap<&'static str, String>,
}

/// The column of whoever is inside an account.
const DELEGATE: usize = 6;

const UNKNOWN: &str = "00000000000000000000000000";

impl Scene {
    async fn set() -> Self {
        let stage = Stage::start().await;
        let ended = stage.opened_to_ana("read_only").await;
        stage.joana.post(&format!("/api/v1/support-tokens/{ended}/revoke"), nothing()).await.expect(200);
        let open = stage.opened_to_ana("write").await;
        let acting = stage.ana_inside(&open).await;
        let value = acting.split_once('=').expect("a pair").1;
        let members =
            stage.joana.get(&format!("/api/v1/organizations/{}/members?search=joana", stage.aurora)).await;
        let agents = stage.vera.get("/api/v1/agents").await.expect(200).json();
        let vera =
            agents["data"].as_array().expect("a list").iter().find(|agent| agent["name"] == "Vera Lang");
        let Partnerships { client, partner, person, inside } = partnerships(&stage).await;
        let own = BTreeMap::from([
            ("client", client),
            ("partner", partner),
            ("organization", stage.aurora.clone()),
            ("application", stage.application.clone()),
            ("member", members.json()["data"][0]["id"].as_str().expect("an id").to_owned()),
            ("agent", vera.and_then(|vera| vera["id"].as_str()).expect("an id").to_owned()),
            ("ended", ended),
            ("open", open),
        ]);
        let all: Vec<&str> = kernel::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let nobody = stage.server.anonymous();
        let pair = temporary_credentials::made(&stage, temporary_credentials::usual()).await;
        let temporary = temporary_credentials::signed_in(&nobody, &pair).await.cookie.expect("signed in");
        let held = temporary.split_once('=').expect("a pair").1;
        let callers = vec![
            nobody.clone(),
            stage.marcos.clone(),
            stage.joana.clone(),
            stage.bea.clone(),
            stage.ana.clone(),
            stage.vera.clone(),
            // Under its own name, and disguised as a session of this host.
            nobody.with_cookie(format!("{acting}; __Host-latchstring={value}")),
            program(&stage, &["events.read"]).await,
            program(&stage, &all).await,
            person,
            // Whoever holds temporary credentials, in the session of that, also disguised as a person's.
            nobody.with_cookie(format!("{temporary}; __Host-latchstring={held}")),
            // A partner's person inside the account, the same way.
            inside,
        ];
        Self { stage, callers, own }
    }

    fn path(&self, operation: &Operation, caller: usize) -> String {
        let over = [
            "support_tokens.revoke",
            "support_tokens.give_back",
            "support_tokens.end",
            "support_tokens.enter",
        ];
        let grant = match operation.id.as_str() {
            id if over.contains(&id) => "ended",
            id if id.starts_with("clients.") && caller == PARTNERS => "partner",
            id if id.starts_with("clients.") => "client",
            id if id.starts_with("partners.") => "partner",
            _ => "open",
        };
        let mut path = operation.path.clone();
        if matches!(
            operation.id.as_str(),
            "agents.restore"
                | "applications.remove"
                | "clients.delete"
                | "partners.revoke"
                | "permissions.remove"
        ) {
            // What would change the scene reaches for what is not there.
            path = path
                .replace("{grant}", &format!("gr_{UNKNOWN}"))
                .replace("{permission}", "unknown")
                .replace("{application}", &format!("app_{UNKNOWN}"))
                .replace("{agent}", &format!("usr_{UNKNOWN}"));
        }
        path = path.replace("{grant}", &self.own[grant]).replace("{permission}", "ticket_user");
        for (name, id) in &self.own {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        path = path.replace("{integration_login}", &format!("ilg_{UNKNOWN}"));
        let request = if path.contains("/lost-devices/") { "ldr" } else { "arq" };
        path = path.replace("{request}", &format!("{request}_{UNKNOWN}"));
        path = path
            .replace("{connection}", &format!("sso_{UNKNOWN}"))
            .replace("{identity}", &format!("idn_{UNKNOWN}"))
            .replace("{domain}", &format!("dom_{UNKNOWN}"));
        path.replace("{invitation}", &format!("inv_{UNKNOWN}"))
            .replace("{passkey}", &format!("pky_{UNKNOWN}"))
            .replace(
                "{id}",
                &match operation.id.as_str() {
                    "sessions.end" => format!("ses_{UNKNOWN}"),
                    "second_factor.forget_device" => format!("dev_{UNKNOWN}"),
                    _ => format!("key_{UNKNOWN}"),
                },
            )
    }

    /// What is right in itself, and either changes nothing or stops at a rule that comes after the question who calls.
    fn body(&self, operation: &Operation, caller: usize) -> Option<Value> {
        let end = web::rest::rfc3339(self.stage.server.now() + kernel::Duration::days(2));
        Some(match operation.id.as_str() {
            "account_recovery.request_reset" => json!({ "email": format!("n{caller}@nobody.example") }),
            "account_recovery.change_email" => json!({ "email": "no address" }),
            "account_recovery.reset_password" => {
                json!({ "token": "lsi_unknown", "password": "a long sentence" })
            }
            "account_recovery.report_lost_device" => json!({ "reason": "stolen", "contact": "5555" }),
            "account_recovery.check_lost_device" => json!({ "checked": [] }),
            "account_recovery.confirm_email"
            | "account_recovery.lock_account"
            | "account_recovery.stop_lost_device"
            | "account_recovery.undo_email"
            | "invitations.accept" => json!({ "token": "lsi_unknown" }),
            "agents.change" => json!({ "agent_level": 2, "is_administrator": false }),
            "agents.invite" => json!({ "email": "ana@vendor.example", "name": "Ana", "agent_level": 1 }),
            "api_keys.create" => json!({ "name": "k", "scopes": ["members.read"], "ends_at": end }),
            "applications.set_rules" => json!({ "rules": [] }),
            "applications.create" => json!({ "name": "Again", "origin": ORIGIN }),
            "applications.change" | "organizations.change" => nothing(),
            "authorized_requests.create" => json!({ "subject": "", "text": "x" }),
            "authorized_requests.answer" => json!({ "answer": "x" }),
            "clients.authorize_users" => {
                json!({ "members": [self.own["member"]], "permissions": ["ticket_user"] })
            }
            "clients.change_user" => json!({ "permissions": ["ticket_user"] }),
            "clients.many" => json!({ "do": "disable", "clients": [self.own["client"]] }),
            "partners.authorize" => json!({ "token": "lst_unknown", "permissions": ["ticket_user"] }),
            "partners.look" => json!({ "token": "lst_unknown" }),
            "permissions.create" => json!({ "key": "No Key", "name": "x", "explanation": "", "position": 1 }),
            "registrations.change" => json!({ "is_partner": true, "is_client": true }),
            // With an end that is over, so that the scene stays as it is.
            "integration_logins.create" => json!({ "name": "Import", "ends_at": "2020-01-01T00:00:00Z" }),
            "mfa_levels.preview" => json!({ "clients": "always" }),
            "mfa_levels.set" => json!({ "version": 0, "levels": { "clients": "always" } }),
            "members.change" => json!({ "role": "member" }),
            "members.invite" => json!({ "email": "marcos@aurora.example", "role": "member" }),
            "organizations.change_settings" => {
                json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": false })
            }
            "organizations.create" => {
                json!({ "name": "New", "administrator_email": format!("n{caller}@new.example") })
            }
            "sign_in.change_password" => {
                json!({ "current_password": "not the current one", "new_password": "another long sentence" })
            }
            "sign_in.choose_password" => json!({ "new_password": "another latch and string" }),
            "sign_in.confirm" => json!({ "password": "not the password" }),
            "second_factor.show" => json!({ "password": "not the password", "code": "000000" }),
            "second_factor.confirm"
            | "second_factor.disable"
            | "sign_in.verify_code"
            | "sign_in.confirm_set_up"
            | "sign_in.use_recovery_code"
            | "sign_in.verify_agent_code"
            | "sign_in.verify_mailed_code" => json!({ "code": "000000" }),
            "passkeys.register"
            | "sign_in.verify_passkey"
            | "sign_in.passwordless"
            | "sign_in.confirm_passkey"
            | "sign_in.confirm_set_up_passkey" => {
                json!({ "ceremony_id": format!("cer_{UNKNOWN}"), "response": {}, "name": "Phone" })
            }
            "passkeys.rename" => json!({ "name": "Phone" }),
            // What comes back before a provider is called.
            "single_sign_on.create" | "single_sign_on.change" => {
                json!({ "name": "", "issuer": "", "client_id": "", "user_types": [] })
            }
            "single_sign_on.add_domain" => json!({ "domain": "" }),
            "sign_in.find_single_sign_on" => json!({ "email": "n@nobody.example" }),
            "sign_in.start" => json!({ "email": format!("n{caller}@nobody.example"), "password": PASSWORD }),
            "support_tokens.associate" => json!({ "code": "7QM4-K2XV", "ticket": "1" }),
            "support_tokens.create" => json!({ "validity_seconds": 3600 }),
            "temporary_credentials.generate" => json!({ "validity_seconds": 365 * 86400 }),
            _ if operation.method == "GET" || operation.method == "DELETE" => return None,
            _ => nothing(),
        })
    }

    /// Status and body; a stream is left as soon as it begins.
    async fn call(&self, by: &Browser, method: &str, path: &str, body: Option<Value>) -> (u16, String, bool) {
        let mut request = by.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let sets_cookie = response.headers().get_all("set-cookie").iter().any(|line| {
            line.to_str().is_ok_and(|line| {
                line.split(';')
                    .next()
                    .and_then(|pair| pair.split_once('='))
                    .is_some_and(|(_, value)| !value.is_empty())
            })
        });
        let is_stream =
            response.headers().get("content-type").is_some_and(|media| media == "text/event-stream");
        let text = if is_stream { String::new() } else { response.text().await.expect("a body") };
        (status, text, sets_cookie)
    }
}

/// S39, A1, A36, A38, B10, B17, D10, case 39: every operation for every kind of caller. S11: none of them but a sign-in gives a session.
#[tokio::test]
async fn every_operation_answers_every_caller_as_the_table_says() {
    let scene = Scene::set().await;
    let table: BTreeMap<&str, [u16; 10]> = TABLE.iter().copied().collect();
    let (operations, _) = operations(&scene.callers[0]).await;
    let mut wrong = Vec::new();
    for operation in &operations {
        let Some(expected) = table.get(operation.id.as_str()) else {
            wrong.push(format!(
                "{} {} ({}) is not in the table",
                operation.method, operation.path, operation.id
            ));
            continue;
        };
        for (n, caller) in scene.callers.iter().enumerate() {
            let (path, body) = (scene.path(operation, n), scene.body(operation, n));
            assert!(!path.contains('{'), "no id for {path}");
            let (status, text, sets_cookie) = scene.call(caller, &operation.method, &path, body).await;
            // Whoever holds temporary credentials, or is in for a partner, gets what anybody gets who acts from outside (D10, B17).
            let column = if n < CALLERS.len() { n } else { DELEGATE };
            let who = CALLERS.get(n).copied().unwrap_or("somebody from outside");
            if status != expected[column] {
                wrong.push(format!(
                    "{} by {who}: {status}, not {}: {text:.200}",
                    operation.id, expected[column]
                ));
            }
            if sets_cookie {
                wrong.push(format!("{} by {who} set a cookie", operation.id));
            }
        }
    }
    for id in table.keys() {
        if !operations.iter().any(|operation| operation.id == *id) {
            wrong.push(format!("{id} is in the table and not in the description"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// S40: an id of somebody else answers as an id that was never given: same status, same words.
#[tokio::test]
async fn a_foreign_id_is_as_good_as_a_random_one() {
    let scene = Scene::set().await;
    let mut own = scene.own.clone();
    own.insert("grant", own["open"].clone());
    let (operations, _) = operations(&scene.callers[0]).await;
    let mut wrong = Vec::new();
    for operation in operations.iter().filter(|operation| operation.path.contains('{')) {
        for (n, who) in [
            (0, "nobody"),
            (1, "member"),
            (3, "other administrator"),
            (4, "agent"),
            (6, "delegate"),
            (7, "narrow key"),
            (PARTNERS, "partner's person"),
        ] {
            let path = scene.path(operation, n);
            for id in own.values().filter(|id| path.contains(id.as_str())) {
                // Whoever belongs there, or took the grant, may know that it is there.
                let is_theirs = matches!((n, id), (1, _)) && !id.starts_with("usr_") && !id.starts_with("app_")
                        || n == 4 && id.starts_with("gr_")
                        // Their own way in they know.
                        || n == PARTNERS && operation.id.starts_with("clients.") && id == &own["partner"]
                        // The vendor's agents know of every organization there, set its levels and prepare how its people sign in.
                        || n == 4 && (operation.id.starts_with("mfa_levels.") || operation.id.starts_with("single_sign_on."));
                if is_theirs {
                    continue;
                }
                let prefix = id.split_once('_').expect("a prefix").0;
                let random = path.replace(id.as_str(), &format!("{prefix}_{UNKNOWN}"));
                let caller = &scene.callers[n];
                let one = scene.call(caller, &operation.method, &path, scene.body(operation, n)).await;
                let two = scene.call(caller, &operation.method, &random, scene.body(operation, n)).await;
                let plain = |(status, text, _): (u16, String, bool)| {
                    let mut body: Value = serde_json::from_str(&text).unwrap_or_default();
                    body["instance"] = Value::Null;
                    (status, body)
                };
                let (one, two) = (plain(one), plain(two));
                if one != two {
                    wrong.push(format!("{} by {who}, {prefix}: {one:?} and {two:?}", operation.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// S41: whatever else is sent along is ignored, on every resource that takes fields.
#[tokio::test]
async fn what_is_sent_along_changes_nothing() {
    let scene = Scene::set().await;
    let stage = &scene.stage;
    let extra = json!({
        "id": "grp_00000000000000000000000000", "organization_id": stage.boreal, "organization": stage.boreal,
        "user_id": "usr_00000000000000000000000000", "created_by": "usr_00000000000000000000000000", "created_at": "2020-01-01T00:00:00Z",
        "state": "active", "activated_at": 1, "agent_id": "usr_00000000000000000000000000", "live_of": null, "revoked_at": null,
        "backend_may_open": true, "backend_may_open_at": 1, "who_may_open": "administrators", "external_id": "mine",
        "secret_hash": "x", "expires_at": "2099-01-01T00:00:00Z", "verified": true, "suspended_at": 1, "administrator_since": 1,
    });
    let with = |body: Value| {
        let mut all = extra.clone();
        for (name, value) in body.as_object().expect("fields") {
            all[name] = value.clone();
        }
        all
    };
    let organization = format!("/api/v1/organizations/{}", stage.aurora);
    let before = stage.joana.get(&organization).await.expect(200).json();
    let changed =
        stage.vera.send("PATCH", &organization, with(json!({ "companies": 7 }))).await.expect(200).json();
    assert_eq!(changed["companies"], 7);
    let after = stage.joana.get(&organization).await.expect(200).json();
    for field in
        ["id", "external_id", "who_may_open", "backend_may_open", "created_at", "longest_validity_seconds"]
    {
        assert_eq!(before[field], after[field], "{field}");
    }

    stage
        .joana
        .post(&format!("/api/v1/support-tokens/{}/revoke", scene.own["open"]), nothing())
        .await
        .expect(200);
    let tokens = format!("{organization}/support-tokens");
    let token = stage.joana.post(&tokens, with(json!({ "validity_seconds": 3600 }))).await.expect(201).json();
    assert_eq!(token["state"], "pending");
    assert_eq!(token["mode"], "read_only");
    assert_eq!(token["organization"]["id"], stage.aurora);
    assert_eq!(token["created_by"]["name"], "Joana Prado");
    assert_eq!(token["association"], Value::Null);

    let body = with(json!({ "email": "x@aurora.example", "role": "member" }));
    let invited = stage.joana.post(&format!("{organization}/invitations"), body).await.expect(201).json();
    assert_eq!(invited["organization_id"], stage.aurora);
    assert_eq!(invited["expires_at"], web::rest::rfc3339(stage.server.now() + kernel::Duration::days(7)));

    let member = format!("{organization}/members/{}", scene.own["member"]);
    let changed =
        stage.joana.send("PATCH", &member, with(json!({ "user_type": "employee" }))).await.expect(200).json();
    assert_eq!(changed["user_type"], "employee");
    assert_eq!(changed["id"], scene.own["member"]);
    assert_ne!(changed["user_id"], extra["user_id"]);

    let end = web::rest::rfc3339(stage.server.now() + kernel::Duration::days(2));
    let body = with(json!({ "name": "k", "scopes": ["members.read"], "ends_at": end }));
    let made = stage.vera.post("/api/v1/api-keys", body).await.expect(201).json();
    assert_eq!(made["api_key"]["ends_at"], end);
    let key = Secret::from_text(made["value"].as_str().expect("shown once").to_owned());
    stage.server.anonymous().with_key(&key).get(&format!("{organization}/members")).await.expect(200);
}

/// Case 38: no list and no detail shows a secret to anybody. S9: nobody can set another person's password.
#[tokio::test]
async fn no_answer_shows_a_secret() {
    let scene = Scene::set().await;
    let (operations, description) = operations(&scene.callers[0]).await;
    for operation in operations.iter().filter(|operation| operation.method == "GET") {
        for (n, caller) in scene.callers.iter().enumerate() {
            let (status, text, _) = scene.call(caller, "GET", &scene.path(operation, n), None).await;
            if status != 200 {
                continue;
            }
            for mark in ["lss_", "lsk_", "lsi_", "lsc_", "lsp_", "lst_", "$argon2", "BEGIN PRIVATE", "sealed"]
            {
                assert!(!text.contains(mark), "{} shows {mark}: {text}", operation.id);
            }
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            assert!(secret_fields(&body).is_empty(), "{}: {:?}", operation.id, secret_fields(&body));
        }
    }
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    let with_password: Vec<&str> = schemas
        .iter()
        .filter(|(_, schema)| {
            schema["properties"]
                .as_object()
                .is_some_and(|fields| fields.keys().any(|field| field.contains("password")))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        with_password,
        ["AcceptBody", "ChangePassword", "ChoosePassword", "Confirm", "ResetPassword", "Show", "Start"],
        "S9: each is about the caller's own password"
    );
}

fn secret_fields(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let is_secret = ["secret", "password", "hash", "token_value", "private"]
                    .iter()
                    .any(|word| name.contains(word));
                let inner = secret_fields(value);
                if is_secret { vec![name.clone()] } else { inner }
            })
            .collect(),
        Value::Array(all) => all.iter().flat_map(secret_fields).collect(),
        _ => Vec::new(),
    }
}
