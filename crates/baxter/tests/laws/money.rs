//! Law 9: money is never a float; decimal text from the API stays decimal to the last digit.

use baxter_testkit::Exact;
use serde_json::Value;

use crate::start;

#[test]
fn law_9_sums_agree_to_the_last_digit() {
    let (store, baxter) = start(&["--orders", "700", "--seed", "9"]);
    baxter.run(&["sync"]).success();
    let orders = store.list_v2("/v2/orders");
    let orders: Vec<&Value> = orders.iter().filter(|order| order["is_deleted"] != true).collect();
    assert!(orders.len() > 500, "{} orders are too few", orders.len());
    for column in ["total_inc_tax", "total_ex_tax", "subtotal_inc_tax", "total_tax", "shipping_cost_inc_tax"]
    {
        let given: Exact =
            orders.iter().map(|order| decimal(order[column].as_str().expect("V2 sends decimal text"))).sum();
        let rows = baxter.query(&format!("select count(*) as n, decimal_sum({column}) as total from orders"));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["n"], orders.len());
        let total =
            rows[0]["total"].as_str().unwrap_or_else(|| panic!("{column}: a sum is text: {}", rows[0]));
        assert_eq!(decimal(total), given, "{column}");
    }
}

#[test]
fn the_query_of_the_first_page_works_as_typed() {
    let (_store, baxter) = start(&[]);
    baxter.run(&["sync", "orders"]).success();
    let rows = baxter.query("select count(*), decimal_sum(total_inc_tax) from orders");
    let row = rows[0].as_object().expect("a row is an object");
    assert_eq!(row.len(), 2, "{row:?}");
    let sum = row.values().find_map(Value::as_str).expect("the sum is text");
    assert!(decimal(sum) > decimal("0"));
}

#[test]
fn columns_hold_the_digits_that_were_sent() {
    let (_store, baxter) = start(&[]);
    baxter.run(&["sync", "products", "orders"]).success();
    let wrong = baxter.query(
        "select id, price, raw from products \
         where typeof(price) <> 'text' or instr(raw, '\"price\":' || price) = 0 limit 3",
    );
    assert_eq!(wrong, Vec::<Value>::new());
    let wrong = baxter.query(
        "select id, total_inc_tax, raw from orders \
         where typeof(total_inc_tax) <> 'text' or instr(raw, '\"total_inc_tax\":\"' || total_inc_tax || '\"') = 0 \
         limit 3",
    );
    assert_eq!(wrong, Vec::<Value>::new());
}

#[test]
fn comparison_is_by_value_and_exact() {
    let (_store, baxter) = start(&["--orders", "1", "--products", "5", "--customers", "5"]);
    baxter.run(&["sync", "store"]).success();
    let rows = baxter.query(
        "select decimal_cmp('1.10', '1.1') as same, decimal_cmp('9.99', '10.00') as less, \
         decimal_cmp('0.30000000000000000001', '0.3') as more, decimal_cmp('-2', '-10') as above",
    );
    assert_eq!(rows, [serde_json::json!({ "same": 0, "less": -1, "more": 1, "above": 1 })]);
}

fn decimal(text: &str) -> Exact {
    text.parse().unwrap_or_else(|error: String| panic!("{error}"))
}
