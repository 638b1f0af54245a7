//! The store over HTTP: who may ask, how often, and in which form the answer goes out.

mod api;
mod connection;
mod control;
mod faults;
mod inbound;
mod install;
mod lies;
mod multipart;
mod quota;
mod slots;
mod stats;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use ::http::{HeaderValue, StatusCode, header};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use crate::accounts::Accounts;
use crate::data::Data;
use crate::hooks;
use crate::options::Options;
use crate::serve::Query;
use crate::webhooks;
use connection::{Cut, Door};

/// How often it is looked for carts that are left.
const LOOK: Duration = Duration::from_millis(250);

/// Everything a request needs.
pub(crate) struct Store {
    /// What the store was told.
    pub options: Options,
    /// Makes the data as it was at the start.
    pub make: Box<dyn Fn() -> Result<Data, crate::Error> + Send + Sync>,
    data: RwLock<Data>,
    window: quota::Window,
    fates: faults::Fates,
    slots: slots::Slots,
    /// The data as readers see it while it lags behind.
    behind: Mutex<Option<Data>>,
    stats: stats::Stats,
    /// Who may ask.
    accounts: Arc<Accounts>,
    /// Deliveries of events.
    webhooks: Arc<webhooks::Queue>,
    /// Told when something was accepted that shows later.
    adjusted: Notify,
}

impl Store {
    pub fn new(
        options: Options,
        data: Data,
        make: Box<dyn Fn() -> Result<Data, crate::Error> + Send + Sync>,
        webhooks: Arc<webhooks::Queue>,
        accounts: Arc<Accounts>,
    ) -> Self {
        Self {
            window: quota::Window::new(options.effective_quota()),
            data: RwLock::new(data),
            fates: faults::Fates::default(),
            slots: slots::Slots::default(),
            behind: Mutex::new(None),
            stats: stats::Stats::default(),
            accounts,
            webhooks,
            adjusted: Notify::new(),
            options,
            make,
        }
    }

    /// The data for reading. A panic while it was written leaves it as far as the write had come.
    pub fn read(&self) -> RwLockReadGuard<'_, Data> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data for writing.
    pub fn write(&self) -> RwLockWriteGuard<'_, Data> {
        self.data.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets readers see from now on what there is at this moment, or everything at once.
    pub fn fall_behind(&self, lags: bool) {
        let shown = lags.then(|| self.write().snapshot());
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    /// Reads the data as it was before the changes that are younger than `lag`.
    pub fn read_behind<T>(&self, lag: Duration, read: impl FnOnce(&Data) -> T) -> T {
        let mut shown = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let due = self.read().unseen.is_none_or(|since| since.elapsed() >= lag);
        if due || shown.is_none() {
            *shown = Some(self.write().snapshot());
        }
        match &*shown {
            Some(data) => read(data),
            None => read(&self.read()),
        }
    }

    /// Switches a hook off whose deliveries failed for good.
    pub fn switch_off(&self, hook: i64) {
        let done = self.write().all_or_nothing(|data| {
            webhooks::switch_off(data, hook);
            Ok::<_, Infallible>(())
        });
        done.unwrap_or_else(|never| match never {});
    }

    /// Tells of carts that are left, for ever.
    pub async fn watch_carts(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let left = hooks::carts_are_left(&self.read());
            if left {
                hooks::leave_carts(&mut self.write());
            }
        }
    }

    /// Lets what was accepted show when its time has come, for ever.
    pub async fn show_adjustments(&self) {
        let ahead = || self.options.clock.ahead();
        let mut pushed = self.options.clock.watch();
        loop {
            let due = self.read().pending.due();
            match due {
                None => self.adjusted.notified().await,
                Some(due) => {
                    let wait = due.saturating_duration_since(Instant::now() + ahead());
                    if wait.is_zero() {
                        hooks::show_due(&mut self.write(), Some(Instant::now() + ahead()));
                        continue;
                    }
                    // The clock outlives its watchers here, so a push ends this and nothing else of it.
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = pushed.changed() => {}
                        // Something that is due earlier may be accepted in the meantime.
                        () = self.adjusted.notified() => {}
                    }
                }
            }
        }
    }
}

/// Serves until told to stop, then until the requests under way are answered.
pub(crate) async fn serve(store: Arc<Store>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    let app = Router::new().fallback(any).with_state(store);
    let app = app.into_make_service_with_connect_info::<Cut>();
    let told = async {
        // A dropped sender means stop as well.
        stop.await.ok();
    };
    if let Err(error) = axum::serve(Door(listener), app).with_graceful_shutdown(told).await {
        tracing::error!(%error, "the simulated store ended");
    }
}

async fn any(
    State(store): State<Arc<Store>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    if request.uri().path() == "/oauth2/token" {
        return control::token(&store, request).await;
    }
    if request.uri().path() == "/cart.php" {
        return visit(&store, request.uri().query());
    }
    match request.uri().path().strip_prefix("/_sim/") {
        Some(rest) => {
            let rest = rest.to_owned();
            control::handle(store, &rest, request).await
        }
        None => api::handle(&store, &cut, request).await,
    }
}

/// Leads a shopper who follows a link to a cart on, once.
fn visit(store: &Store, query: Option<&str>) -> Response {
    let query = Query::read(query);
    let mut response = Response::new(Body::empty());
    let page = hooks::visit_cart(&mut store.write(), &query);
    match page.map(|page| HeaderValue::from_str(&page)) {
        Some(Ok(page)) => {
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert(header::LOCATION, page);
        }
        _ => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}
