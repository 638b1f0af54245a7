//! `baxter demo`: a simulated store, mirrored, asked, changed and written back to, in one go. Nothing to configure,
//! nothing left behind.

mod live;
mod stage;
mod tour;

use std::time::Duration;

use crate::cli::Context;
use crate::failure::Failure;
use stage::Stage;

/// Records of the store that is generated.
const PRODUCTS: u64 = 5000;
const CUSTOMERS: u64 = 3000;
const ORDERS: u64 = 6000;
/// What an answer of the API takes on its way.
const LATENCY: Duration = Duration::from_millis(80);

/// See it all work with a simulated store; nothing to configure
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Starts a simulated store in this process, mirrors it into a temporary directory, asks the mirror, \
    changes the store and sees the changes arrive: polled, then live from webhook to ledger entry; plans and applies a \
    stock file. Leaves nothing behind.\n\n\
    Examples:\n  baxter demo\n  baxter demo --for 20s\n  baxter demo --products 200 --customers 100 --orders 200"
)]
pub struct Args {
    /// Products to generate
    #[arg(long, value_name = "N", default_value_t = PRODUCTS, value_parser = clap::value_parser!(u64).range(1..))]
    products: u64,
    /// Customers to generate
    #[arg(long, value_name = "N", default_value_t = CUSTOMERS, value_parser = clap::value_parser!(u64).range(1..))]
    customers: u64,
    /// Orders to generate
    #[arg(long, value_name = "N", default_value_t = ORDERS, value_parser = clap::value_parser!(u64).range(1..))]
    orders: u64,
    /// How long the live part lasts at least
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = crate::settings::interval)]
    live: Duration,
    /// Seed of the generated store
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Sets the stage, goes through the tour, and takes the stage down whatever happened.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let options = storesim::Options {
        seed: args.seed,
        products: args.products,
        customers: args.customers,
        orders: args.orders,
        plan: storesim::Plan::Pro,
        latency: LATENCY,
        ..storesim::Options::default()
    };
    context.printer.step(format_args!(
        "A simulated store with {} products, {} customers and {} orders",
        crate::print::grouped(args.products),
        crate::print::grouped(args.customers),
        crate::print::grouped(args.orders)
    ))?;
    let stage = Stage::set(options, context).await?;
    let result = async {
        tour::run(&stage, context).await?;
        live::run(&stage, args.live, context).await?;
        tour::end(&stage, context).await
    }
    .await;
    stage.take_down().await;
    result
}
