//! Serves a generated store until Ctrl-C: `cargo run --example serve -- 5000` for 5,000 products with a
//! fifth as many customers and twice as many orders as customers.

use storesim::Options;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let products: u64 = std::env::args().nth(1).as_deref().unwrap_or("1000").parse()?;
    let options =
        Options { products, customers: products / 5, orders: products * 2 / 5, ..Options::default() };
    let token = options.token.clone();
    let simulator = storesim::start(options, TcpListener::bind("127.0.0.1:0").await?).await?;
    println!("{}/stores/simstore", simulator.url());
    println!("X-Auth-Token: {token}");
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
