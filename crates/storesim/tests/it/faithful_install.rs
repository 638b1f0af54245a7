//! What a faithful simulator must reproduce about apps: codes, tokens, signed payloads.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use storesim::{Callbacks, Client, Options};

use crate::receiver::{Receiver, hook};
use crate::store::{Answer, Store, answer, with};

const SCOPES: &str = "store_v2_products store_v2_orders_read_only";

/// A store with an app that is not installed yet.
async fn app(receiver: &Receiver) -> Store {
    let at = |path: &str| Some(format!("{}/{path}", receiver.url));
    let callbacks = Callbacks {
        auth: at("auth"),
        load: at("load"),
        uninstall: at("uninstall"),
        remove_user: at("remove"),
    };
    let scopes = SCOPES.split(' ').map(str::to_owned).collect();
    let client = Client {
        client_id: "app".into(),
        client_secret: "app secret".into(),
        token: None,
        scopes,
        callbacks,
    };
    with(Options {
        clients: vec![client],
        auth_codes: vec!["again".into()],
        products: 3,
        ..Options::default()
    })
    .await
}

/// A redirect's address with its parameters.
async fn redirected(store: &Store, path: &str) -> reqwest::Url {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let response =
        client.get(format!("{}/_sim/{path}", store.simulator.url())).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 302, "{path}");
    let location = response.headers()["location"].to_str().expect("text").to_owned();
    location.parse().expect("an address")
}

fn parameter(url: &reqwest::Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} is missing: {url}")).1.into_owned()
}

async fn exchange(store: &Store, body: &Value) -> Answer {
    let request = store.client.post(format!("{}/oauth2/token", store.simulator.url()));
    answer(request.header("Content-Type", "application/json").body(body.to_string())).await
}

fn claims(payload: &str, secret: &str) -> Value {
    let (signed, signature) = payload.rsplit_once('.').expect("three parts");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).expect("Base64")).expect("the right signature");
    let (head, body) = signed.split_once('.').expect("two parts");
    let json = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("Base64")).expect("JSON")
    };
    assert_eq!(json(head)["alg"], "HS256");
    json(body)
}

