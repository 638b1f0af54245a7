//! Flows to files: each line exactly once, wherever the flow was stopped.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use baxter_flows::dead_letter::Which;
use baxter_flows::{Disk, LocalDisk};
use tokio::sync::Notify;

use crate::kit::{Running, World, brand, order};

const LINES: &str = r#"
on = ["brands"]
map = '"\(.seq) \(.kind) \(.key) \(.record.name)"'
to = { type = "file", format = "text", path = "lines", header = "; brands" }
retry = { base = "1ms", max = "5ms" }
"#;

/// A disk on which the power fails at a chosen operation: it is carried out in part or whole, then nothing happens
/// any more.
#[derive(Debug)]
struct Failing {
    left: AtomicUsize,
    whole: bool,
    failed: Notify,
    released: (Mutex<bool>, Condvar),
}

impl Failing {
    fn new(at: usize, whole: bool) -> Arc<Self> {
        let released = (Mutex::new(false), Condvar::new());
        Arc::new(Failing { left: AtomicUsize::new(at), whole, failed: Notify::new(), released })
    }

    /// Whether this is the operation; the others pass.
    fn is_now(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }

    fn stand_still<T>(&self) -> io::Result<T> {
        self.failed.notify_one();
        let (released, changed) = &self.released;
        let mut is_released = released.lock().unwrap();
        while !*is_released {
            is_released = changed.wait(is_released).unwrap();
        }
        Err(io::Error::other("the power failed"))
    }

    fn release(&self) {
        *self.released.0.lock().unwrap() = true;
        self.released.1.notify_all();
    }
}

impl Disk for Failing {
    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        if self.is_now() { self.stand_still() } else { LocalDisk.length(path) }
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        if *self.released.0.lock().unwrap() {
            return Err(io::Error::other("the power failed"));
        }
        LocalDisk.truncate(path, length)?;
        if self.is_now() { self.stand_still() } else { Ok(()) }
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if !self.is_now() {
            return LocalDisk.append(path, bytes);
        }
        LocalDisk.append(path, if self.whole { bytes } else { &bytes[..bytes.len() / 2] })?;
        self.stand_still()
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        LocalDisk.sync(path)?;
        if self.is_now() { self.stand_still() } else { Ok(()) }
    }
}

/// The lines that the changes of [`waves`] make.
fn expected() -> String {
    let mut lines = "; brands\n".to_owned();
    for seq in 1..=9 {
        let (kind, key) = if seq <= 6 { ("created", seq) } else { ("updated", seq - 6) };
        lines.push_str(&format!("{seq} {kind} {key} n{seq}\n"));
    }
    lines
}

