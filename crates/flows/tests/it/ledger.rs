//! The recipe for a plain-text ledger: balanced to the cent, each paid order once, and what disagrees with itself
//! refused. hledger, bean-check and an independent implementation of the same rules are the judges where they are
//! on the machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use baxter_flows::{Flow, flow};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::kit::{World, has, shared};

fn recipe(world: &World, name: &str) -> Flow {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../recipes/ledger").join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    flow::parse(&file, &text, world.dir.path()).unwrap_or_else(|problems| panic!("{problems}"))
}

const JOURNAL: &str = "books/bigcommerce.journal";
const BEANS: &str = "books/bigcommerce.beancount";

/// The worked example: three tees and a mug with a coupon, paid by credit, certificate and card.
fn example() -> Value {
    let line = |id: i64, sku: &str, quantity: i64, price: &str, total: &str, tax: &str, charged: &str| {
        json!({
            "id": id, "order_id": 100_123, "sku": sku, "type": "physical", "quantity": quantity,
            "price_ex_tax": price, "total_ex_tax": total, "total_tax": tax, "discounted_total_inc_tax": charged,
        })
    };
    json!({
        "id": 100_123, "date_created": "Mon, 23 Nov 2026 03:21:00 +0000", "status_id": 11,
        "payment_status": "captured", "currency_code": "USD", "is_tax_inclusive_pricing": false,
        "subtotal_ex_tax": "84.8000", "subtotal_inc_tax": "91.8000",
        "shipping_cost_ex_tax": "9.9900", "shipping_cost_inc_tax": "10.8100", "shipping_cost_tax": "0.8200",
        "handling_cost_ex_tax": "0.0000", "wrapping_cost_ex_tax": "0.0000", "fees": [],
        "discount_amount": "0.0000", "coupon_discount": "10.0000",
        "total_ex_tax": "84.7900", "total_tax": "6.9900", "total_inc_tax": "91.7800",
        "store_credit_amount": "15.0000", "gift_certificate_amount": "20.0000",
        "billing_address": {"first_name": "Jane", "last_name": "Doe"},
        "consignments": {"shipping": [{"id": 1, "line_items": [
            line(501, "TEE-BLK-M", 3, "24.9500", "74.8500", "5.4500", "71.4700"),
            line(502, "MUG-01", 1, "9.9500", "9.9500", "0.7200", "9.5000"),
        ]}]},
    })
}

/// The specification's own example of a store whose prices include tax, whose amounts are no whole cents.
fn with_tax() -> Value {
    json!({
        "id": 218, "date_created": "Tue, 24 Nov 2026 09:00:00 +0000", "status_id": 1, "payment_status": "paid",
        "currency_code": "USD", "is_tax_inclusive_pricing": true,
        "shipping_cost_ex_tax": "11.0900", "shipping_cost_inc_tax": "12.0000",
        "discount_amount": "5.0000", "coupon_discount": "5.0000",
        "total_ex_tax": "64.5300", "total_tax": "5.3100", "total_inc_tax": "69.8400",
        "billing_address": {"first_name": "Zoë; [2026-99-99] date:never", "last_name": "O\nNeil | x"},
        "consignments": {"shipping": [{"id": 2, "line_items": [{
            "id": 601, "order_id": 218, "sku": "date:[x]", "type": "physical", "quantity": 1,
            "total_ex_tax": "62.6793", "total_inc_tax": "67.8400", "discounted_total_inc_tax": "57.8400",
        }]}]},
    })
}

/// What is wrong with an order.
type Damage<'a> = &'a dyn Fn(&mut Value);

