//! The install flow: a code for a token, and who opens the app.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bigcommerce::Error;
use bigcommerce::install::{App, Callback, InvalidJwt};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::store::{Reply, Store};

const SECRET: &str = "canary-secret";
const CODE: &str = "canary-code";

fn app(store: &Store) -> App {
    App::new("client-1", SECRET, "https://app.example.com/auth").unwrap().login_url(&store.url).unwrap()
}

fn callback() -> Callback {
    let query = format!(
        "code={CODE}&scope=store_v2_products+store_v2_orders_read_only&context=stores%2Fabc123&account_uuid=u&x=1"
    );
    Callback::parse(&query).unwrap()
}

#[tokio::test]
async fn a_code_is_given_for_a_token() {
    let store = Store::start(|_| {
        Reply::ok(
            json!({"access_token": "t0ken", "scope": "store_v2_products store_v2_orders_read_only",
            "user": {"id": 24654, "username": "u", "email": "u@example.com"}, "owner": {"id": 1},
            "context": "stores/abc123", "account_uuid": "u", "new": 1})
            .to_string(),
        )
    })
    .await;
    let grant = app(&store).exchange(&callback()).await.unwrap();
    assert_eq!((grant.store.as_str(), grant.token.expose(), grant.user.id), ("abc123", "t0ken", Some(24654)));
    assert_eq!(grant.scopes.missing(["store_v2_products_read_only", "store_v2_orders"]), ["store_v2_orders"]);
    assert!(!format!("{grant:?}").contains("t0ken"));
    let asked = &store.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/oauth2/token"));
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body).unwrap(),
        json!({"client_id": "client-1", "client_secret": SECRET, "code": CODE, "context": "stores/abc123",
            "scope": "store_v2_products store_v2_orders_read_only", "grant_type": "authorization_code",
            "redirect_uri": "https://app.example.com/auth"})
    );
    grant.client().api_url(&store.url).build().unwrap();
}

#[tokio::test]
async fn refusals_and_odd_answers_are_told_without_secrets() {
    for (reply, words) in [
        (Reply::new(400, json!({"error": format!("bad {CODE}"), "title": SECRET}).to_string()), "400"),
        (Reply::new(500, format!("<title>{SECRET} {CODE}</title>")), "500"),
        (Reply::ok(format!("{{\"access_token\":\"{CODE}\",\"context\":5}}")), "no token"),
        (Reply::ok("{\"access_token\":\"x\",\"context\":\"stores/def456\"}"), "another store"),
        (Reply::ok(vec![b' '; 100_000]), "too long"),
        (Reply::Hangup, "broke off"),
    ] {
        let store = Store::start(move |_| reply.clone()).await;
        let app = app(&store);
        let error = app.exchange(&callback()).await.unwrap_err();
        let printed = format!("{error} {error:?} {app:?} {:?}", callback());
        assert!(error.to_string().contains(words), "{error}");
        assert!(!printed.contains("canary"), "{printed}");
        assert_eq!(store.asked().len(), 1, "a code holds once: {words}");
    }
    for bad in [
        "",
        "code=x",
        "code=&context=stores/abc123",
        "code=x&context=shops/abc123",
        "code=x&context=stores/A/b",
    ] {
        assert!(matches!(Callback::parse(bad).unwrap_err(), Error::Configuration(_)), "{bad}");
    }
    assert!(App::new("", "x", "y").is_err());
    assert!(App::new("a", "b", "c").unwrap().login_url("http://login.example.com").is_err());
}

fn sign(header: &Value, payload: &Value, secret: &str) -> String {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(payload.to_string())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn only_a_fresh_payload_for_this_app_is_believed() {
    let app = App::new("client-1", SECRET, "https://app.example.com/auth").unwrap();
    let now = 1_800_000_000_i64;
    let payload = json!({"aud": "client-1", "iss": "bc", "iat": now, "nbf": now - 5, "exp": now + 86_400,
        "jti": "j", "sub": "stores/abc123", "user": {"id": 9, "email": "u@example.com", "locale": "en-US"},
        "owner": {"id": 9, "email": "u@example.com"}, "url": "/orders", "channel_id": null});
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let verify = |jwt: &str, later: i64| app.verify(jwt, Timestamp::from_second(now + later).unwrap());
    let jwt = sign(&header, &payload, SECRET);
    let claims = verify(&jwt, 10).unwrap();
    assert_eq!((claims.store.as_str(), claims.url.as_str(), claims.channel_id), ("abc123", "/orders", None));
    assert!(claims.by_owner());
    assert_eq!((claims.user.locale.as_deref(), claims.expires_at.as_second()), (Some("en-US"), now + 86_400));

    assert_eq!(verify(&jwt, 86_400 + 61), Err(InvalidJwt::Age));
    assert_eq!(verify(&jwt, -67), Err(InvalidJwt::Age));
    assert_eq!(verify(&sign(&header, &payload, "other"), 0), Err(InvalidJwt::Signature));
    assert_eq!(verify(&sign(&json!({"alg": "none"}), &payload, SECRET), 0), Err(InvalidJwt::Algorithm));
    let with = |name: &str, value: Value| {
        let mut payload = payload.clone();
        payload[name] = value;
        verify(&sign(&header, &payload, SECRET), 0)
    };
    assert_eq!(with("aud", json!("client-2")), Err(InvalidJwt::Audience));
    assert!(with("aud", json!(["client-2", "client-1"])).is_ok());
    assert_eq!(with("iss", json!("me")), Err(InvalidJwt::Issuer));
    assert_eq!(with("sub", json!("stores/../x")), Err(InvalidJwt::Shape));
    assert_eq!(with("exp", json!(i64::MAX)), Err(InvalidJwt::Shape));
    // One letter changed anywhere.
    for at in (0..jwt.len()).step_by(7) {
        let mut bytes = jwt.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&bytes).unwrap(), 0).is_err(), "{at}");
    }
    for bad in ["", ".", "..", "a.b", "a.b.c", &".".repeat(20_000), "é.é.é"] {
        assert!(verify(bad, 0).is_err(), "{bad}");
    }
}
