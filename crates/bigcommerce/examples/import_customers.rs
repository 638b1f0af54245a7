//! Creates customers from lines of `e-mail,first name,last name` on standard input, ten in a request, and
//! tells which of them the store refused.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example import_customers < customers.csv
//! ```

use bigcommerce::resources::customers::NewCustomer;
use bigcommerce::{Client, ClientBuilder, Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = ClientBuilder::from_env()?.user_agent("import-customers/1.0").build()?;
    let lines = std::io::read_to_string(std::io::stdin())?;
    let (created, refused) = import_customers(&client, lines.lines()).await?;
    println!("{created} created");
    for line in refused {
        eprintln!("{line}");
    }
    Ok(())
}

/// Creates a customer for each line. Gives the number created, and a line for each that was not.
pub async fn import_customers<'a>(
    client: &Client,
    lines: impl Iterator<Item = &'a str>,
) -> Result<(usize, Vec<String>), Error> {
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').map(str::trim).collect()).collect();
    let part = |row: &[&str], at: usize| row.get(at).copied().unwrap_or_default().to_owned();
    let new = rows.iter().map(|row| NewCustomer::new(part(row, 0), part(row, 1), part(row, 2)));
    let report = client.customers().create_many(new).await?;
    let refused = report.failures().map(|(index, error)| format!("line {}: {error}", index + 1));
    Ok((report.written(), refused.collect()))
}
