//! Endpoints that take few requests at once, whatever the quota says.
//!
//! A request to one of these waits for its own permit before it asks the gate, so that it holds nothing of
//! the others' while it waits; the more urgent goes first. What is going on at other apps is unknown: where
//! they use the endpoint too, a 429 may come all the same and is waited out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use tokio::sync::oneshot;

use super::priority::{Priority, Queue};

/// How many requests may be under way to what paths. `*` stands for one segment.
struct Limit {
    methods: &'static [Method],
    paths: &'static [&'static str],
    most: usize,
    /// Whether the bound is that of each path, not of all together.
    each: bool,
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

const fn limit(most: usize, methods: &'static [Method], paths: &'static [&'static str]) -> Limit {
    Limit { methods, paths, most, each: false }
}

/// The bounds that the reference states; each line names its file. The first that fits counts.
static LIMITS: &[Limit] = &[
    // catalog/category-trees_catalog.v3.yml
    limit(1, &[GET], &["/v3/catalog/trees/*/categories"]),
    // catalog/categories_catalog.v3.yml
    limit(40, &[GET, PUT, DELETE], &["/v3/catalog/categories", "/v3/catalog/categories/*"]),
    // customers.v3.yml
    limit(3, &[PUT], &["/v3/customers"]),
    limit(3, &[PUT], &["/v3/customers/addresses"]),
    limit(3, &[POST, PUT], &["/v3/customers/attributes"]),
    limit(3, &[PUT], &["/v3/customers/attribute-values"]),
    limit(10, &[POST], &["/v3/customers/addresses"]),
    limit(10, &[PUT], &["/v3/customers/form-field-values"]),
    // customers.v2.yml
    limit(40, &[GET, POST, PUT, DELETE], &["/v2/customer_groups", "/v2/customer_groups/*"]),
    // price_lists.v3.yml
    limit(1, &[DELETE], &["/v3/pricelists/*"]),
    limit(1, &[PUT], &["/v3/pricelists/records"]),
    limit(10, &[POST], &["/v3/pricelists/*/records", "/v3/pricelists/records"]),
    limit(2, &[PUT], &["/v3/pricelists/*/records"]),
    limit(10, &[GET], &["/v3/pricelists/*/records"]),
    limit(40, &[GET], &["/v3/pricelists/*/records/*"]),
    limit(50, &[GET], &["/v3/pricelists/*/records/*/*"]),
    limit(40, &[PUT], &["/v3/pricelists/*/records/*/*"]),
    limit(25, &[DELETE], &["/v3/pricelists/*/records/*/*"]),
    limit(25, &[PUT], &["/v3/pricelists/*/assignments"]),
    // locations.v3.yml
    limit(50, &[GET, POST, PUT], &["/v3/inventory/locations"]),
    // promotions.v3.yml
    limit(10, &[GET], &["/v3/promotions/*/codes"]),
    limit(10, &[POST], &["/v3/promotions/*/codegen"]),
    limit(
        40,
        &[GET, POST, PUT, DELETE],
        &["/v3/promotions", "/v3/promotions/*", "/v3/promotions/*/codes", "/v3/promotions/*/codes/*"],
    ),
    // segments.v3.yml
    limit(10, &[POST, PUT], &["/v3/segments"]),
    limit(10, &[POST], &["/v3/segments/*/shopper-profiles"]),
    // docs/store-operations/catalog/inventory-adjustments.mdx: the next only after the one before answered
    limit(1, &[POST, PUT], &["/v3/inventory/adjustments/absolute", "/v3/inventory/adjustments/relative"]),
    // orders.v3.yml: one at a time for each order
    Limit { each: true, ..limit(1, &[POST], &["/v3/orders/*/payment_actions/refunds"]) },
];

/// The line a request waits in, and how many may be out of it at once.
fn line_of(method: &Method, path: &str) -> Option<(Line, usize)> {
    let place = LIMITS.iter().position(|limit| {
        limit.methods.contains(method) && limit.paths.iter().any(|pattern| fits(pattern, path))
    })?;
    let path = LIMITS[place].each.then(|| path.into());
    Some((Line { place, path }, LIMITS[place].most))
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut pattern = pattern.split('/');
    let mut path = path.trim_end_matches('/').split('/');
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(expected), Some(segment)) if expected == segment => {}
            _ => return false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    /// Which row of the table.
    place: usize,
    path: Option<Box<str>>,
}

#[derive(Debug)]
struct Waiting {
    under_way: usize,
    queue: Queue<oneshot::Sender<()>>,
}

/// The lines of one client; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoints {
    lines: Arc<Mutex<HashMap<Line, Waiting>>>,
}

