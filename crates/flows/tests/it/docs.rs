//! The reference shows flows that load and do what is said of them.

use std::path::{Path, PathBuf};

use baxter_flows::check::{check, sample};
use baxter_flows::{Flow, Verdict, flow};

use crate::kit::{STORE, World};

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flows.md");
    std::fs::read_to_string(page).unwrap()
}

/// The flows that the page shows.
fn shown(world: &World) -> Vec<Flow> {
    std::fs::create_dir_all(world.path("secrets")).unwrap();
    std::fs::write(world.path("secrets/erp-token"), "x\n").unwrap();
    let page = page();
    let blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let parse = |text| flow::parse(&PathBuf::from("flows/paid-orders.toml"), text, world.dir.path());
    blocks.map(|text| parse(text).unwrap_or_else(|problems| panic!("{problems}"))).collect()
}

#[test]
fn every_member_that_a_file_may_have_is_explained() {
    let text = "on = [\"orders\"]\nto = { type = \"file\", path = \"x\", x = 1 }\n";
    let other = "x = 1\non = [\"orders\"]\nto = { type = \"file\", path = \"x\" }\n";
    let page = page();
    for text in [text, other] {
        let problems = flow::parse(Path::new("x.toml"), text, Path::new("")).unwrap_err();
        let allowed = problems.0[0].what.split_once("expected one of ").unwrap().1;
        for member in allowed.split(", ") {
            assert!(page.contains(&format!("| {member} |")), "{member} is not explained");
        }
    }
}

#[tokio::test]
async fn the_example_is_checked_on_a_sample_of_the_mirror() {
    let world = World::new();
    let flow = shown(&world).remove(0);
    assert!(sample(&flow, &world.data(), None).unwrap().is_none());
    let order = r#"{"id":5,"status_id":11,"payment_status":"paid","customer_id":7,
        "total_inc_tax":"10.8200","total_tax":"0.8200",
        "consignments":{"shipping":[{"id":1,"line_items":[{"id":9,"sku":"A","quantity":2,"total_ex_tax":"10.0000"}]}]}}"#;
    world.put("customers", &[r#"{"id":7,"email":"jane@example.com"}"#.to_owned()]).await;
    world.put("orders", &[order.to_owned(), order.replace("\"id\":5", "\"id\":6").replace("paid", "")]).await;

    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let verdict = |key: Option<&str>| {
        let (entry, record) = sample(&flow, &world.data(), key).unwrap().unwrap();
        check(&flow, &entry, record.as_deref(), STORE, now, Some(&world.data())).unwrap()
    };
    let expected = r#"{"order":5,"total":"10.8200","net":"10.0000","lines":[{"sku":"A","quantity":2,"total":"10.0000"}],"customer":"jane@example.com"}"#;
    assert_eq!(verdict(Some("5")), Verdict::Deliver(vec![expected.to_owned()]));
    assert_eq!(verdict(None), Verdict::Skip, "the newest change is of the order that is not paid");
}
