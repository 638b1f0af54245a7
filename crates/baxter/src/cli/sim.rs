//! `baxter sim`: a simulated store to develop against.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use storesim::{Callbacks, Client, Options, Plan, Quota, Readings};
use tokio::net::TcpListener;

use super::{Context, ready};
use crate::failure::{Code, Failure};
use crate::settings::{GlobalArgs, SecretArg};

/// Products, customers and orders of a store that nobody described further.
const PRODUCTS: u64 = 200;
const CUSTOMERS: u64 = 100;
const ORDERS: u64 = 200;

/// Run a simulated BigCommerce store
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The store is at http://127.0.0.1:PORT/stores/HASH/v3/… and answers to its token only.\n\
    --store-hash [default: simstore] and --token [default: simtoken] set what it answers to.\n\
    It runs until Ctrl-C.\n\n\
    Examples:\n  \
    baxter sim --port 8080\n  \
    baxter sim --products 5000 --orders 20000 --plan standard --latency 80ms\n  \
    baxter sim --import ./store --ready-file /tmp/ready &"
)]
pub struct Args {
    /// Port to listen on; 0 lets the system choose
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Allow an address that other machines can reach
    #[arg(long)]
    listen_anywhere: bool,
    /// Client id of the API account [default: simclient]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Client secret of the API account [default: simsecret]
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<String>,
    /// Scopes of the token, such as store_v2_products_read_only [default: all]
    #[arg(long, value_delimiter = ',', value_parser = storesim::scope, value_name = "SCOPE,…")]
    scopes: Vec<String>,
    /// Code that the API account's app may exchange at /oauth2/token any number of times
    #[arg(long = "auth-code", value_name = "CODE")]
    auth_codes: Vec<String>,
    /// Where the app is told: auth, load, uninstall or remove_user; may be repeated
    #[arg(long = "callback", value_name = "NAME=URL")]
    callbacks: Vec<String>,
    /// Another API account, also ID:SECRET (not installed yet) or ID:SECRET:TOKEN:SCOPE+SCOPE
    #[arg(long = "client", value_name = "ID:SECRET:TOKEN")]
    clients: Vec<SecretArg>,
    /// Plan of the store, which decides its quota: standard, plus, pro or enterprise
    #[arg(long, default_value_t = Plan::default(), value_name = "PLAN")]
    plan: Plan,
    /// Quota instead of the plan's: requests per window, such as 150/30s
    #[arg(long, value_name = "N/WINDOW")]
    quota: Option<Quota>,
    /// Time added to every answer, such as 80ms
    #[arg(long, value_parser = storesim::duration, value_name = "DURATION")]
    latency: Option<Duration>,
    /// Seed of the generated store
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Products to generate [default: 200]
    #[arg(long, value_name = "N")]
    products: Option<u64>,
    /// Customers to generate [default: 100]
    #[arg(long, value_name = "N")]
    customers: Option<u64>,
    /// Orders to generate [default: 200, or none without products]
    #[arg(long, value_name = "N")]
    orders: Option<u64>,
    /// Generate metafields and reviews of products, and price lists, too
    #[arg(long)]
    extras: bool,
    /// Let the generated dates end with this day, such as 2026-06-30 [default: now]
    #[arg(long, value_parser = storesim::day, value_name = "DAY")]
    dates_until: Option<i64>,
    /// Let what takes hours, such as the retries of webhooks, pass so many times as fast
    #[arg(long, alias = "webhook-retry-speed", default_value = "1", value_parser = storesim::time_scale, value_name = "TIMES")]
    time_scale: f64,
    /// Refuse webhooks to this machine without https, as BigCommerce does
    #[arg(long)]
    strict_hooks: bool,
    /// How an open point of the API is read, such as limit=413; may be repeated
    #[arg(long = "reading", value_name = "NAME=VALUE")]
    readings: Vec<String>,
    /// How long a stock adjustment takes to show, such as 300ms
    #[arg(long, value_name = "TIME", value_parser = storesim::duration)]
    inventory_delay: Option<Duration>,
    /// Serve the data of this folder instead of generated data
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["products", "customers", "orders", "extras", "seed", "dates_until"]
    )]
    import: Option<PathBuf>,
    /// Write the base URL to this file once the store listens; - is stdout
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// Serves the store until told to stop.
pub async fn run(args: Args, global: &GlobalArgs, context: &mut Context) -> Result<(), Failure> {
    if !args.host.is_loopback() && !args.listen_anywhere {
        return Err(Failure::usage(format!("{} can be reached from other machines", args.host))
            .hint("the simulator has no secrets worth the name; add --listen-anywhere if that is meant"));
    }
    let host = args.host;
    let (ready_file, port) = (args.ready_file.clone(), args.port);
    let options = options(args, context)?;
    let listener = TcpListener::bind((host, port)).await.map_err(|error| {
        Failure::new(Code::Simulator, format!("cannot listen on {host}:{port}: {error}"))
            .hint("--port 0 lets the system choose a free port")
    })?;
    let (hash, quota) = (options.store_hash.clone(), options.effective_quota());
    let token = match &global.token {
        Some(_) => options.token.clone(),
        // A token from a variable may be a real store's.
        None if options.token != Options::default().token => "$BAXTER_TOKEN".into(),
        None => options.token.clone(),
    };
    let started = tokio::select! {
        started = storesim::start(options, listener) => started,
        () = context.stop.cancelled() => return Ok(()),
    };
    let simulator = started.map_err(|error| Failure::new(Code::Simulator, error.to_string()))?;
    let url = simulator.url();
    match &ready_file {
        Some(path) if path.as_os_str() == "-" => {
            context.printer.line(url)?;
            context.printer.flush()?;
        }
        Some(path) => ready::write(path, url)?,
        None => {}
    }
    context.printer.note(format_args!("A simulated store listens at {url} (quota {quota}). Connect with:"));
    context.printer.note(format_args!("  baxter doctor --api-url {url} --store-hash {hash} --token {token}"));
    context
        .printer
        .note(format_args!("  curl -H 'X-Auth-Token: {token}' {url}/stores/{hash}/v3/catalog/products"));
    context.printer.note("Ctrl-C stops it.");
    context.stop.cancelled().await;
    simulator.stop().await;
    Ok(())
}

