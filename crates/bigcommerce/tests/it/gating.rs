//! Quota and overload over HTTP, with windows of milliseconds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bigcommerce::{Error, Priority, Request};
use futures::future::join_all;

use crate::store::{Reply, Store};

/// A store that counts in fixed windows of `length`, each beginning with its first request.
async fn metered(quota: u32, length: Duration) -> Store {
    let window = Mutex::new((None::<Instant>, 0_u32));
    Store::start(move |_| {
        let mut window = window.lock().unwrap();
        let now = Instant::now();
        let begun = match window.0 {
            Some(begun) if now < begun + length => begun,
            _ => {
                *window = (Some(now), 0);
                now
            }
        };
        window.1 += 1;
        let reset = (begun + length - now).as_millis();
        let reply = if window.1 > quota {
            Reply::new(429, "").header("X-Retry-After", 1)
        } else {
            Reply::ok("{\"data\":[]}").after(Duration::from_millis(u64::from(window.1 % 3)))
        };
        reply.quota(quota, quota.saturating_sub(window.1), length.as_millis(), reset)
    })
    .await
}

#[tokio::test]
async fn a_narrow_quota_brings_no_429() {
    for (quota, requests) in [(10, 60), (2, 8)] {
        let store = metered(quota, Duration::from_millis(150)).await;
        let client = store.wide_client(8);
        let sends = (0..requests).map(|_| client.send(Request::get("/v3/x").priority(Priority::Backfill)));
        for result in join_all(sends).await {
            assert_eq!(result.unwrap().attempts, 1);
        }
        assert_eq!((client.stats().throttled, client.stats().requests), (0, requests));
        let seen = client.quota().unwrap();
        assert_eq!((seen.limit, seen.window), (quota, Duration::from_millis(150)));
    }
}

#[tokio::test]
async fn a_429_with_headers_is_waited_out_even_for_a_create() {
    let store = Store::start(|asked| match asked.index {
        0 => Reply::new(429, "").quota(10, 35, 200, 60),
        _ => Reply::ok("{}").quota(10, 9, 200, 200),
    })
    .await;
    let client = store.client();
    let begun = Instant::now();
    let response = client.send(Request::post("/v3/x").body("{}")).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(response.attempts, 2);
    let stats = client.stats();
    assert_eq!((stats.requests, stats.retries, stats.throttled), (2, 1, 1));
}

#[tokio::test]
async fn a_429_without_headers_backs_off() {
    let store =
        Store::start(|asked| if asked.index < 5 { Reply::new(429, "") } else { Reply::ok("{}") }).await;
    let client = store.client();
    assert_eq!(client.send(Request::get("/v3/x")).await.unwrap().attempts, 6);
    assert_eq!(client.stats().throttled, 5);
    assert_eq!(client.quota(), None);
}

#[tokio::test]
async fn a_429_for_ever_is_given_up() {
    let store = Store::start(|_| Reply::new(429, "").quota(10, 0, 5, 2)).await;
    let error = store.client().send(Request::get("/v3/x")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Throttled { attempts: 40, retry_after: Some(wait), .. } if wait.as_millis() == 2)
    );
    assert_eq!(error.status().unwrap().as_u16(), 429);
    assert!(error.is_transient() && error.to_string().contains("other apps"), "{error}");
}

#[tokio::test]
async fn a_store_without_a_quota_is_served_by_concurrency_alone() {
    let store = Store::start(|_| Reply::ok("[]")).await;
    let client = store.wide_client(4);
    join_all((0..50).map(|_| client.send(Request::get("/v3/x"))))
        .await
        .into_iter()
        .for_each(|sent| drop(sent.unwrap()));
    assert_eq!((client.quota(), client.stats().requests), (None, 50));
}

#[tokio::test]
async fn faults_without_headers_neither_stop_nor_break_the_quota() {
    let counter = Arc::new(Mutex::new((Instant::now(), 0_u32, 0_u32)));
    let length = Duration::from_millis(100);
    let store = Store::start({
        let counter = Arc::clone(&counter);
        move |asked| {
            let mut window = counter.lock().unwrap();
            let now = Instant::now();
            if now >= window.0 + length {
                (window.0, window.1) = (now, 0);
            }
            window.1 += 1;
            window.2 = window.2.max(window.1);
            match asked.index % 7 {
                3 => Reply::new(500, ""),
                5 => Reply::Hangup,
                _ => Reply::ok("[]").quota(
                    20,
                    20_u32.saturating_sub(window.1),
                    100,
                    (window.0 + length - now).as_millis(),
                ),
            }
        }
    })
    .await;
    let client = store.wide_client(4);
    for result in join_all((0..100).map(|_| client.send(Request::get("/v3/x")))).await {
        result.unwrap();
    }
    assert!(counter.lock().unwrap().2 <= 20, "{}", counter.lock().unwrap().2);
}

#[tokio::test]
async fn a_dropped_request_gives_its_place_back() {
    let store =
        Store::start(|asked| if asked.query("slow").is_some() { Reply::Silence } else { Reply::ok("[]") })
            .await;
    let client = store.wide_client(1);
    client.send(Request::get("/v3/x")).await.unwrap();
    for _ in 0..5 {
        let slow = client.send(Request::get("/v3/x?slow=1"));
        assert!(tokio::time::timeout(Duration::from_millis(20), slow).await.is_err());
    }
    client.send(Request::get("/v3/x")).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_is_asked_by_no_more_at_once_than_it_takes() {
    // Counted in the store: requests to the endpoint under way, and all of them.
    let seen = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let store = Store::start({
        let seen = Arc::clone(&seen);
        let begun = Mutex::new(Vec::<Instant>::new());
        move |asked| {
            let slow = Duration::from_millis(30);
            if asked.method == "PUT" {
                let mut begun = begun.lock().unwrap();
                begun.retain(|at| at.elapsed() < slow);
                begun.push(Instant::now());
                seen.0.fetch_max(begun.len(), Ordering::SeqCst);
            }
            seen.1.fetch_add(1, Ordering::SeqCst);
            Reply::ok("{}").after(slow)
        }
    })
    .await;
    let client = store.wide_client(8);
    let writes = (0..10).map(|_| client.send(Request::put("/v3/pricelists/5/records").body("[]")));
    let reads = (0..10).map(|_| client.send(Request::get("/v3/catalog/products")));
    let begun = Instant::now();
    let (writes, reads) = futures::join!(join_all(writes), async {
        let reads = join_all(reads).await;
        (reads, begun.elapsed())
    });
    writes.into_iter().chain(reads.0).for_each(|sent| drop(sent.unwrap()));
    assert_eq!((seen.0.load(Ordering::SeqCst), seen.1.load(Ordering::SeqCst)), (2, 20));
    // Those that wait for the endpoint hold nobody else's place.
    assert!(reads.1 < begun.elapsed(), "{:?}", reads.1);
}
