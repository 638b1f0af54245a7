//! A simulated BigCommerce store to develop and test clients against.
#![warn(missing_docs)]

mod clock;
mod error;
mod generate;
mod import;
mod options;
mod rows;

use tokio::net::TcpListener;

pub use clock::Clock;
pub use error::Error;
pub use options::{Options, Plan, Quota, duration};
pub use rows::Row;

/// A store that is being served.
pub struct Simulator {
    url: String,
}

impl Simulator {
    /// The origin to send requests to, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers the requests under way, closes the listener and waits for both.
    pub async fn stop(self) {}
}

/// Makes the store's data and serves it on `listener` until [`Simulator::stop`].
pub async fn start(options: Options, listener: TcpListener) -> Result<Simulator, Error> {
    options.check()?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    Ok(Simulator { url: format!("http://{address}") })
}
