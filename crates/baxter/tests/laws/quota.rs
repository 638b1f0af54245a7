//! Law 5: Baxter never causes a 429 by itself, and leaves other apps of the store their share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baxter_testkit::{assert_equal, wait_until};

use crate::start;

#[test]
fn law_5_a_narrow_quota_is_kept() {
    let (store, baxter) =
        start(&["--quota", "10/1s", "--products", "3000", "--customers", "1500", "--orders", "1500"]);
    let begun = Instant::now();
    baxter.run(&["sync"]).success();
    let spent = begun.elapsed();
    let stats = store.stats();
    assert_eq!(stats.throttled, 0, "{}", stats.all);
    assert_equal(&store, &baxter);
    assert!(stats.requests > 30, "too few requests ({}) to say anything", stats.requests);
    // Kept, and used: not one request per window out of caution.
    let windows = Duration::from_secs(stats.requests.div_ceil(4));
    assert!(spent < windows + Duration::from_secs(5), "{} requests took {spent:?}", stats.requests);
}

#[test]
fn law_5_another_app_gets_its_share() {
    let (store, baxter) =
        start(&["--quota", "20/2s", "--products", "3000", "--customers", "1500", "--orders", "1500"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            let mut statuses = Vec::new();
            while !done.load(Ordering::SeqCst) {
                statuses.push(store.ask("GET", "/v3/catalog/brands?limit=1", None).status);
                wait_until(Duration::from_millis(2500), || done.load(Ordering::SeqCst));
            }
            statuses
        });
        let run = baxter.run(&["sync"]);
        done.store(true, Ordering::SeqCst);
        let statuses = neighbour.join().expect("the neighbour does not fail");
        run.success();
        assert!(statuses.iter().all(|status| *status == 200), "the other app was answered {statuses:?}");
    });
    let stats = store.stats();
    assert_eq!(stats.throttled, 0, "{}", stats.all);
    assert_equal(&store, &baxter);
}
