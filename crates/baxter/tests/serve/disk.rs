//! A data directory whose disk is full or turns read-only: nothing is acknowledged that is not kept, it says so, and it
//! goes on by itself when it can write again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use baxter_testkit::{Serving, TestBaxter, TestStore, assert_equal, wait_until};

use crate::signed::Notification;
use crate::{settle, start};

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];
const PATIENCE: Duration = Duration::from_secs(60);

/// A file system of some megabytes in memory, twice what the mirror's log may take, gone at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this process may not mount.
    fn mount(at: &Path) -> Option<SmallDisk> {
        fs::create_dir_all(at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then(|| SmallDisk(at.to_owned()))
    }

    fn fill(&self) {
        let mut ballast = File::create(self.0.join("ballast")).expect("a file");
        let block = [b'x'; 4096];
        while ballast.write_all(&block).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("ballast")).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since a failed test may leave a process that has files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn health(serving: &Serving) -> (u16, String) {
    let answer = serving.ask("GET", "/healthz", &[], b"").expect("an answer");
    (answer.status, String::from_utf8(answer.body).expect("text"))
}

/// Notifies of a product, under a name; answers the status, and the id of the notification.
fn sender(
    store: &TestStore,
    baxter: &TestBaxter,
    padding: usize,
) -> impl Fn(&Serving, &str) -> (u16, String) {
    let product = baxter.query("select min(id) as id from products")[0]["id"].clone();
    move |serving, name| {
        let padding = "x".repeat(padding);
        let data = format!(r#"{{"type":"product","id":{product},"padding":"{padding}"}}"#);
        let notification = Notification::of(store, name, "store/product/updated", &data);
        (notification.send(serving).expect("an answer").status, notification.id)
    }
}

#[test]
fn a_full_disk_costs_time_and_nothing_else() {
    let (store, baxter) = start(&SMALL);
    let Some(disk) = SmallDisk::mount(&baxter.folder().join("data")) else {
        eprintln!("skipped: this process may not mount a small disk");
        return;
    };
    let (_port, mut serving) = crate::serve(&baxter, &["--poll", "1s"]);
    disk.fill();
    // Databases keep some room of their own at first.
    let mut acknowledged = Vec::new();
    let send = sender(&store, &baxter, 20_000);
    let mut refused = None;
    for at in 0..1000 {
        match send(&serving, &format!("full-{at}")) {
            (200, id) => acknowledged.push(id),
            (503, id) => {
                refused = Some(id);
                break;
            }
            (status, _) => panic!("answered {status}"),
        }
    }
    let refused = refused.expect("a full disk takes no more events");
    let (status, body) = health(&serving);
    assert_eq!(status, 503, "{body}");
    assert!(
        serving.process().stderr().contains("the inbox cannot be written"),
        "{}",
        serving.process().report()
    );
    store.mutate_any(30, 5, &["create", "update", "delete"]);

    disk.empty();
    assert!(wait_until(PATIENCE, || health(&serving).0 == 200), "{}", serving.process().report());
    assert_eq!(send(&serving, "room").0, 200);
    store.wait_until_all_is_told(Duration::from_secs(120));
    settle(&baxter);
    assert_equal(&store, &baxter);
    let kept = baxter.received();
    for id in &acknowledged {
        assert!(kept.contains(id), "{id} was acknowledged and is lost");
    }
    assert!(!kept.contains(&refused), "{refused} was refused and is there");
    serving.stop(&baxter);
}

/// Makes every write below a folder fail as on a file system that has turned read-only, for as long as it lives. A system
/// does that by itself after an error of the disk; `mount -o remount,ro` refuses while files are open for writing.
struct ReadOnly(baxter_testkit::Running);

impl ReadOnly {
    /// None where this process may not trace.
    fn under(serving: &mut Serving, baxter: &TestBaxter) -> Option<ReadOnly> {
        let mut command = Command::new("strace");
        let id = serving.process().id().to_string();
        let writing = "pwrite64,write,ftruncate,fallocate,fsync,fdatasync,unlink";
        command.args(["-f", "-qq", "-o", "/dev/null", "-p", &id, "-e", &format!("trace={writing}")]);
        command.args(["-e", &format!("inject={writing}:error=EROFS")]);
        for database in ["inbox.db", "mirror.db", "journal.db"] {
            for end in ["", "-wal"] {
                command.arg("-P").arg(baxter.folder().join(format!("data/{database}{end}")));
            }
        }
        if !Command::new("strace").arg("-V").output().is_ok_and(|known| known.status.success()) {
            return None;
        }
        let mut tracing = baxter.spawn_command(&mut command);
        let traced = format!("/proc/{id}/status");
        let is_traced = || {
            let status = fs::read_to_string(&traced).unwrap_or_default();
            status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
        };
        wait_until(PATIENCE, || is_traced() || tracing.ended().is_some());
        tracing.ended().is_none().then_some(ReadOnly(tracing))
    }

    /// The file system is written again.
    fn end(mut self) {
        self.0.terminate();
        self.0.wait(PATIENCE);
    }
}

#[test]
fn a_disk_that_turns_read_only_costs_time_and_nothing_else() {
    let (store, baxter) = start(&SMALL);
    let (_port, mut serving) = crate::serve(&baxter, &["--poll", "1s"]);
    let send = sender(&store, &baxter, 0);
    let (status, before) = send(&serving, "before");
    assert_eq!(status, 200);
    let Some(read_only) = ReadOnly::under(&mut serving, &baxter) else {
        eprintln!("skipped: there is no strace, or this process may not trace");
        return;
    };
    let mut refused = Vec::new();
    for at in 0..5 {
        let (status, id) = send(&serving, &format!("read-only-{at}"));
        assert_eq!(status, 503, "{}", serving.process().report());
        refused.push(id);
    }
    let (status, body) = health(&serving);
    assert_eq!(status, 503, "{body}");
    assert!(
        serving.process().stderr().contains("the inbox cannot be written"),
        "{}",
        serving.process().report()
    );
    // Hooks are refused meanwhile, polls find what they cannot note: all of it comes afterwards.
    store.mutate_any(30, 5, &["create", "update", "delete"]);
    read_only.end();
    assert!(wait_until(PATIENCE, || health(&serving).0 == 200), "{}", serving.process().report());
    assert!(
        serving.process().stderr().contains("the inbox can be written again"),
        "{}",
        serving.process().report()
    );
    let (status, after) = send(&serving, "after");
    assert_eq!(status, 200);
    store.wait_until_all_is_told(Duration::from_secs(120));
    settle(&baxter);
    assert_equal(&store, &baxter);
    let kept = baxter.received();
    assert!(kept.contains(&before) && kept.contains(&after), "an acknowledged event is lost");
    assert!(refused.iter().all(|id| !kept.contains(id)), "a refused event is there");
    serving.stop(&baxter);
}

#[test]
fn a_read_only_disk_is_told() {
    let (_store, baxter) = start(&SMALL);
    baxter.run(&["sync", "--quiet"]).success();
    let data = baxter.folder().join("data");
    let bind = |arguments: &[&str]| {
        Command::new("mount").args(arguments).arg(&data).output().is_ok_and(|done| done.status.success())
    };
    let own = data.to_str().expect("text").to_owned();
    if !bind(&["--bind", &own]) {
        eprintln!("skipped: this process may not mount");
        return;
    }
    let _unmounted = SmallDisk(data.clone());
    assert!(bind(&["-o", "remount,bind,ro"]));
    let refused = refused_to_serve(&baxter);
    assert!(refused.contains("error[data-dir"), "{refused}");
    assert!(refused.contains("hint: "), "{refused}");
}

fn refused_to_serve(baxter: &TestBaxter) -> String {
    baxter.run(&["serve", "--listen", "127.0.0.1:0"]).failure(1).stderr
}
