use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::desired;

fn read(csv: &str) -> Vec<Row<Stock>> {
    desired::inventory(csv.as_bytes(), "stock.csv").unwrap()
}

fn item(sku: &str, product_id: i64, variant_id: Option<i64>, levels: &[(i64, i64)]) -> Item {
    Item { sku: sku.into(), product_id, variant_id, levels: levels.iter().copied().collect() }
}

fn view(items: Vec<Item>, locations: &[i64]) -> StockView {
    let mut view = StockView { locations: locations.iter().copied().collect(), ..StockView::default() };
    for item in items {
        view.items.entry(folded(&item.sku)).or_default().push(item);
    }
    view
}

fn plan(draft: Draft) -> Plan {
    let naming = Naming { id: Uuid::nil(), made_at: Timestamp::UNIX_EPOCH, source: "stock.csv".into() };
    Plan::new(Kind::Inventory, naming, "abc".into(), 12, draft)
}

fn small() -> StockView {
    let mut view = view(
        vec![
            item("MUG-RED", 10, Some(100), &[(1, 5), (2, 7)]),
            item("MUG-BLUE", 10, Some(101), &[(1, 3)]),
            item("BOX", 11, None, &[(1, 9)]),
            item("TWIN", 12, Some(102), &[(1, 1)]),
            item("TWIN", 13, None, &[(1, 1)]),
            item("case", 14, Some(103), &[(1, 1)]),
            item("CASE", 15, Some(104), &[(1, 2)]),
        ],
        &[1, 2],
    );
    view.untracked.insert("gift".into());
    view.similar.insert("mug-rde".into(), "MUG-RED".into());
    view
}

#[test]
fn every_row_is_planned_or_refused_with_its_reason() {
    let rows = read(
        "sku,quantity,location_id\n\
         mug-red,6,\n\
         MUG-BLUE,3,1\n\
         MUG-BLUE,4,2\n\
         BOX,0,1\n\
         TWIN,2,\n\
         CASE,2,\n\
         CaSe,2,\n\
         mug-rde,1,\n\
         gift,1,\n\
         \"\u{1b}[2J\",1,\n\
         BOX,x,\n\
         BOX,1,7\n\
         MUG-RED,8,2\n\
         MUG-red,9,2\n",
    );
    insta::assert_snapshot!(plan(compare(&rows, &small())).text(3), @r#"
    inventory of stock.csv for store abc
    0 to create, 3 to update, 0 to delete, 2 unchanged, 9 refused
    stock of the changed rows: 14 -> 10
    warning: 9 of 14 rows are refused

    update:
      line 2  mug-red  location 1  quantity 5 -> 6
      line 4  MUG-BLUE  location 2  quantity nothing -> 4
      line 5  BOX  location 1  quantity 9 -> 0

    refused:
      line 6  TWIN  2 items have this SKU: variant 102, product 13
      line 8  CaSe  2 items have this SKU: variant 103, variant 104
      line 9  mug-rde  no item has this SKU; did you mean `MUG-RED`?
      and 6 more
    "#);
    let reasons: Vec<String> =
        compare(&rows, &small()).refused.iter().skip(3).map(|refused| refused.reason.clone()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    the store does not keep stock of this SKU
    no item has this SKU
    quantity: `x` is no whole number from 0 to 2147483647
    location 7 is unknown; known are 1, 2
    line 14 and line 15 are the same item at location 2
    line 15 and line 14 are the same item at location 2
    ");
}

#[test]
fn the_json_form_is_stable() {
    let rows = read("sku,quantity\nMUG-RED,6\nBOX,8\nnone,1\n");
    insta::assert_snapshot!(plan(compare(&rows, &small())).to_json(), @r#"
    {
      "version": 1,
      "id": "00000000-0000-0000-0000-000000000000",
      "kind": "inventory",
      "store_hash": "abc",
      "made_at": "1970-01-01T00:00:00Z",
      "mirror_seq": 12,
      "source": "stock.csv",
      "warnings": [],
      "creates": [],
      "updates": [
        {
          "line": 2,
          "key": "MUG-RED",
          "product_id": 10,
          "variant_id": 100,
          "location_id": 1,
          "before": {
            "quantity": 5
          },
          "after": {
            "quantity": 6
          }
        },
        {
          "line": 3,
          "key": "BOX",
          "product_id": 11,
          "variant_id": null,
          "location_id": 1,
          "before": {
            "quantity": 9
          },
          "after": {
            "quantity": 8
          }
        }
      ],
      "deletes": [],
      "unchanged": 0,
      "refused": [
        {
          "line": 4,
          "key": "none",
          "reason": "no item has this SKU"
        }
      ]
    }
    "#);
}

#[test]
fn the_default_location_is_the_first_or_the_only_one() {
    let refused = |locations: &[i64]| {
        let view = view(vec![item("A", 1, Some(2), &[])], locations);
        let draft = compare(&read("sku,quantity\nA,1\n"), &view);
        match draft.updates.first() {
            Some(update) => format!("{:?}", update.target.location_id()),
            None => draft.refused[0].reason.clone(),
        }
    };
    assert_eq!(refused(&[1, 2]), "Some(1)");
    assert_eq!(refused(&[7]), "Some(7)");
    assert_eq!(refused(&[2, 3]), "the row names no location and there are several: 2, 3");
    assert_eq!(refused(&[]), "the mirror knows no location");
}

#[test]
fn a_plan_that_looks_like_a_mistake_warns() {
    let items = (0..6).map(|i| item(&format!("S{i}"), i, Some(i), &[(1, 10)])).collect();
    let rows = read("sku,quantity\nS0,0\nS1,0\nS2,0\nS3,0\nS4,9\n");
    insta::assert_snapshot!(compare(&rows, &view(items, &[1])).warnings.join("\n"), @r"
    4 of 5 rows set the stock to zero
    the changed rows together fall by more than half, from 50 to 9
    ");
}

proptest! {
    #[test]
    fn what_is_planned_and_written_leaves_nothing_to_do(
        stock in prop::collection::vec(prop::option::of(0_i64..4), 12),
        wanted in prop::collection::vec((0_usize..8, 0_i64..4, prop::option::of(1_i64..4)), 0..20),
    ) {
        // Item 0 to 5 at locations 1 and 2; SKUs 6 and 7 and location 3 are unknown.
        let items = (0..6).map(|i| {
            let levels: Vec<(i64, i64)> =
                (0..2).filter_map(|l| Some((l as i64 + 1, stock[i * 2 + l]?))).collect();
            item(&format!("S{i}"), i as i64 + 1, (i % 2 == 0).then_some(i as i64 + 50), &levels)
        });
        let mut view = view(items.collect(), &[1, 2]);
        let rows: Vec<Row<Stock>> = wanted.iter().enumerate().map(|(i, (sku, quantity, location_id))| Row {
            line: i as u64 + 2,
            key: format!("s{sku}"),
            wanted: Ok(Stock { quantity: *quantity, location_id: *location_id }),
        }).collect();
        let first = compare(&rows, &view);
        prop_assert_eq!(first.updates.len() + first.refused.len() + first.unchanged as usize, rows.len());
        for update in &first.updates {
            let Target::Stock { location_id, .. } = update.target else { unreachable!() };
            let item = &mut view.items.get_mut(&folded(&update.key)).unwrap()[0];
            prop_assert_eq!(&update.before, &quantity(item.levels.get(&location_id).copied()));
            item.levels.insert(location_id, update.after["quantity"].as_i64().unwrap());
        }
        let second = compare(&rows, &view);
        prop_assert_eq!(second.updates, []);
        prop_assert_eq!(second.refused, first.refused);
    }
}