#[tokio::test]
async fn faithful_2_a_code_is_exchanged_once_for_a_token_with_six_members() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    let url = redirected(&store, "install?client_id=app").await;
    assert!(url.as_str().starts_with(&format!("{}/auth?", receiver.url)), "{url}");
    assert_eq!(parameter(&url, "scope"), SCOPES);
    assert_eq!(parameter(&url, "context"), "stores/simstore");
    let right = json!({
        "client_id": "app", "client_secret": "app secret", "code": parameter(&url, "code"), "scope": SCOPES,
        "context": "stores/simstore", "grant_type": "authorization_code",
        "redirect_uri": format!("{}/auth", receiver.url),
    });
    for (name, value, error) in [
        ("client_id", "other", "invalid_client"),
        ("client_secret", "wrong", "invalid_client"),
        ("code", "unknown", "invalid_grant"),
        ("redirect_uri", "https://example.com/auth", "invalid_grant"),
        ("context", "stores/other", "invalid_request"),
        ("scope", "store_v2_products", "invalid_scope"),
        ("scope", "anything", "invalid_scope"),
        ("grant_type", "password", "unsupported_grant_type"),
    ] {
        let mut body = right.clone();
        body[name] = json!(value);
        let refused = exchange(&store, &body).await;
        let status = if error == "invalid_client" { 401 } else { 400 };
        assert_eq!((refused.status, &refused.json()["error"]), (status, &json!(error)), "{name}");
    }
    let granted = exchange(&store, &right).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    let granted = granted.json();
    let mut names: Vec<&String> = granted.as_object().expect("members").keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "account_uuid", "context", "owner", "scope", "user"]);
    assert_eq!((&granted["scope"], &granted["context"]), (&json!(SCOPES), &json!("stores/simstore")));
    assert_eq!(granted["account_uuid"], parameter(&url, "account_uuid"));
    for who in ["user", "owner"] {
        assert!(
            granted[who]["id"].is_i64()
                && granted[who]["username"].is_string()
                && granted[who]["email"].is_string()
        );
    }
    assert_eq!(exchange(&store, &right).await.status, 400, "a code is used once");

    // The token has the scopes of the app.
    let token = granted["access_token"].as_str().expect("text");
    let nothing = json!({});
    assert_eq!(store.send_as(token, Method::GET, "/v3/catalog/products", &nothing).await.status, 200);
    assert_eq!(store.send_as(token, Method::GET, "/v3/customers", &nothing).await.status, 403);
    assert_eq!(store.send_as(token, Method::DELETE, "/v2/orders/1", &nothing).await.status, 403);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_2_a_form_does_as_well_and_a_standing_code_any_number_of_times() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    for _ in 0..3 {
        let request = store.client.post(format!("{}/oauth2/token", store.simulator.url()));
        let form = "client_id=simclient&client_secret=simsecret&code=again&scope=store_v2_products+store_v2_default\
            &context=stores%2Fsimstore&grant_type=authorization_code&redirect_uri=http%3A%2F%2Flocalhost%2Fauth";
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let granted = answer(request).await;
        assert_eq!(
            (granted.status, &granted.json()["access_token"]),
            (200, &json!("simtoken")),
            "{}",
            granted.text
        );
    }
    // It is the first account's alone.
    let body = json!({"client_id": "app", "client_secret": "app secret", "code": "again", "scope": SCOPES,
        "context": "stores/simstore", "grant_type": "authorization_code", "redirect_uri": format!("{}/auth", receiver.url)});
    assert_eq!(exchange(&store, &body).await.json()["error"], "invalid_grant");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_3_signed_payloads_are_hs256_and_last_a_day() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    let payload =
        store.sim("payload?client_id=app").await["signed_payload_jwt"].as_str().expect("text").to_owned();
    let claims = claims(&payload, "app secret");
    let number = |name: &str| claims[name].as_i64().expect("seconds");
    assert_eq!(number("exp") - number("iat"), 86_400);
    assert_eq!(number("iat") - number("nbf"), 5);
    assert_eq!(
        (&claims["aud"], &claims["iss"], &claims["sub"]),
        (&json!("app"), &json!("bc"), &json!("stores/simstore"))
    );
    assert_eq!(claims["user"], json!({"id": 1, "email": "owner@simstore.example", "locale": "en-US"}));
    assert_eq!(claims["owner"], json!({"id": 1, "email": "owner@simstore.example"}));
    assert_eq!((&claims["url"], &claims["channel_id"]), (&json!("/"), &Value::Null));
    assert!(claims["jti"].as_str().is_some_and(|id| id.len() == 36));
    store.sim_post("readings", json!({"payload_nbf": "iat"})).await;
    let payload =
        store.sim("payload?client_id=app").await["signed_payload_jwt"].as_str().expect("text").to_owned();
    let later = self::claims(&payload, "app secret");
    assert_eq!(later["nbf"], later["iat"]);
    store.simulator.stop().await;
}