fn judged_by_hledger(path: &Path) {
    if !has("hledger") {
        println!("skipped: hledger is not installed");
        return;
    }
    let output = Command::new("hledger").arg("-f").arg(path).args(["check", "--strict"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn judged_by_beancount(path: &Path) {
    if !has("bean-check") {
        println!("skipped: bean-check is not installed");
        return;
    }
    let output = Command::new("bean-check").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Balances by account, of postings such as `    income:sales  USD -74.85  ; 3 x TEE`.
fn balances(journal: &str) -> BTreeMap<String, Decimal> {
    let mut balances = BTreeMap::new();
    for line in journal.lines().filter(|line| line.starts_with("    ")) {
        let (account, amount) = line.trim().split_once("  USD ").unwrap();
        let amount = amount.split("  ;").next().unwrap();
        *balances.entry(account.to_owned()).or_default() += amount.parse::<Decimal>().unwrap();
    }
    balances
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worked_example_comes_out_as_it_was_worked() {
    let world = World::new();
    world.put("orders", &[example().to_string(), with_tax().to_string()]).await;
    let running = world.run(vec![recipe(&world, "flow.toml"), recipe(&world, "beancount.toml")]);
    running.settled().await;
    assert_eq!(running.dead_letters().await, []);
    running.stop().await;

    let journal = world.text(JOURNAL);
    let entries = &journal[journal.find("\n\n2026").unwrap()..];
    assert_eq!(
        entries,
        "\n
2026-11-23 * (BC-100123) Jane Doe | BigCommerce order 100123  ; bc-order:100123
    income:sales  USD -74.85  ; 3 x TEE-BLK-M
    income:sales  USD -9.95  ; 1 x MUG-01
    income:discounts  USD 10.00
    income:shipping  USD -9.99
    liabilities:sales tax  USD -6.99
    liabilities:store credit  USD 15.00
    liabilities:gift certificates  USD 20.00
    assets:clearing:card  USD 56.78

2026-11-24 * (BC-218) Zoë 2026-99-99 date never O Neil x | BigCommerce order 218  ; bc-order:218
    income:sales  USD -62.68  ; 1 x date x
    income:discounts  USD 9.24
    income:shipping  USD -11.09
    liabilities:sales tax  USD -5.31
    assets:clearing:card  USD 69.84
"
    );
    judged_by_hledger(&world.path(JOURNAL));
    judged_by_beancount(&world.path(BEANS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_does_not_agree_with_itself_is_refused() {
    let world = World::new();
    let damaged = |id: i64, change: Damage| {
        let mut order = example();
        order["id"] = json!(id);
        for line in order["consignments"]["shipping"][0]["line_items"].as_array_mut().unwrap() {
            line["id"] = json!(line["id"].as_i64().unwrap() + id * 1_000);
        }
        change(&mut order);
        order.to_string()
    };
    let cases: [(&str, Damage); 9] = [
        ("missing from the total is not the discounts", &|o| o["coupon_discount"] = json!("9.0000")),
        ("is not the tax", &|o| o["total_tax"] = json!("7.0000")),
        ("are not the total", &|o| {
            o["consignments"]["shipping"][0]["line_items"][0]["discounted_total_inc_tax"] = json!("71.4600");
        }),
        ("are not the total", &|o| {
            o["consignments"]["shipping"][0]["line_items"].as_array_mut().unwrap().pop();
        }),
        ("has no lines", &|o| o["consignments"] = json!({"shipping": []})),
        ("more than the total", &|o| o["store_credit_amount"] = json!("80.0000")),
        ("no whole number of cents", &|o| o["gift_certificate_amount"] = json!("20.0050")),
        ("no account is kept in EUR", &|o| o["currency_code"] = json!("EUR")),
        ("is no decimal number", &|o| o["total_inc_tax"] = json!("91,78")),
    ];
    let orders: Vec<String> =
        cases.iter().enumerate().map(|(i, (_, change))| damaged(i as i64 + 1, change)).collect();
    world.put("orders", &orders).await;
    let unpaid = [
        damaged(50, &|o| o["status_id"] = json!(0)),
        damaged(51, &|o| {
            o["status_id"] = json!(7);
            o["payment_status"] = json!("authorized");
        }),
    ];
    world.put("orders", &unpaid).await;

    let running = world.run(vec![recipe(&world, "flow.toml")]);
    running.settled().await;
    let dead = running.dead_letters().await;
    assert_eq!(dead.len(), cases.len());
    for (letter, (reason, _)) in dead.iter().zip(&cases) {
        assert!(letter.error.contains(reason), "{}: {}", letter.key, letter.error);
    }
    assert_eq!(world.text(JOURNAL), "", "nothing was posted");

    // One of them is put right in the store, and is posted then, once.
    world.put("orders", &[damaged(1, &|_| {})]).await;
    world.put("orders", &[damaged(1, &|o| o["staff_notes"] = json!("later"))]).await;
    running.settled().await;
    assert_eq!(running.dead_letters().await.len(), cases.len() - 1);
    assert_eq!(world.text(JOURNAL).matches("bc-order:").count(), 1);
    running.stop().await;
}

/// Orders of a generated store, as the API lists them.
async fn generated(orders: u64) -> Vec<Value> {
    let options = storesim::Options { products: 200, customers: 100, orders, ..Default::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = storesim::start(options, listener).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let mut all = Vec::new();
    for page in 1.. {
        let url = format!("{}/stores/simstore/v2/orders", store.url());
        let page = [("page", page.to_string()), ("limit", "100".to_owned())];
        let include =
            [("include", "consignments,consignments.line_items,fees"), ("consignment_structure", "object")];
        let request = client.get(url).query(&page).query(&include).header("x-auth-token", "simtoken");
        let mut answer = request.header("accept", "application/json").send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.unwrap() {
            body.extend_from_slice(&chunk);
        }
        if body.is_empty() {
            break;
        }
        all.extend(serde_json::from_slice::<Vec<Value>>(&body).unwrap());
    }
    store.stop().await;
    all
}

fn is_paid(order: &Value) -> bool {
    let status = order["status_id"].as_i64().unwrap();
    let by_payment = matches!(order["payment_status"].as_str(), Some("captured" | "paid"));
    status != 0 && (matches!(status, 2 | 3 | 9 | 10 | 11) || by_payment)
}

fn amount(order: &Value, name: &str) -> Decimal {
    order[name].as_str().unwrap_or("0").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_orders_balance_and_agree_with_an_independent_mapping() {
    let orders = generated(400).await;
    assert_eq!(orders.len(), 400);
    let world = World::new();
    let texts: Vec<String> = orders.iter().map(Value::to_string).collect();
    for part in texts.chunks(100) {
        world.put("orders", part).await;
    }
    let running = world.run(vec![recipe(&world, "flow.toml"), recipe(&world, "beancount.toml")]);
    running.settled().await;
    assert_eq!(running.dead_letters().await, []);
    running.stop().await;

    let journal = world.text(JOURNAL);
    let paid: Vec<&Value> = orders.iter().filter(|order| is_paid(order)).collect();
    for order in &orders {
        let posted = journal.matches(&format!("bc-order:{}\n", order["id"])).count();
        assert_eq!(posted, usize::from(is_paid(order)), "order {}", order["id"]);
    }
    let balances = balances(&journal);
    let sum = |name: &str| paid.iter().map(|order| amount(order, name)).sum::<Decimal>();
    let vouchers = sum("store_credit_amount") + sum("gift_certificate_amount");
    assert_eq!(balances["assets:clearing:card"], sum("total_inc_tax") - vouchers);
    assert_eq!(balances["liabilities:sales tax"], -sum("total_tax"));
    assert_eq!(balances.values().sum::<Decimal>(), Decimal::ZERO);
    judged_by_hledger(&world.path(JOURNAL));
    judged_by_beancount(&world.path(BEANS));

    let compared = compare(&world, &journal, &paid);
    println!("{} paid orders, {compared} compared with the independent mapping", paid.len());
}

/// Runs a script with each of the files that follow it.
const ONE_BY_ONE: &str = "
import runpy, sys
script, files = sys.argv[1], sys.argv[2:]
for file in files:
    print('== next')
    sys.argv = [script, file]
    runpy.run_path(script)
";

/// Compares entries with those of the independent mapping, order by order; answers how many.
fn compare(world: &World, journal: &str, paid: &[&Value]) -> usize {
    let oracle = shared().map(|dir| dir.join("partners/scripts/oracle.py")).filter(|path| path.is_file());
    let Some(oracle) = oracle.filter(|_| has("python3")) else {
        println!("skipped: the independent mapping or python3 is not here");
        return 0;
    };
    // It knows prices without tax, and shipping as the only other charge.
    let simple = |order: &Value| {
        let none = |name: &str| amount(order, name).is_zero();
        order["is_tax_inclusive_pricing"] == false
            && none("handling_cost_ex_tax")
            && none("wrapping_cost_ex_tax")
            && order["fees"].as_array().is_none_or(Vec::is_empty)
    };
    let orders: Vec<&&Value> = paid.iter().filter(|order| simple(order)).collect();
    let mut command = Command::new("python3");
    command.args(["-c", ONE_BY_ONE]).arg(&oracle);
    for order in &orders {
        let file = world.path(&format!("order-{}.json", order["id"]));
        std::fs::write(&file, for_oracle(order).to_string()).unwrap();
        command.arg(file);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let mut compared = 0;
    for (order, theirs) in orders.iter().zip(output.split("== next\n").skip(1)) {
        let theirs = beans(theirs);
        let tag = format!("bc-order:{}\n", order["id"]);
        let entry = &journal[journal.find(&tag).unwrap() + tag.len()..];
        let entry = entry.split("\n\n").next().unwrap();
        let mut ours = BTreeMap::<&str, Decimal>::new();
        for (account, amount) in balances(entry) {
            let account = match account.as_str() {
                "income:sales" => "Income:Sales",
                "income:discounts" => "Income:Discounts",
                "income:shipping" => "Income:Shipping",
                "liabilities:sales tax" => "Liabilities:SalesTax",
                "liabilities:store credit" => "Liabilities:StoreCredit",
                "liabilities:gift certificates" => "Liabilities:GiftCertificates",
                "assets:clearing:card" => "Assets:Clearing",
                other => panic!("order {}: {other}", order["id"]),
            };
            *ours.entry(account).or_default() += amount;
        }
        let ours: BTreeMap<String, Decimal> =
            ours.into_iter().map(|(account, amount)| (account.to_owned(), amount)).collect();
        assert_eq!(ours, theirs, "order {}", order["id"]);
        compared += 1;
    }
    assert!(compared > 20, "too few orders to compare");
    compared
}

/// The order with the taxes and transactions that its sums imply.
fn for_oracle(order: &Value) -> Value {
    let mut products = Vec::new();
    lines(&order["consignments"], &mut products);
    let card = amount(order, "total_inc_tax")
        - amount(order, "store_credit_amount")
        - amount(order, "gift_certificate_amount");
    let transaction = |gateway: &str, amount: Decimal| json!({"status": "ok", "event": "purchase", "gateway": gateway, "amount": amount.to_string()});
    let mut order = order.clone();
    if !order["fees"].is_array() {
        order["fees"] = json!([]);
    }
    json!({
        "products": products,
        "taxes": [{"line_amount": order["total_tax"]}],
        "transactions": [
            transaction("storecredit", amount(&order, "store_credit_amount")),
            transaction("giftcertificate", amount(&order, "gift_certificate_amount")),
            transaction("braintree", card),
        ],
        "refunds": [],
        "order": order,
    })
}

/// Every entry of every `line_items` in it.
fn lines(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| lines(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Array(items) if name == "line_items" => found.extend(items.iter().cloned()),
                    Value::Object(_) if name == "line_items" => found.push(value.clone()),
                    _ => lines(value, found),
                }
            }
        }
        _ => {}
    }
}

/// Balances by account, of postings in beancount's form.
fn beans(text: &str) -> BTreeMap<String, Decimal> {
    let mut balances = BTreeMap::<String, Decimal>::new();
    for line in text.lines().filter(|line| line.starts_with("  ")) {
        let mut words = line.split_whitespace();
        let (account, amount) = (words.next().unwrap(), words.next().unwrap());
        *balances.entry(account.to_owned()).or_default() += amount.parse::<Decimal>().unwrap();
    }
    balances
}
