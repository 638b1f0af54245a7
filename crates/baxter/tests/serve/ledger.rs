//! Orders in, ledger out: each paid order once, whatever fails and whoever is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baxter_testkit::{Exact, Random, Serving, TestBaxter, TestStore, assert_equal, assert_log_is_mirror};
use serde_json::{Value, json};

use crate::stub::Stub;
use crate::{number, settle, start};

const JOURNAL: &str = "books/bigcommerce.journal";
const BEANS: &str = "books/bigcommerce.beancount";
const ORDERS: u64 = 200;
const KILLS: u64 = 10;

/// Tries often and soon: the destination is to fail often, not long.
const RETRY: &str = r#"retry = { attempts = 100, base = "10ms", max = "100ms" }"#;

/// What counts as paid, as SQL over the mirror.
const PAID: &str =
    "status_id <> 0 and (status_id in (2, 3, 9, 10, 11) or payment_status in ('captured', 'paid'))";

/// Two ledgers in the folder that comes and goes, and an API.
fn write_flows(baxter: &TestBaxter, url: &str) {
    let recipes = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../recipes/ledger");
    let flows = baxter.folder().join("flows");
    std::fs::create_dir(&flows).expect("a folder for flows");
    for name in ["flow.toml", "beancount.toml"] {
        let recipe = std::fs::read_to_string(recipes.join(name)).expect("the recipe is there");
        std::fs::write(flows.join(name), format!("{RETRY}\n{recipe}")).expect("a flow");
    }
    let erp = format!(
        r#"{RETRY}
on = ["orders.created", "orders.updated"]
once = true
where = '''
.record | .status_id != 0
  and ((.status_id | IN(2, 3, 9, 10, 11)) or (.payment_status | IN("captured", "paid")))
'''
map = "{{ order: .record.id, total: .record.total_inc_tax }}"
[to]
type = "http"
url = "{url}"
"#
    );
    std::fs::write(flows.join("erp.toml"), erp).expect("a flow");
}

/// A folder that is there half of the time: a link that leads to it, or to a file instead. Permissions would not
/// stop a privileged user.
struct Flaky {
    link: PathBuf,
    aside: PathBuf,
}

impl Flaky {
    fn new(baxter: &TestBaxter) -> Self {
        let folder = baxter.folder();
        std::fs::create_dir(folder.join("books.there")).expect("a folder");
        std::fs::write(folder.join("books.gone"), "").expect("a file");
        let flaky = Flaky { link: folder.join("books"), aside: folder.join("books.next") };
        flaky.lead_to("books.there");
        flaky
    }

    /// In one step: there is no moment without a link.
    fn lead_to(&self, target: &str) {
        symlink(target, &self.aside).expect("a link can be made");
        std::fs::rename(&self.aside, &self.link).expect("a link can be moved");
    }

    /// Goes to and fro until told to stop, then is there for good.
    fn run(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            for target in ["books.gone", "books.there"] {
                self.lead_to(target);
                std::thread::sleep(Duration::from_millis(60));
            }
        }
    }
}

/// Orders as shops get them: guests and customers, one line or several, of the catalog or not, with and without tax,
/// shipping and discounts, paid, unpaid and abandoned.
struct Shop<'a> {
    store: &'a TestStore,
    random: Random,
    customers: Vec<u64>,
    variants: Vec<(u64, u64)>,
    made: Vec<u64>,
}

impl<'a> Shop<'a> {
    fn new(store: &'a TestStore, baxter: &TestBaxter) -> Self {
        let id = |row: &Value, name: &str| row[name].as_u64().expect("an id");
        let customers = baxter.query("select id from customers order by id limit 50");
        let variants = baxter.query("select id, product_id from variants order by id limit 100");
        Shop {
            store,
            random: Random::new(number("BAXTER_TEST_SEED", 5)),
            customers: customers.iter().map(|row| id(row, "id")).collect(),
            variants: variants.iter().map(|row| (id(row, "product_id"), id(row, "id"))).collect(),
            made: Vec::new(),
        }
    }

    /// An amount without tax and with it.
    fn price(&mut self, per_cent: u64) -> (String, String) {
        let cents = 100 + self.random.below(20_000);
        let tax = cents * per_cent / 100;
        let text = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        (text(cents), text(cents + tax))
    }

