use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::plan::{Draft, Naming, Update};

fn plan() -> Plan {
    let update = Update {
        line: 2,
        key: "A".into(),
        target: Target::Stock { product_id: 1, variant_id: None, location_id: 1 },
        before: crate::fields::quantity(None),
        after: crate::fields::quantity(Some(2)),
    };
    let naming = Naming { id: Uuid::from_u128(1), made_at: Timestamp::UNIX_EPOCH, source: "s.csv".into() };
    let draft = Draft { updates: vec![update], ..Draft::default() };
    Plan::new(Kind::Inventory, naming, "abc".into(), 3, draft)
}

#[test]
fn a_plan_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.json");
    plan().save(&path).unwrap();
    plan().save(&path).unwrap();
    assert_eq!(Plan::load(&path).unwrap(), plan());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    assert!(plan().save(&dir.path().join("none/plan.json")).is_err());
}

#[test]
fn a_plan_that_could_not_have_been_made_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.json");
    let reason = |edit: &dyn Fn(&mut Value)| {
        let mut json: Value = serde_json::from_str(&plan().to_json()).unwrap();
        edit(&mut json);
        fs::write(&path, json.to_string()).unwrap();
        match Plan::load(&path).unwrap_err() {
            Error::NoPlan { reason, .. } => reason,
            other => panic!("{other}"),
        }
    };
    let reasons = [
        reason(&|plan| plan["version"] = json!(2)),
        reason(&|plan| plan["updates"][0]["after"]["quantity"] = json!(-1)),
        reason(&|plan| plan["updates"][0]["after"]["quantity"] = json!(1.5)),
        reason(&|plan| plan["updates"][0]["before"] = json!({})),
        reason(&|plan| plan["kind"] = json!("customers")),
        reason(&|plan| plan["creates"] = json!([{"line": 3, "key": "B", "after": {"quantity": 1}}])),
        reason(&|plan| plan["deletes"] = json!([{"key": "B", "customer_id": 1, "before": {}}])),
        reason(&|plan| {
            plan["kind"] = json!("customers");
            plan["updates"][0] =
                json!({"line": 1, "key": "a", "customer_id": 1, "before": {"id": 1}, "after": {"id": 2}});
        }),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @r"
    its version is 2, this Baxter knows version 1
    the update of line 2: `quantity` alone is written, a whole number from 0 to 2147483647
    the update of line 2: `quantity` alone is written, a whole number from 0 to 2147483647
    the update of line 2: `before` and `after` have to hold the same fields, at least one
    the update of line 2: it is no record of customers
    the create of line 3: items are not created by stock
    it deletes records, which cannot be applied
    the update of line 1: `id` is no field of a customer that is written
    ");
    fs::write(&path, "sku,quantity").unwrap();
    assert!(matches!(Plan::load(&path), Err(Error::NoPlan { .. })));
}
