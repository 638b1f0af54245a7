//! Channels with what belongs to them, currencies, taxes, logs and tokens.

use reqwest::Method;
use serde_json::json;

use crate::store::small;

#[tokio::test]
async fn a_channel_has_a_site_with_routes_currencies_and_a_menu() {
    let store = small().await;
    let one = json!({"name": "Second outlet", "type": "storefront", "platform": "next"});
    let channel = store.send(Method::POST, "/v3/channels", &one).await.json()["data"].clone();
    assert_eq!(channel["status"], "prelaunch");
    let at = format!("/v3/channels/{}", channel["id"]);
    assert_eq!(store.get(&format!("{at}/site")).await.status, 404);
    let made =
        store.send(Method::POST, &format!("{at}/site"), &json!({"url": "https://second.example.com"})).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let site = made.json()["data"].clone();
    assert_eq!((&site["channel_id"], &site["urls"][0]["type"]), (&channel["id"], &json!("primary")));
    let again = store
        .send(
            Method::POST,
            "/v3/sites",
            &json!({"url": "https://b.example.com", "channel_id": channel["id"]}),
        )
        .await;
    assert_eq!(again.status, 422, "a channel has one site");
    let put = store
        .send(Method::PUT, &format!("{at}/site/checkout-url"), &json!({"url": "https://pay.example.com"}))
        .await;
    assert_eq!(put.json()["data"]["is_checkout_url_customized"], true, "{}", put.text);
    let less = store.delete(&format!("{at}/site/checkout-url")).await;
    assert_eq!((less.status, &less.json()["data"]["is_checkout_url_customized"]), (200, &json!(false)));
    let with = store.get("/v3/sites?url_type:in=canonical").await.ids();
    assert_eq!(with, [site["id"].as_i64().expect("an id")]);
    assert_eq!(store.get("/v3/sites?channel_id:in=1").await.ids(), [1000]);
    let routes = format!("/v3/sites/{}/routes", site["id"]);
    let route = json!({"type": "product", "matching": "*", "route": "/p/{slug}"});
    let made = store.send(Method::POST, &routes, &route).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["data"]["id"].clone();
    let twice = store.send(Method::PUT, &routes, &json!([route])).await;
    assert_eq!(
        (twice.status, twice.json()["errors"].get("0.matching.type").is_some()),
        (422, true),
        "{}",
        twice.text
    );
    let put = json!([{"id": id, "type": "product", "matching": "*", "route": "/q/{slug}"}, {"type": "home", "matching": "*", "route": "/"}]);
    assert_eq!(store.send(Method::PUT, &routes, &put).await.status, 200);
    assert_eq!(store.ok(&format!("{routes}?type=product")).await["data"][0]["route"], "/q/{slug}");
    assert_eq!(store.delete(&format!("{routes}/{id}")).await.status, 204);
    let currencies = format!("{at}/currency-assignments");
    assert_eq!(store.ok(&currencies).await["data"]["default_currency"], "USD");
    let unknown = json!({"enabled_currencies": ["AWG"], "default_currency": "AWG"});
    let unknown = store.send(Method::POST, &currencies, &unknown).await;
    assert_eq!((unknown.status, unknown.text.contains("[AWG]")), (422, true));
    let known = json!({"enabled_currencies": ["USD"], "default_currency": "USD"});
    assert_eq!(store.send(Method::PUT, &currencies, &known).await.status, 200);
    let with = store.ok(&format!("{at}?include=currencies")).await;
    assert_eq!(with["data"]["currencies"]["channel_id"], channel["id"]);
    assert_eq!(store.delete(&currencies).await.json()["data"], channel["id"]);
    let menu = json!({"bigcommerce_protected_app_sections": ["overview"], "custom_app_sections": []});
    assert_eq!(store.send(Method::POST, &format!("{at}/channel-menus"), &menu).await.json()["data"], menu);
    assert_eq!(store.delete(&format!("{at}/channel-menus")).await.status, 200);
    let metafield = json!({"namespace": "a", "key": "b", "value": "c", "permission_set": "read"});
    assert_eq!(store.send(Method::POST, &format!("{at}/metafields"), &metafield).await.status, 200);
    assert!(store.ok(&format!("{at}/active-theme")).await["data"]["active_theme_uuid"].is_string());
    assert_eq!(store.delete(&format!("{at}/site")).await.status, 200);
    assert_eq!(store.get(&routes).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn one_currency_is_the_default() {
    let store = small().await;
    let one = json!({"currency_code": "nok", "currency_exchange_rate": "10.5", "token_location": "right", "token": "kr",
        "decimal_token": ",", "thousands_token": " ", "decimal_places": 2, "name": "Krone"});
    let made = store.send(Method::POST, "/v2/currencies", &one).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["currency_code"], &made["currency_exchange_rate"]),
        (&json!("NOK"), &json!("10.5000000000"))
    );
    assert_eq!(store.send(Method::POST, "/v2/currencies", &one).await.status, 409);
    assert_eq!(store.delete("/v2/currencies/1").await.status, 400, "the default stays");
    assert_eq!(store.send(Method::PUT, "/v2/currencies/1", &json!({"is_default": false})).await.status, 400);
    let path = format!("/v2/currencies/{}", made["id"]);
    let refused = store.send(Method::PUT, &path, &json!({"currency_code": "SEK"})).await;
    assert_eq!((refused.status, refused.text.contains("currency_code")), (400, true));
    assert_eq!(store.send(Method::PUT, &path, &json!({"is_default": true})).await.json()["is_default"], true);
    assert_eq!(store.ok("/v2/currencies/1").await["is_default"], false);
    assert_eq!(store.ok("/v2/store").await["currency"], "NOK");
    assert_eq!(store.delete("/v2/currencies").await.status, 204);
    assert_eq!(store.ok("/v2/currencies").await.as_array().map(Vec::len), Some(1));
    store.simulator.stop().await;
}

