//! Redirects in and out as CSV files.

use reqwest::Method;
use serde_json::json;

use crate::store::{Store, answer, small};

const HEADS: &str = "Domain,Old Path,Manual URL/Path,Dynamic Target Type,Dynamic Target ID";

async fn import(store: &Store, csv: &str) -> crate::store::Answer {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"import_file\"; filename=\"r.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n--b--\r\n"
    );
    let request = store.ask(Method::POST, "/v3/storefront/redirects/imex/import");
    answer(request.header("Content-Type", "multipart/form-data; boundary=b").body(body)).await
}

#[tokio::test]
async fn redirects_are_exported_and_imported_row_by_row() {
    let store = small().await;
    let jobs = "/v3/storefront/redirects/imex";
    let before = store.ok("/v3/storefront/redirects?limit=1").await["meta"]["pagination"]["total"].as_i64();
    let product = store.ok("/v3/catalog/products?limit=1").await["data"][0]["id"].clone();
    let csv = format!(
        "{HEADS}\r\nstore.example.com,/old,\"/new,er\",,\r\nstore.example.com,/old-product,,Product,{product}\r\nelsewhere.example.com,/x,/y,,\r\nstore.example.com,/no-target,,,\r\n"
    );
    let made = import(&store, &csv).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].clone();
    let uuid = id.as_str().expect("an id");
    let events = store.get(&format!("{jobs}/import/{uuid}/events")).await.text;
    let first = format!("event: message\ndata: {{\"job_id\":{id},\"status\":\"complete\"");
    assert!(events.starts_with(&first) && events.contains("\"failed_items\":2"), "{events}");
    let job = store.ok(&format!("{jobs}/jobs?type=import")).await["data"][0].clone();
    assert_eq!((&job["id"], &job["status"]), (&id, &json!("complete")));
    assert_eq!((&job["completed_items"], &job["failed_items"]), (&json!(2), &json!(2)));
    assert_eq!((&job["errors"][0]["row"], &job["errors"][1]["row"]), (&json!(3), &json!(4)));
    let after = store.ok("/v3/storefront/redirects?limit=250&keyword=/old").await["data"].clone();
    let found = |path: &str| {
        after.as_array().expect("redirects").iter().find(|r| r["from_path"] == path).expect(path)["to"]
            .clone()
    };
    assert_eq!(found("/old"), json!({"type": "url", "url": "/new,er"}));
    assert_eq!(found("/old-product"), json!({"type": "product", "entity_id": product}));
    // The same file again changes the same redirects.
    import(&store, &csv).await;
    let total = store.ok("/v3/storefront/redirects?limit=1").await["meta"]["pagination"]["total"].as_i64();
    assert_eq!(total, before.map(|before| before + 2));

    let made = store
        .send(Method::POST, &format!("{jobs}/export"), &json!({"include_dynamic_target_urls": false}))
        .await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let events = store.ask(Method::GET, &format!("{jobs}/export/{id}/events"));
    let events = answer(events.header("Accept", "text/event-stream")).await;
    assert_eq!((events.status, events.header("content-type")), (200, "text/event-stream"));
    let told = events.text.strip_prefix("event: message\ndata: ").and_then(|text| text.strip_suffix("\n\n"));
    let told: serde_json::Value = serde_json::from_str(told.expect("a message")).expect("JSON");
    assert_eq!(
        told,
        json!({"job_id": id, "status": "complete", "completed_items": total, "total_items": total})
    );
    let file = store.get(&format!("{jobs}/export/{id}/download")).await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv"));
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!((lines[0], Some(lines.len() as i64)), (HEADS, total.map(|total| total + 1)));
    assert!(lines.contains(&"store.example.com,/old,\"/new,er\",,"), "{}", file.text);
    assert!(lines.contains(&format!("store.example.com,/old-product,,Product,{product}").as_str()));
    assert_eq!(store.get(&format!("{jobs}/import/{id}/events")).await.status, 404, "it is an export");
    assert_eq!(import(&store, "a,b\r\n1,2\r\n").await.status, 400);
    // An export of nothing is refused, and the last ones are kept.
    let export =
        async |body: &serde_json::Value| store.send(Method::POST, &format!("{jobs}/export"), body).await;
    assert_eq!(export(&json!({"redirect_ids": [999_999_999]})).await.status, 409);
    for _ in 0..9 {
        assert_eq!(export(&json!({})).await.status, 201);
    }
    let download = format!("{jobs}/export/{id}/download");
    assert_eq!(store.get(&download).await.status, 200);
    assert_eq!(export(&json!({})).await.status, 201);
    assert_eq!(store.get(&download).await.status, 404, "ten came after it");
    let none = store.send(Method::POST, &format!("{jobs}/import"), &json!({})).await;
    assert_eq!(none.status, 400);
    store.simulator.stop().await;
}