/// Published clients (`verify` of node-bigcommerce, `oauth_verify_payload` of Python) know only this form.
#[tokio::test]
async fn callbacks_carry_the_older_payload_beside_the_token() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    let both = store.sim("payload?client_id=app&user_id=7&user_email=a@example.com").await;
    let (text, signature) =
        both["signed_payload"].as_str().and_then(|text| text.split_once('.')).expect("two parts");
    let text = STANDARD.decode(text).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"app secret").expect("a key");
    mac.update(&text);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(STANDARD.decode(signature).expect("base64"), expected.as_bytes());
    let mut said: Value = serde_json::from_slice(&text).expect("JSON");
    assert!(said["timestamp"].take().is_f64());
    assert_eq!(
        said,
        json!({"user": {"id": 7, "email": "a@example.com"}, "owner": {"id": 1, "email": "owner@simstore.example"},
            "context": "stores/simstore", "store_hash": "simstore", "timestamp": null})
    );
    store.sim_post("readings", json!({"signed_payload": "jwt"})).await;
    assert!(store.sim("payload?client_id=app").await.get("signed_payload").is_none());
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_app_is_opened_accepted_again_and_uninstalled() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    // Opening an app that is not installed asks the merchant first.
    let accept = |url: reqwest::Url, scope: String| {
        let (store, receiver) = (&store, &receiver);
        async move {
            let body = json!({"client_id": "app", "client_secret": "app secret", "code": parameter(&url, "code"),
                "scope": scope, "context": "stores/simstore", "grant_type": "authorization_code",
                "redirect_uri": format!("{}/auth", receiver.url)});
            let granted = exchange(store, &body).await;
            assert_eq!(granted.status, 200, "{}", granted.text);
            granted.json()["access_token"].as_str().expect("text").to_owned()
        }
    };
    let token = accept(redirected(&store, "load?client_id=app").await, SCOPES.into()).await;
    let url =
        redirected(&store, "load?client_id=app&user_id=7&user_email=a@example.com&url=/deep&channel_id=2")
            .await;
    assert!(url.path().ends_with("/load"), "{url}");
    let opened = claims(&parameter(&url, "signed_payload_jwt"), "app secret");
    assert_eq!(
        (&opened["user"]["id"], &opened["url"], &opened["channel_id"]),
        (&json!(7), &json!("/deep"), &json!(2))
    );
    assert_eq!(opened["owner"]["id"], 1);

    // Installing again changes nothing; other scopes have to be accepted and end the old token.
    let same = accept(redirected(&store, "install?client_id=app").await, SCOPES.into()).await;
    assert_eq!(same, token);
    let callbacks = json!({"auth": format!("{}/auth", receiver.url), "uninstall": format!("{}/uninstall", receiver.url),
        "remove_user": format!("{}/remove", receiver.url)});
    let more = json!({"client_id": "app", "client_secret": "app secret", "scopes": ["store_v2_customers"], "callbacks": callbacks});
    assert_eq!(store.sim_post("clients", more).await.status, 200);
    let nothing = json!({});
    assert_eq!(
        store.send_as(&token, Method::GET, "/v3/catalog/products", &nothing).await.status,
        200,
        "until then"
    );
    let url = redirected(&store, "load?client_id=app").await;
    assert_eq!(parameter(&url, "scope"), "store_v2_customers");
    let new = accept(url, "store_v2_customers".into()).await;
    assert_ne!(new, token);
    assert_eq!(store.send_as(&token, Method::GET, "/v3/catalog/products", &nothing).await.status, 401);
    assert_eq!(store.send_as(&new, Method::GET, "/v3/customers", &nothing).await.status, 200);

    // A user is removed, and then the app.
    let removed = store.sim_post("remove_user", json!({"client_id": "app", "user_id": 7})).await;
    assert_eq!(removed.json()["callback"]["status"], 200, "{}", removed.text);
    let told = Receiver::start().await;
    let body = json!({"scope": "store/app/uninstalled", "destination": told.url});
    assert_eq!(store.send_as(&new, Method::POST, "/v3/hooks", &body).await.status, 200);
    hook(&store, "store/app/uninstalled", &format!("{}/first", told.url)).await;
    let gone = store.sim_post("uninstall", json!({"client_id": "app"})).await;
    assert_eq!(gone.json()["callback"]["status"], 200, "{}", gone.text);
    let event = told.wait(1).await.remove(0).event();
    assert_eq!(event, ("store/app/uninstalled".into(), json!({"type": "store"})));
    assert_eq!(store.send_as(&new, Method::GET, "/v3/hooks", &nothing).await.status, 401);
    assert_eq!(store.sim("stats").await["webhooks"]["hooks"], 1);
    assert_eq!(told.all().len(), 1, "the other client's hook is not told");
    let listed = store.sim("clients").await;
    assert_eq!((&listed[1]["installed"], &listed[0]["installed"]), (&json!(false), &json!(true)));
    assert!(!listed.to_string().contains("secret"), "{listed}");

    // What is missing is said.
    for (path, status) in [("load?client_id=nobody", 404), ("install", 409), ("load?shop=1", 400)] {
        let url = format!("{}/_sim/{path}", store.simulator.url());
        assert_eq!(answer(store.client.get(url)).await.status, status, "{path}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn json_is_known_without_its_name_and_an_app_is_not_uninstalled_unnamed() {
    let receiver = Receiver::start().await;
    let store = app(&receiver).await;
    let code = parameter(&redirected(&store, "install?client_id=app").await, "code");
    let body = json!({
        "client_id": "app", "client_secret": "app secret", "code": code, "scope": SCOPES,
        "context": "stores/simstore", "grant_type": "authorization_code",
        "redirect_uri": format!("{}/auth", receiver.url),
    });
    let request = store.client.post(format!("{}/oauth2/token", store.simulator.url())).body(body.to_string());
    let granted = answer(request).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    assert_eq!(store.sim_post("uninstall", json!({})).await.status, 400);
    assert_eq!(store.get("/v2/time").await.status, 200, "the first account is still there");
    store.simulator.stop().await;
}