    fn order(&mut self) {
        let customer = match self.random.below(3) {
            0 => 0,
            _ => self.customers[self.random.below(self.customers.len() as u64) as usize],
        };
        let tax = [0, 5, 19][self.random.below(3) as usize];
        let lines: Vec<Value> = (0..=self.random.below(4))
            .map(|line| {
                let quantity = 1 + self.random.below(4);
                let (ex, inc) = self.price(tax);
                let (product, variant) = self.variants[self.random.below(self.variants.len() as u64) as usize];
                match self.random.below(4) {
                    0 => json!({ "name": format!("Engraving; {line} | \"x\" : 2026-01-01"), "quantity": quantity,
                                 "price_ex_tax": ex, "price_inc_tax": inc }),
                    1 => json!({ "product_id": product, "variant_id": variant, "quantity": quantity }),
                    _ => json!({ "product_id": product, "variant_id": variant, "quantity": quantity,
                                 "price_ex_tax": ex, "price_inc_tax": inc }),
                }
            })
            .collect();
        let status = [0, 1, 7, 2, 9, 10, 11, 11, 11, 3][self.random.below(10) as usize];
        let mut order = json!({
            "status_id": status, "customer_id": customer, "products": lines,
            "billing_address": {
                "first_name": "Zoë ; bc-order:1", "last_name": "O'Neil", "street_1": "1 Main Street",
                "city": "Austin", "state": "Texas", "zip": "78701", "country_iso2": "US",
                "email": "zoe@example.com",
            },
        });
        if self.random.below(2) == 0 {
            let (ex, inc) = self.price(tax);
            order["shipping_cost_ex_tax"] = json!(ex);
            order["shipping_cost_inc_tax"] = json!(inc);
        }
        if self.random.below(4) == 0 {
            order["discount_amount"] = json!("0.75");
        }
        let answer = self.store.ask("POST", "/v2/orders", Some(&order));
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        self.made.push(answer.json()["id"].as_u64().expect("an order has an id"));
    }

    /// Something happens to an order that was made before: it is paid, or shipped, or noted.
    fn touch(&mut self) {
        let order = self.made[self.random.below(self.made.len() as u64) as usize];
        let change = match self.random.below(3) {
            0 => json!({ "status_id": 11 }),
            1 => json!({ "status_id": 2 }),
            _ => json!({ "staff_notes": format!("seen {}", self.made.len()) }),
        };
        assert_eq!(self.store.ask("PUT", &format!("/v2/orders/{order}"), Some(&change)).status, 200);
    }
}

/// The ids of the orders that are paid, by the API.
fn paid(store: &TestStore) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let is_paid = |order: &Value| {
        let status = order["status_id"].as_u64().expect("a status");
        let by_payment = matches!(order["payment_status"].as_str(), Some("captured" | "paid"));
        status != 0 && (matches!(status, 2 | 3 | 9 | 10 | 11) || by_payment)
    };
    let (paid, unpaid): (Vec<_>, Vec<_>) = store.list_v2("/v2/orders").into_iter().partition(is_paid);
    let ids = |orders: Vec<Value>| orders.iter().map(|order| order["id"].as_u64().expect("an id")).collect();
    (ids(paid), ids(unpaid))
}

/// What the accounts of a journal come to.
fn balances(journal: &str) -> BTreeMap<String, Exact> {
    let mut amounts: BTreeMap<String, Vec<Exact>> = BTreeMap::new();
    for line in journal.lines().filter(|line| line.starts_with("    ")) {
        let (account, rest) = line.trim().split_once("  USD ").unwrap_or_else(|| panic!("no amount: {line}"));
        let amount = rest.split(' ').next().expect("an amount").parse().expect("a decimal");
        amounts.entry(account.to_owned()).or_default().push(amount);
    }
    amounts.into_iter().map(|(account, amounts)| (account, amounts.into_iter().sum())).collect()
}

/// A sum over the paid orders of the mirror.
fn mirrored(baxter: &TestBaxter, sum: &str) -> Exact {
    let rows = baxter.query(&format!("select decimal_sum({sum}) as sum from orders where {PAID}"));
    rows[0]["sum"].as_str().expect("a decimal").parse().expect("a decimal")
}

/// Runs a judge over a file, if it is on the machine; answers what it printed.
fn judged(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    if Command::new(program).arg("--version").output().is_err() {
        println!("skipped: {program} is not here");
        return None;
    }
    let output = match program {
        "hledger" => Command::new(program).arg("-f").arg(file).args(arguments).output(),
        _ => Command::new(program).args(arguments).arg(file).output(),
    };
    let output = output.expect("it ran a moment ago");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    Some(said)
}