impl Endpoints {
    /// Waits until the endpoint may take one more request. `None` where it takes any number.
    pub(crate) async fn enter(&self, method: &Method, path: &str, priority: Priority) -> Option<Turn> {
        let (line, most) = line_of(method, path)?;
        let mut place = {
            let mut lines = self.lock();
            let waiting =
                lines.entry(line.clone()).or_insert_with(|| Waiting { under_way: 0, queue: Queue::new() });
            // Whoever could go has been let go before: a free place means an empty line.
            if waiting.under_way < most {
                waiting.under_way += 1;
                return Some(Turn { endpoints: self.clone(), line });
            }
            let (grant, granted) = oneshot::channel();
            let ticket = waiting.queue.join(priority, grant);
            Place { endpoints: Some(self.clone()), line, priority, ticket, granted }
        };
        // The sender is dropped only when it was served.
        let _ = (&mut place.granted).await;
        place.endpoints.take().map(|endpoints| Turn { endpoints, line: place.line.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Line, Waiting>> {
        // Nothing panics while it is held.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request less: the next in line takes its place.
    fn leave(&self, line: &Line) {
        let mut lines = self.lock();
        let Some(waiting) = lines.get_mut(line) else { return };
        while let Some(next) = waiting.queue.serve() {
            if next.send(()).is_ok() {
                return;
            }
        }
        waiting.under_way -= 1;
        if waiting.under_way == 0 {
            lines.remove(line);
        }
    }
}

/// A place in line, or a turn not yet taken.
struct Place {
    endpoints: Option<Endpoints>,
    line: Line,
    priority: Priority,
    ticket: u64,
    granted: oneshot::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(endpoints) = self.endpoints.take() else { return };
        let left = endpoints
            .lock()
            .get_mut(&self.line)
            .is_some_and(|waiting| waiting.queue.leave(self.priority, self.ticket));
        if !left {
            // It was granted while it was being given up.
            endpoints.leave(&self.line);
        }
    }
}

/// The right to have one request under way to an endpoint.
#[derive(Debug)]
pub(crate) struct Turn {
    endpoints: Endpoints,
    line: Line,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.endpoints.leave(&self.line);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const RECORDS: &str = "/v3/pricelists/5/records";

    #[test]
    fn paths_find_their_row() {
        let most = |method: Method, path: &str| line_of(&method, path).map(|(_, most)| most);
        assert_eq!(most(PUT, RECORDS), Some(2));
        assert_eq!(most(PUT, "/v3/pricelists/records"), Some(1));
        assert_eq!(most(GET, "/v3/pricelists/5/records/7/usd"), Some(50));
        assert_eq!(most(GET, "/v3/catalog/trees/1/categories"), Some(1));
        assert_eq!(most(GET, "/v3/promotions/1/codes"), Some(10));
        assert_eq!(most(DELETE, "/v3/promotions/1/codes"), Some(40));
        for (method, path) in [
            (GET, "/v3/catalog/trees/categories"),
            (GET, "/v3/customers"),
            (GET, "/v3/catalog/products"),
            (PUT, "/v3/customers/1/addresses"),
        ] {
            assert_eq!(most(method, path), None, "{path}");
        }
        let refund = |order: u32| line_of(&POST, &format!("/v3/orders/{order}/payment_actions/refunds"));
        assert_ne!(refund(1).unwrap().0, refund(2).unwrap().0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_urgent_go_first_and_those_who_leave_block_nobody() {
        let endpoints = Endpoints::default();
        let enter = |priority| {
            let endpoints = endpoints.clone();
            async move { endpoints.enter(&PUT, RECORDS, priority).await }
        };
        let first = enter(Priority::Backfill).await.unwrap();
        let second = enter(Priority::Backfill).await.unwrap();
        let late = tokio::spawn(enter(Priority::Backfill));
        let gone = tokio::spawn(enter(Priority::Live));
        tokio::task::yield_now().await;
        let urgent = tokio::spawn(enter(Priority::Person));
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        drop(first);
        let urgent = urgent.await.unwrap();
        assert!(!late.is_finished());
        drop((second, urgent));
        drop(late.await.unwrap());
        assert!(endpoints.lock().is_empty());
        // A turn that was granted and never looked at is passed on.
        let turns = (enter(Priority::Live).await, enter(Priority::Live).await);
        let mut given_up = Box::pin(enter(Priority::Live));
        assert!(timeout(Duration::ZERO, &mut given_up).await.is_err());
        drop(turns.0);
        drop(given_up);
        assert!(timeout(Duration::ZERO, enter(Priority::Live)).await.is_ok());
        drop(turns.1);
        assert!(endpoints.lock().is_empty());
        assert!(endpoints.enter(&GET, "/v3/catalog/products", Priority::Live).await.is_none());
    }
}