/// Three waves of changes, each after the flow had time for the one before.
async fn waves(world: &World, wave: i64) {
    let texts: Vec<String> = (1..=3)
        .map(|i| {
            let seq = wave * 3 + i;
            brand(if seq <= 6 { seq } else { seq - 6 }, &format!("n{seq}"))
        })
        .collect();
    world.put("brands", &texts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_stands_once_wherever_the_power_fails() {
    for whole in [false, true] {
        for at in 1.. {
            let world = World::new();
            let disk = Failing::new(at, whole);
            let mut options = world.options(vec![world.flow("lines", LINES)]);
            options.disk = Arc::clone(&disk) as Arc<dyn Disk>;
            let running = Running::start(options);
            let mut wave = 0;
            let failed = tokio::select! {
                () = disk.failed.notified() => true,
                () = async {
                    while wave < 3 {
                        waves(&world, wave).await;
                        wave += 1;
                        running.settled().await;
                    }
                } => false,
            };
            running.kill().await;
            disk.release();
            // The changes that were not made yet come while nothing runs.
            for wave in if wave == 0 { 1 } else { wave }..3 {
                waves(&world, wave).await;
            }
            let running = world.run(vec![world.flow("lines", LINES)]);
            running.settled().await;
            // Names are those of now, not of then: what was changed later is delivered as it is.
            let shape = |text: &str| -> Vec<String> {
                text.lines().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
            };
            assert_eq!(shape(&world.text("lines")), shape(&expected()), "power failed at operation {at}");
            running.stop().await;
            if !failed {
                assert!(at > 9, "the power failed only {at} times");
                break;
            }
        }
    }
}

/// A disk that is full half of the time, and has written a part by then.
#[derive(Debug, Default)]
struct Full(AtomicUsize);

impl Disk for Full {
    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        LocalDisk.length(path)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        LocalDisk.truncate(path, length)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.0.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            LocalDisk.append(path, &bytes[..bytes.len() / 2])?;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        LocalDisk.append(path, bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        LocalDisk.sync(path)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_and_repeats_nothing() {
    let world = World::new();
    let mut options = world.options(vec![world.flow("lines", LINES)]);
    options.disk = Arc::new(Full::default());
    let running = Running::start(options);
    for wave in 0..3 {
        waves(&world, wave).await;
        running.settled().await;
    }
    assert_eq!(world.text("lines"), expected());
    let status = &running.handle.status().await.unwrap()[0];
    assert_eq!((status.delivered, status.dead, status.error.as_deref()), (9, 0, None));
    assert!(status.failed >= 3);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_lost_its_end_stops_the_flow_until_it_is_put_right() {
    let world = World::new();
    let running = world.run(vec![world.flow("lines", LINES)]);
    waves(&world, 0).await;
    running.settled().await;
    let whole = world.text("lines");
    std::fs::write(world.path("lines"), "# br").unwrap();
    waves(&world, 1).await;
    running
        .until(async |handle| {
            let status = handle.status().await.unwrap().remove(0);
            status.error.is_some_and(|error| error.contains("has 4 bytes"))
        })
        .await;
    std::fs::write(world.path("lines"), whole).unwrap();
    running.settled().await;
    assert_eq!(world.text("lines").lines().count(), 7);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_there_is_appended_to() {
    let world = World::new();
    std::fs::write(world.path("lines"), "mine\n").unwrap();
    let running = world.run(vec![world.flow("lines", LINES)]);
    waves(&world, 0).await;
    running.settled().await;
    assert_eq!(world.text("lines").lines().next(), Some("mine"));
    assert_eq!(world.text("lines").lines().count(), 4);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_lines_are_compact_and_keep_numbers() {
    let world = World::new();
    let flow = world.flow(
        "records",
        r#"on = ["brands"]
to = { type = "file", path = "out/records.jsonl" }"#,
    );
    let running = world.run(vec![flow]);
    world.put("brands", &[r#"{ "id": 1, "x": 1.50, "y": "a\nb" }"#.to_owned()]).await;
    running.settled().await;
    assert_eq!(world.text("out/records.jsonl"), "{\"id\":1,\"x\":1.50,\"y\":\"a\\nb\"}\n");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_means_once_and_a_refused_record_gets_another_chance() {
    let world = World::new();
    let flow = || {
        world.flow(
            "paid",
            r#"
on = ["orders.created", "orders.updated"]
where = ".record.status_id == 11"
once = true
map = '''if .record.staff_notes == "bad" then error("bad sums") else "\(.key) \(children("order_products") | length)" end'''
to = { type = "file", format = "text", path = "paid" }
"#,
        )
    };
    let running = world.run(vec![flow()]);
    world.put("orders", &[order(1, 0, ""), order(2, 11, ""), order(3, 11, "bad")]).await;
    world.put("orders", &[order(2, 11, "again")]).await;
    world.put("orders", &[order(1, 11, "")]).await;
    world.put("orders", &[order(3, 11, "bad still"), order(1, 11, "again")]).await;
    running.settled().await;
    let mut lines: Vec<String> = world.text("paid").lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["1 1", "2 1", "3 1"]);
    assert_eq!(running.dead_letters().await, []);

    world.put("orders", &[order(4, 11, "bad")]).await;
    running.settled().await;
    world.put("orders", &[r#"{"id":4,"status_id":11,"staff_notes":"bad","x":1}"#.to_owned()]).await;
    running.settled().await;
    let dead = running.dead_letters().await;
    assert_eq!(dead.len(), 1, "one letter stands for the record");
    assert_eq!(
        (dead[0].error.as_str(), dead[0].key.as_str(), dead[0].kind.as_str()),
        ("bad sums", "4", "updated")
    );
    running.stop().await;

    // It is remembered over a restart.
    let running = world.run(vec![flow()]);
    world.put("orders", &[order(4, 11, "good"), order(2, 11, "third")]).await;
    running.settled().await;
    assert_eq!(world.text("paid").lines().count(), 4);
    assert_eq!(running.dead_letters().await, []);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_tried_again_and_dropped() {
    let world = World::new();
    let flow = world.flow(
        "names",
        r#"
on = ["brands"]
map = 'if .record.name == "bad" then error("no name") else .record.name end'
to = { type = "file", format = "text", path = "names" }
"#,
    );
    let running = world.run(vec![flow]);
    world.put("brands", &[brand(1, "bad"), brand(2, "bad"), brand(3, "good")]).await;
    running.settled().await;
    let dead = running.dead_letters().await;
    assert_eq!(dead.iter().map(|letter| letter.key.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(running.handle.retry_dead_letters(Which::One(dead[0].id)).await.unwrap(), 1);
    running
        .until(async |handle| handle.dead_letters(Which::One(dead[0].id), 9).await.unwrap()[0].attempts == 2)
        .await;

    // The record is put right in the store; the letter then delivers its present state.
    world.put("brands", &[brand(1, "fine")]).await;
    running.handle.retry_dead_letters(Which::Of("names".to_owned())).await.unwrap();
    running.until(async |handle| handle.status().await.unwrap()[0].dead == 1).await;
    running.settled().await;
    assert_eq!(world.text("names"), "good\nfine\nfine\n");
    assert_eq!(running.handle.drop_dead_letters(Which::All).await.unwrap(), 1);
    assert_eq!(running.dead_letters().await, []);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_begins_where_it_says_and_sees_deleted_records() {
    let world = World::new();
    world.put("brands", &[brand(1, "old"), brand(2, "gone")]).await;
    world.delete("brands", 2).await;
    let lines = |name: &str, start: &str| {
        let toml = format!(
            "on = [\"brands\"]\nstart = \"{start}\"\nmap = '\"\\(.kind) \\(.record.name)\"'\n\
             to = {{ type = \"file\", format = \"text\", path = \"{name}\" }}"
        );
        world.flow(name, &toml)
    };
    let running = world.run(vec![lines("all", "beginning"), lines("new", "now")]);
    running.settled().await;
    world.put("brands", &[brand(3, "new")]).await;
    running.settled().await;
    assert_eq!(world.text("all"), "created old\ncreated gone\ndeleted gone\ncreated new\n");
    assert_eq!(world.text("new"), "created new\n");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expression_that_takes_too_long_is_a_dead_letter() {
    let world = World::new();
    let slow = world.flow(
        "slow",
        r#"
on = ["brands"]
map = 'if .key == "2" then [range(1000)] as $a | reduce ($a[] | $a[]) as $x (0; . + $x) else .key end'
to = { type = "file", path = "slow" }
"#,
    );
    let mut options = world.options(vec![slow]);
    options.time_limit = Duration::from_millis(100);
    let running = Running::start(options);
    world.put("brands", &[brand(1, "a"), brand(2, "b"), brand(3, "c")]).await;
    running.settled().await;
    assert_eq!(world.text("slow"), "\"1\"\n\"3\"\n");
    let dead = running.dead_letters().await;
    assert!(dead[0].error.contains("took longer than 100ms"), "{dead:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_reach_other_records() {
    let world = World::new();
    let flow = world.flow(
        "lines",
        r#"
on = ["orders"]
map = '''"\(lookup("brands"; .record.status_id).name) \(lookup("brands"; "99")) \([children("order_products")[].sku])"'''
to = { type = "file", format = "text", path = "lines" }
"#,
    );
    world.put("brands", &[brand(11, "Éire")]).await;
    world.put("orders", &[order(5, 11, "")]).await;
    let running = world.run(vec![flow]);
    running.settled().await;
    assert_eq!(world.text("lines"), "Éire null [\"A\"]\n");
    running.stop().await;
}