fn options(args: Args, context: &Context) -> Result<Options, Failure> {
    let wrong = |error: storesim::Error| Failure::usage(error.to_string());
    let mut callbacks = Callbacks::default();
    for callback in &args.callbacks {
        callbacks.set(callback).map_err(wrong)?;
    }
    let mut readings = Readings::default();
    for reading in &args.readings {
        readings.choose(reading).map_err(wrong)?;
    }
    let clients = args.clients.iter().map(|client| client.reveal().parse::<Client>());
    let clients: Vec<Client> = clients.collect::<Result<_, _>>().map_err(wrong)?;
    let defaults = Options::default();
    let imported = args.import.is_some();
    let products = if imported { 0 } else { args.products.unwrap_or(PRODUCTS) };
    let customers = if imported { 0 } else { args.customers.unwrap_or(CUSTOMERS) };
    let orders = if products == 0 { 0 } else { ORDERS };
    Ok(Options {
        store_hash: context.settings.given_hash().map_or(defaults.store_hash, str::to_owned),
        token: context.settings.given_token().map_or(defaults.token, str::to_owned),
        client_id: args.client_id.unwrap_or(defaults.client_id),
        client_secret: args.client_secret.unwrap_or(defaults.client_secret),
        scopes: args.scopes,
        plan: args.plan,
        quota: args.quota,
        latency: args.latency.unwrap_or_default(),
        auth_codes: args.auth_codes,
        callbacks,
        clients,
        time_scale: args.time_scale,
        strict_hooks: args.strict_hooks,
        readings,
        inventory_delay: args.inventory_delay.unwrap_or(defaults.inventory_delay),
        seed: args.seed,
        products,
        customers,
        orders: if imported { 0 } else { args.orders.unwrap_or(orders) },
        extras: args.extras,
        dates_until: args.dates_until,
        import: args.import,
        allow_public: args.listen_anywhere,
        ..Options::default()
    })
}