#[test]
fn each_paid_order_stands_in_it_once() {
    let (store, baxter) = start(&["--products", "80", "--customers", "60", "--orders", "25"]);
    baxter.run(&["sync", "--quiet"]).success();
    let (flaky, stub) = (Flaky::new(&baxter), Stub::start(number("BAXTER_TEST_SEED", 4)));
    write_flows(&baxter, &stub.url());
    let port = baxter_testkit::free_port();
    let serving = Serving::start(&baxter, port, &[]);
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();

    let mut shop = Shop::new(&store, &baxter);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let going = scope.spawn(|| flaky.run(&stop));
        let mut serving = serving;
        for order in 0..ORDERS {
            shop.order();
            if order % 3 == 0 {
                shop.touch();
            }
            if order % (ORDERS / KILLS) == ORDERS / KILLS - 1 {
                // Not a wait for something to happen: the moment is to be anywhere in what follows the orders.
                std::thread::sleep(Duration::from_millis(200 + shop.random.below(700)));
                serving.kill();
                serving = Serving::start(&baxter, port, &[]);
            }
        }
        store.wait_until_all_is_told(Duration::from_secs(60));
        stop.store(true, Ordering::Relaxed);
        going.join().expect("the folder is there");
        settle(&baxter);
        serving.stop(&baxter);
    });

    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    let dead = baxter.run(&["flows", "dead", "-o", "json"]).success();
    assert_eq!(dead.json(), json!([]), "dead letters");
    let did = stub.done();
    assert!(did.failed * 3 > did.confirmed, "the API failed too seldom: {} of {}", did.failed, did.confirmed);
    assert_ne!(
        baxter.files_containing("could not write"),
        Vec::<String>::new(),
        "the folder failed too seldom"
    );

    let (paid, unpaid) = paid(&store);
    println!(
        "{} paid, {} not; the API took {}, failed {}",
        paid.len(),
        unpaid.len(),
        did.taken.len(),
        did.failed
    );
    assert!(paid.len() > 100 && unpaid.len() > 20, "{} paid, {} not", paid.len(), unpaid.len());
    let read = |path: &str| std::fs::read_to_string(baxter.folder().join(path)).expect("a ledger");
    let (journal, beans) = (read(JOURNAL), read(BEANS));
    for (order, times) in paid.iter().map(|order| (order, 1)).chain(unpaid.iter().map(|order| (order, 0))) {
        assert_eq!(journal.matches(&format!("; bc-order:{order}\n")).count(), times, "order {order}");
        assert_eq!(beans.matches(&format!(" ^bc-order-{order}\n")).count(), times, "order {order}");
    }
    // The API was told at least once, and can tell that it was one and the same message.
    let mut told: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for (key, body) in &did.taken {
        let body: Value = serde_json::from_str(body).expect("a message is JSON");
        told.entry(key.clone()).or_default().insert(body["order"].as_u64().expect("an order"));
    }
    let expected: BTreeMap<_, _> =
        paid.iter().map(|id| (format!("{}:erp:orders:{id}", store.hash()), BTreeSet::from([*id]))).collect();
    assert_eq!(told, expected);

    let balances = balances(&journal);
    let zero = Exact::default();
    let balance = |account: &str| balances.get(account).copied().unwrap_or(zero);
    let vouchers = "decimal_add(store_credit_amount, gift_certificate_amount)";
    let card = mirrored(&baxter, &format!("decimal_sub(total_inc_tax, {vouchers})"));
    assert_eq!(balance("assets:clearing:card"), card, "what the ledger and the mirror say was paid by card");
    assert_eq!(
        [balance("assets:clearing:card"), mirrored(&baxter, vouchers)].into_iter().sum::<Exact>(),
        mirrored(&baxter, "total_inc_tax")
    );
    assert_eq!(
        [balance("liabilities:sales tax"), mirrored(&baxter, "total_tax")].into_iter().sum::<Exact>(),
        zero
    );
    assert_eq!(balances.values().copied().sum::<Exact>(), zero);

    judged("hledger", &["check", "--strict"], &baxter.folder().join(JOURNAL));
    if let Some(said) =
        judged("hledger", &["balance", "-N", "assets:clearing:card"], &baxter.folder().join(JOURNAL))
    {
        let amount = said.split_whitespace().nth(1).expect("an amount").replace(',', "");
        assert_eq!(amount.parse::<Exact>().expect("a decimal"), card, "{said}");
    }
    judged("bean-check", &[], &baxter.folder().join(BEANS));
}