#[tokio::test]
async fn taxes_logs_profiles_and_tokens_are_served() {
    let store = small().await;
    let made = store.send(Method::POST, "/v3/tax/classes", &json!([{"name": "Books"}])).await;
    let id = made.json()["data"][0]["id"].as_i64().expect("a number");
    assert_eq!(store.ok(&format!("/v2/tax_classes/{id}")).await["id"], id.to_string());
    assert_eq!(store.send(Method::POST, "/v3/tax/classes", &json!([{"name": "books"}])).await.status, 409);
    let put = store.send(Method::PUT, "/v3/tax/classes", &json!([{"id": id, "name": "Print"}])).await;
    assert_eq!((put.status, &put.json()["data"][0]["name"]), (200, &json!("Print")), "{}", put.text);
    assert_eq!(store.delete(&format!("/v3/tax/classes?id:in={id}")).await.status, 204);
    assert_eq!(store.get(&format!("/v2/tax_classes/{id}")).await.status, 404);
    assert_eq!(store.ok("/v2/tax_classes/0").await["name"], "Default Tax Class");

    let zone =
        store.send(Method::POST, "/v3/tax/zones", &json!([{"name": "EU"}])).await.json()["data"][0].clone();
    let rate =
        json!([{"name": "VAT", "tax_zone_id": zone["id"], "class_rates": [{"rate": 20, "tax_class_id": 0}]}]);
    let rate = store.send(Method::POST, "/v3/tax/rates", &rate).await;
    assert_eq!(rate.status, 200, "{}", rate.text);
    assert_eq!(store.get(&format!("/v3/tax/rates?tax_zone_id:in={}", zone["id"])).await.ids(), rate.ids());
    assert_eq!(store.delete(&format!("/v3/tax/zones?id:in={}", zone["id"])).await.status, 204);
    assert!(store.get(&format!("/v3/tax/rates?tax_zone_id:in={}", zone["id"])).await.ids().is_empty());
    let customer = store.get("/v3/customers?limit=1").await.ids()[0];
    let codes = json!([{"customer_id": customer, "tax_properties": {"1": "A"}}]);
    for _ in 0..2 {
        assert_eq!(store.send(Method::PUT, "/v3/tax/customers", &codes).await.status, 200);
    }
    let held = store.ok(&format!("/v3/tax/customers?customer_id:in={customer}")).await;
    assert_eq!(held["data"], codes);

    let logs = store.ok("/v3/store/systemlogs?severity:min=3&limit=5").await;
    let logs = logs["data"].as_array().expect("entries");
    assert!(
        logs.iter().all(|entry| ["warning", "errors"].contains(&entry["severity"].as_str().expect("text")))
    );

    let put = store.send(Method::PUT, "/v3/settings/store/profile", &json!({"store_name": "Renamed"})).await;
    assert_eq!(put.status, 200, "{}", put.text);
    assert_eq!(store.ok("/v2/store").await["name"], "Renamed");
    let filters = store.ok("/v3/settings/search/filters").await["data"].clone();
    let put = store.send(Method::PUT, "/v3/settings/search/filters", &json!([filters[0]])).await;
    assert_eq!(put.json()["data"], json!([filters[0]]), "{}", put.text);
    let analytics = store.ok("/v3/settings/analytics/1").await;
    assert_eq!(analytics["id"], 1);
    let put = store.send(Method::PUT, "/v3/settings/analytics/1", &json!({"enabled": true})).await;
    assert_eq!(put.json()["enabled"], true, "{}", put.text);

    let asked = json!({"channel_id": 1, "expires_at": 4_000_000_000_i64});
    let token = store.send(Method::POST, "/v3/storefront/api-token", &asked).await;
    assert_eq!(
        token.json()["data"]["token"].as_str().map(|t| t.split('.').count()),
        Some(3),
        "{}",
        token.text
    );
    assert_eq!(
        store.send(Method::POST, "/v3/storefront/api-token", &json!({"channel_id": 1})).await.status,
        422
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn what_was_generated_is_there_and_changes_on_demand() {
    let store = small().await;
    let streams = [
        "customer_groups",
        "customer_attributes",
        "customer_attribute_values",
        "customer_form_field_values",
        "subscribers",
        "segments",
        "shopper_profiles",
        "wishlists",
        "channels",
        "channel_listings",
        "pages",
        "redirects",
        "currencies",
        "tax_classes",
    ];
    for stream in streams {
        let before = store.sim(&format!("digest/{stream}")).await;
        assert!(before["count"].as_u64() > Some(0), "{stream} was generated: {before}");
        let run = json!({"count": 6, "seed": 3, "streams": [stream]});
        let made = store.sim_post("mutate", run).await;
        assert_eq!(
            (made.status, made.json()["by_stream"].get(stream).is_some()),
            (200, true),
            "{stream}: {}",
            made.text
        );
        let after = store.sim(&format!("digest/{stream}")).await;
        assert_ne!(before["sha256"], after["sha256"], "{stream}");
    }
    for hidden in ["customer_accounts", "segment_members", "customers_v2", "storefront_tokens"] {
        let answer = store.client.get(format!("{}/_sim/digest/{hidden}", store.simulator.url()));
        assert_eq!(crate::store::answer(answer).await.status, 404, "{hidden}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn pages_come_back_as_they_were_sent_one_or_several() {
    let store = small().await;
    let path = "/v3/content/pages";
    let one = json!({"name": "About us", "type": "page", "body": "<p>Hello</p>"});
    let made = store.send(Method::POST, path, &one).await;
    assert_eq!((made.status, &made.json()["data"]["url"]), (201, &json!("/about-us/")), "{}", made.text);
    assert!(made.json()["data"].get("body").is_none());
    let id = made.json()["data"]["id"].clone();
    let with = store.ok(&format!("{path}/{id}?include=body")).await;
    assert_eq!(with["data"]["body"], "<p>Hello</p>");
    let mixed = json!([{"name": "Below", "type": "page", "parent_id": id}, {"name": "Raw", "type": "raw"}]);
    let mixed = store.send(Method::POST, path, &mixed).await;
    assert_eq!(
        (mixed.status, mixed.json()["data"].as_array().map(Vec::len)),
        (207, Some(1)),
        "{}",
        mixed.text
    );
    let below = mixed.json()["data"][0]["id"].clone();
    let put = store.send(Method::PUT, path, &json!([{"id": id, "is_visible": false}])).await;
    assert_eq!(put.json()["data"][0]["is_visible"], false, "{}", put.text);
    assert_eq!(store.delete(path).await.status, 422);
    let gone = store.delete(&format!("{path}?id:in=999,{id}")).await;
    assert_eq!((gone.status, store.get(&format!("{path}/{id}")).await.status), (404, 404), "the others go");
    assert_eq!(store.ok(&format!("{path}/{below}")).await["data"]["parent_id"], 0);
    assert_eq!(store.get(&format!("{path}?name:like=Contact%25")).await.ids(), [3]);
    store.simulator.stop().await;
}

#[tokio::test]
async fn scripts_and_posts_are_kept() {
    let store = small().await;
    let path = "/v3/content/scripts";
    let one = json!({"name": "Chat", "src": "https://chat.example.com/a.js", "location": "footer"});
    let made = store.send(Method::POST, path, &one).await;
    assert_eq!((made.status, &made.json()["data"]["kind"]), (200, &json!("src")), "{}", made.text);
    let uuid = made.json()["data"]["uuid"].as_str().expect("a uuid").to_owned();
    let put = store.send(Method::PUT, &format!("{path}/{uuid}"), &json!({"enabled": false})).await;
    assert_eq!(put.json()["data"]["enabled"], false, "{}", put.text);
    assert_eq!(store.send(Method::POST, path, &json!({"name": "x", "kind": "script_tag"})).await.status, 422);
    let other = json!({"client_id": "other", "client_secret": "s", "token": "othertoken"});
    assert_eq!(store.sim_post("clients", other).await.status, 200);
    let theirs = store.client.get(format!("{}/stores/simstore{path}", store.simulator.url()));
    let theirs = crate::store::answer(theirs.header("X-Auth-Token", "othertoken")).await;
    assert_eq!(theirs.json()["data"], json!([]), "a script is seen by who made it");
    assert_eq!(store.delete(&format!("{path}/{uuid}")).await.status, 204);
    assert_eq!(store.get(&format!("{path}/{uuid}")).await.status, 404);

    let path = "/v2/blog/posts";
    let one = json!({"title": "Hello there", "body": "<p>Hi</p>", "tags": ["News"], "is_published": true,
        "published_date": "Wed, 10 Aug 2022 15:39:15 -0500"});
    let made = store.send(Method::POST, path, &one).await;
    assert_eq!((made.status, &made.json()["url"]), (200, &json!("/blog/hello-there/")), "{}", made.text);
    assert_eq!(made.json()["published_date"]["date"], "2022-08-10 20:39:15.000000");
    assert_eq!(store.get(&format!("{path}?tag=news")).await.ids().len(), 1);
    let put = store
        .send(Method::PUT, &format!("{path}/{}", made.json()["id"]), &json!({"is_published": false}))
        .await;
    assert_eq!(put.json()["is_published"], false, "{}", put.text);
    assert_eq!(store.ok(&format!("{path}/count")).await, json!({"count": 1}));
    assert_eq!(store.delete(path).await.status, 204);
    assert_eq!(store.get(path).await.status, 204);
    store.simulator.stop().await;
}

#[tokio::test]
async fn shipping_banners_and_images_are_kept() {
    let store = small().await;
    let zone = json!({"name": "Alps", "type": "country", "locations": [{"country_iso2": "AT"}]});
    let zone = store.send(Method::POST, "/v2/shipping/zones", &zone).await;
    assert_eq!((zone.status, &zone.json()["enabled"]), (201, &json!(true)), "{}", zone.text);
    let path = format!("/v2/shipping/zones/{}/methods", zone.json()["id"]);
    assert_eq!(store.get(&path).await.status, 204);
    let method = json!({"name": "Flat", "type": "perorder", "settings": {"rate": 7}});
    let method = store.send(Method::POST, &path, &method).await.json()["id"].clone();
    let put = store.send(Method::PUT, &format!("{path}/{method}"), &json!({"enabled": false})).await;
    assert_eq!(put.json()["enabled"], false, "{}", put.text);
    assert_eq!(store.delete(&format!("/v2/shipping/zones/{}", zone.json()["id"])).await.status, 204);
    assert_eq!(store.get(&format!("{path}/{method}")).await.status, 404);
    let product = store.get("/v3/catalog/products?limit=1").await.ids()[0];
    let customs = json!([{"product_id": product, "country_of_origin": "US", "commodity_description": "Caps",
        "international_shipping": true, "hs_codes": {"ALL": "501000"}}]);
    let path = "/v3/shipping/products/customs-information";
    for _ in 0..2 {
        assert_eq!(store.send(Method::PUT, path, &customs).await.status, 200);
    }
    let held = store.ok(&format!("{path}?product_id:in={product}")).await;
    assert_eq!(held["data"].as_array().map(Vec::len), Some(1));
    let put = json!({"checkout": {"country_list_strategy": "DISPLAY_ONLY_SHIPPABLE_COUNTRIES"}});
    let put = store.send(Method::PUT, "/v3/shipping/settings", &put).await;
    assert_eq!(put.json()["data"]["checkout"]["country_list_strategy"], "DISPLAY_ONLY_SHIPPABLE_COUNTRIES");
    let banner = json!({"name": "Sale", "content": "<p>Sale</p>", "page": "home_page", "location": "top", "date_type": "always"});
    let banner = store.send(Method::POST, "/v2/banners", &banner).await;
    assert_eq!((banner.status, &banner.json()["visible"]), (200, &json!("1")), "{}", banner.text);
    assert_eq!(store.ok("/v2/banners/count").await, json!({"count": 1}));
    let request = store
        .ask(Method::POST, "/v3/settings/logo/image")
        .header("Content-Type", "multipart/form-data; boundary=x");
    let body = "--x\r\nContent-Disposition: form-data; name=\"LogoFile\"; filename=\"a.png\"\r\n\r\nPNG\r\n--x--\r\n";
    let image = crate::store::answer(request.body(body)).await;
    assert_eq!(image.status, 204, "{}", image.text);
    let logo = store.ok("/v3/settings/logo").await;
    assert!(logo["data"]["logo_image_url"].as_str().expect("an address").ends_with(".png"), "{logo}");
    store.simulator.stop().await;
}
