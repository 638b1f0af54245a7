//! A simulated BigCommerce store to develop and test clients against.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

mod accounts;
mod caller;
mod canonical;
mod chance;
mod clock;
mod data;
mod dates;
mod declare;
mod digest;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod generate;
mod hooks;
mod http;
mod import;
mod json;
mod mutate;
mod options;
mod pending;
mod readings;
mod recordings;
mod rows;
mod serve;
mod stock;
mod table;
mod transactions;
mod webhooks;
mod write;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::accounts::Accounts;
use crate::data::Data;
use crate::generate::extras::Extras;
use crate::http::Store;
use crate::pending::Pending;

pub use accounts::{Callbacks, Client, scope};
pub use clock::Clock;
pub use error::Error;
pub use options::{Options, Plan, Quota, day, duration, time_scale};
pub use readings::Readings;
pub use rows::Row;

/// How long requests under way may still take once the store is told to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store that is being served. Dropping it stops it without waiting.
pub struct Simulator {
    url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Simulator {
    /// The origin to send requests to, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes the listener and answers the requests under way, for at most five seconds.
    pub async fn stop(self) {
        let Self { stop, mut task, .. } = self;
        // Nobody listens any more when the server has ended by itself.
        stop.send(()).ok();
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Makes the store's data and serves it on `listener` until [`Simulator::stop`].
///
/// # Errors
/// [`Error::Option`] for options no store can have, among them an address other than a loopback one
/// that was not allowed; the errors of the import; [`Error::Listen`].
pub async fn start(options: Options, listener: TcpListener) -> Result<Simulator, Error> {
    options.check()?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    if !address.ip().is_loopback() && !options.allow_public {
        return Err(Error::Option(format!("{address} is no loopback address: this store is for tests only")));
    }
    let url = format!("http://{address}");
    let began = options.clock.now();
    let accounts = Arc::new(Accounts::new(&options));
    let queue = Arc::new(webhooks::Queue::new(&options, accounts.clone()));
    let make = {
        let (options, url, queue) = (options.clone(), url.clone(), queue.clone());
        move || make(&options, &url, began, &queue)
    };
    let make = Arc::new(make);
    let first = {
        let make = make.clone();
        tokio::task::spawn_blocking(move || make()).await
    };
    let data = first.map_err(|error| Error::Option(error.to_string()))??;
    let store = Arc::new(Store::new(options, data, Box::new(move || make()), queue.clone(), accounts));
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let switch_off = |hook| store.switch_off(hook);
        // What goes on beside the requests ends with them.
        tokio::select! {
            () = http::serve(store.clone(), listener, stopped) => {}
            () = webhooks::run(queue, switch_off) => {}
            () = store.show_adjustments() => {}
            () = store.watch_carts() => {}
        }
    });
    Ok(Simulator { url, stop, task })
}

/// The data as it is at the start.
fn make(options: &Options, url: &str, began: i64, queue: &Arc<webhooks::Queue>) -> Result<Data, Error> {
    let base = format!("{url}/stores/{}", options.store_hash);
    let pending = Pending::new(options.inventory_delay);
    let mut data = Data::new(base, options.clock.clone(), queue.clone(), pending);
    data.readings = options.readings;
    if let Some(dir) = &options.import {
        let defaults = import::Defaults {
            store_hash: options.store_hash.clone(),
            api_origin: url.to_owned(),
            now: began,
        };
        data.recordings = import::rows(dir, &defaults, &mut |row| data.load(row))?;
    } else {
        let now = options.dates_until.unwrap_or(began);
        let spec = generate::Spec {
            seed: options.seed,
            products: options.products,
            customers: options.customers,
            orders: options.orders,
            store_hash: options.store_hash.clone(),
            api_origin: url.to_owned(),
            now,
            off_inc: options.readings.is(readings::Point::OrderDiscount, "inc_tax"),
        };
        let mut extras = options.extras.then(|| Extras::new(now));
        let lists = extras.as_ref().map(Extras::lists).unwrap_or_default();
        let mut result = lists.into_iter().try_for_each(|row| data.load(row));
        generate::rows(&spec, &mut |row| {
            if result.is_ok() {
                let more = extras.as_mut().map(|extras| extras.of(&row)).unwrap_or_default();
                result = [row].into_iter().chain(more).try_for_each(|row| data.load(row));
            }
        });
        result?;
    }
    data.settle()?;
    Ok(data)
}
