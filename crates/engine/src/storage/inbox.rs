//! The inbox: events that were answered and are not yet settled, in a database of its own that is synced before
//! the answer. Other processes may put hints into it.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, params};

use super::Error;
use crate::model::event::{Event, Target};
use crate::model::stream;

/// The database's name in the data directory.
const DATABASE: &str = "inbox.db";

/// The inbox of a data directory. Any number of processes may have it open.
#[derive(Debug)]
pub struct Inbox {
    connection: Connection,
}

/// What has the same hash and comes so soon may be another change: the first retry of a delivery comes after a minute.
const TWINS: SignedDuration = SignedDuration::from_secs(30);
/// So many of them are looked at.
const MOST_TWINS: i64 = 16;

/// What became of an event that was put into the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It waits to be settled.
    New,
    /// It was received before.
    Duplicate,
}

/// An event as it stands in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Its number in the inbox.
    pub id: i64,
    /// What happened.
    pub scope: String,
    /// The body, as received.
    pub body: String,
}

/// Something to be fetched, and the event that asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The event's number in the inbox.
    pub event: i64,
    /// What to fetch.
    pub target: Target,
    /// How many times it was looked at before.
    pub again: u32,
    /// How many times more than once it is to be looked at.
    pub looks: u32,
    /// The event's hash, or what stands for it in a hint.
    pub hash: String,
    /// The event's scope.
    pub scope: String,
    /// When it happened, in Unix seconds, by the store's clock.
    pub created_at: Option<i64>,
}

/// A poll that somebody waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// Its number.
    pub id: i64,
    /// Differences that it found, once it is done.
    pub found: Option<i64>,
    /// What flows had still to settle then.
    pub unsettled: i64,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// What the store told of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Something, before the time asked about, and it was settled by then.
    pub before: bool,
    /// Something since, or something that is not settled yet.
    pub since: bool,
}

/// Nothing is put off for longer, in milliseconds: what is due later than that was put off before the clock was set
/// back.
const FARTHEST: i64 = 120_000;

/// Events that are looked at to find out what the store told of a record, newest first.
const LOOKED_AT: u32 = 100_000;

/// How full the inbox is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// Events received, each once, or as often as they came within seconds.
    pub events: u64,
    /// Deliveries of events that were there already.
    pub duplicates: u64,
    /// Events not yet settled.
    pub pending: u64,
}

impl Inbox {
    /// Opens the inbox in `dir`, making it if it is not there.
    pub fn open(dir: &Path) -> Result<Inbox, Error> {
        std::fs::create_dir_all(dir).map_err(|source| Error::Io { path: dir.to_owned(), source })?;
        let connection = Connection::open(dir.join(DATABASE))?;
        connection.busy_timeout(Duration::from_secs(10))?;
        // FULL: a commit is on the disk before it is answered.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS events (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 hash TEXT NOT NULL UNIQUE,
                 scope TEXT NOT NULL,
                 created_at INTEGER,
                 received_at TEXT NOT NULL,
                 body TEXT NOT NULL,
                 times INTEGER NOT NULL,
                 settled_at TEXT
             );
             CREATE INDEX IF NOT EXISTS events_pending ON events (id) WHERE settled_at IS NULL;
             CREATE INDEX IF NOT EXISTS events_settled ON events (settled_at) WHERE settled_at IS NOT NULL;
             CREATE INDEX IF NOT EXISTS events_doubled ON events (times) WHERE times > 1;
             CREATE TABLE IF NOT EXISTS targets (
                 event INTEGER NOT NULL,
                 stream TEXT NOT NULL,
                 record INTEGER NOT NULL,
                 lags INTEGER NOT NULL,
                 again INTEGER NOT NULL,
                 due_at INTEGER NOT NULL,
                 PRIMARY KEY (event, stream, record)
             ) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS polls (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 asked_at TEXT NOT NULL,
                 found INTEGER,
                 unsettled INTEGER NOT NULL DEFAULT 0,
                 error TEXT,
                 done_at TEXT
             );
             CREATE TABLE IF NOT EXISTS checks (id INTEGER PRIMARY KEY, times INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS orders (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 asked_at TEXT NOT NULL,
                 text TEXT NOT NULL,
                 report TEXT,
                 error TEXT,
                 done_at TEXT
             );
             CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
        )?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Inbox { connection })
    }

    /// Puts events into the inbox in one commit: when this returns, they survive a loss of power.
    pub fn receive(&mut self, events: &[Event], at: Timestamp) -> Result<Vec<Received>, Error> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let received =
            events.iter().map(|event| put(&transaction, event, at)).collect::<Result<_, Error>>()?;
        transaction.commit()?;
        Ok(received)
    }

    /// Writes nothing that matters, to learn whether something that matters could be written.
    pub fn check_writable(&mut self) -> Result<(), Error> {
        self.connection.execute(
            "REPLACE INTO checks (id, times) SELECT 1, coalesce(max(times), 0) + 1 FROM checks",
            [],
        )?;
        Ok(())
    }

    /// Leaves hints, as if the store had told of a change: for other processes that wrote to the store.
    pub fn hint(&mut self, targets: &[Target], at: Timestamp) -> Result<(), Error> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO events (hash, scope, received_at, body, times)
             VALUES ('hint:' || hex(randomblob(16)), 'hint', ?1, '', 1)",
            [at.to_string()],
        )?;
        put_targets(&transaction, transaction.last_insert_rowid(), targets, at)?;
        transaction.commit()?;
        Ok(())
    }

    /// Up to `most` targets that are due, oldest first; none of the streams `but`.
    pub fn due(&self, at: Timestamp, most: u32, but: &[&str]) -> Result<Vec<Due>, Error> {
        let holes = vec!["?"; but.len()].join(", ");
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT t.event, t.stream, t.record, t.lags, t.again, e.scope, e.created_at, e.hash
             FROM targets t JOIN events e ON e.id = t.event
             WHERE (t.due_at <= ?1 OR t.due_at > ?1 + {FARTHEST}) AND t.stream NOT IN ({holes})
             ORDER BY t.event LIMIT {most}",
        ))?;
        let now = at.as_millisecond();
        let values: Vec<&dyn ToSql> =
            std::iter::once(&now as &dyn ToSql).chain(but.iter().map(|name| name as &dyn ToSql)).collect();
        let mut rows = statement.query(values.as_slice())?;
        let mut due = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(1)?;
            let id: i64 = row.get(2)?;
            // A stream that this program does not know was put there by a newer one: it is left alone.
            let Some(stream) = stream::named(&name) else { continue };
            let target = Target { stream: &stream.name, id: (id >= 0).then_some(id), lags: row.get(3)? };
            due.push(Due {
                event: row.get(0)?,
                looks: u32::from(target.lags),
                target,
                again: row.get(4)?,
                scope: row.get(5)?,
                created_at: row.get(6)?,
                hash: row.get(7)?,
            });
        }
        Ok(due)
    }

    /// When the next target is due, if any waits.
    pub fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let least: Option<i64> =
            self.connection.query_row("SELECT min(due_at) FROM targets", [], |row| row.get(0))?;
        Ok(least.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    /// Notes that targets were fetched. Those that are to be looked at again are so after `lag`, and each time after
    /// twice as long; an event without targets is settled.
    pub fn settle(&mut self, done: &[Due], at: Timestamp, lag: Duration) -> Result<(), Error> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for due in done {
            let record = due.target.id.unwrap_or(-1);
            let key = params![due.event, due.target.stream, record];
            if due.again < due.looks {
                let pause = lag.saturating_mul(1 << due.again.min(8));
                let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                let again_at = at.as_millisecond().saturating_add(pause);
                transaction
                    .prepare_cached(
                        "UPDATE targets SET again = again + 1, due_at = ?4 WHERE event = ?1 AND stream = ?2 AND record = ?3",
                    )?
                    .execute(params![due.event, due.target.stream, record, again_at])?;
                continue;
            }
            transaction
                .prepare_cached("DELETE FROM targets WHERE event = ?1 AND stream = ?2 AND record = ?3")?
                .execute(key)?;
            transaction
                .prepare_cached(
                    "UPDATE events SET settled_at = ?2 WHERE id = ?1
                     AND NOT EXISTS (SELECT 1 FROM targets WHERE event = ?1)",
                )?
                .execute(params![due.event, at.to_string()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Puts off targets that could not be fetched until `until`.
    pub fn put_off(&mut self, due: &[Due], until: Timestamp) -> Result<(), Error> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for due in due {
            transaction
                .prepare_cached(
                    "UPDATE targets SET due_at = ?4 WHERE event = ?1 AND stream = ?2 AND record = ?3",
                )?
                .execute(params![
                    due.event,
                    due.target.stream,
                    due.target.id.unwrap_or(-1),
                    until.as_millisecond()
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many events are not yet settled.
    pub fn pending(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM events WHERE settled_at IS NULL";
        Ok(self.connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The number of the newest event, if there is any: it moves when something new arrives.
    pub fn newest(&self) -> Result<Option<i64>, Error> {
        Ok(self.connection.query_row("SELECT max(id) FROM events", [], |row| row.get(0))?)
    }

    /// The scopes and bodies of up to `most` events that were received after the one numbered `after`, in order.
    pub fn received_after(&self, after: i64, most: u32) -> Result<Vec<ReceivedEvent>, Error> {
        let sql = "SELECT id, scope, body FROM events WHERE id > ?1 AND body <> '' ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![after, most], |row| {
            Ok(ReceivedEvent { id: row.get(0)?, scope: row.get(1)?, body: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What the store told of each of the records `wanted`, by stream and id, before and since our time `at`. Looks at
    /// the newest events only, and so costs some time: to be asked when there is something to explain.
    pub fn told(
        &self,
        wanted: &HashSet<(&'static str, i64)>,
        at: Timestamp,
    ) -> Result<HashMap<(&'static str, i64), Told>, Error> {
        let sql =
            "SELECT body, received_at, settled_at FROM events WHERE body <> '' ORDER BY id DESC LIMIT ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([LOOKED_AT])?;
        let mut told: HashMap<(&'static str, i64), Told> = HashMap::new();
        while let Some(row) = rows.next()? {
            // It was an event when it came.
            let Ok(event) = Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?) else {
                continue;
            };
            let time = |place| -> Result<Option<Timestamp>, Error> {
                Ok(row.get::<_, Option<String>>(place)?.and_then(|text| text.parse().ok()))
            };
            let since = time(1)?.is_none_or(|received| received >= at)
                || time(2)?.is_none_or(|settled| settled >= at);
            for target in event.targets() {
                let Some(name) = target.id.map(|id| (target.stream, id)).filter(|name| wanted.contains(name))
                else {
                    continue;
                };
                let known = told.entry(name).or_default();
                known.since |= since;
                known.before |= !since;
            }
        }
        Ok(told)
    }

    /// How full it is.
    pub fn counts(&self) -> Result<InboxCounts, Error> {
        // Each count has an index of its own to go through: events themselves are large.
        let sql = "SELECT (SELECT count(*) FROM events WHERE settled_at IS NOT NULL),
                          (SELECT count(*) FROM events WHERE settled_at IS NULL),
                          (SELECT coalesce(sum(times - 1), 0) FROM events WHERE times > 1)";
        Ok(self.connection.query_row(sql, [], |row| {
            let count = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
            let (settled, pending) = (count(0)?, count(1)?);
            Ok(InboxCounts { events: settled + pending, duplicates: count(2)?, pending })
        })?)
    }

    /// Asks whoever serves this data directory for a poll; answers its number.
    pub fn ask_poll(&mut self, at: Timestamp) -> Result<i64, Error> {
        self.connection.execute("INSERT INTO polls (asked_at) VALUES (?1)", [at.to_string()])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The newest poll that was asked for and is not done.
    pub fn open_poll(&self) -> Result<Option<i64>, Error> {
        let sql = "SELECT max(id) FROM polls WHERE done_at IS NULL";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Answers all polls up to the number of `answer`.
    pub fn answer_polls(&mut self, answer: &Poll, at: Timestamp) -> Result<(), Error> {
        self.connection.execute(
            "UPDATE polls SET found = ?2, unsettled = ?3, error = ?4, done_at = ?5 WHERE id <= ?1 AND done_at IS NULL",
            params![answer.id, answer.found, answer.unsettled, answer.error, at.to_string()],
        )?;
        Ok(())
    }

    /// What became of poll `id`, once it is done.
    pub fn poll(&self, id: i64) -> Result<Option<Poll>, Error> {
        let sql = "SELECT id, found, unsettled, error FROM polls WHERE id = ?1 AND done_at IS NOT NULL";
        let read = |row: &rusqlite::Row| {
            Ok(Poll { id: row.get(0)?, found: row.get(1)?, unsettled: row.get(2)?, error: row.get(3)? })
        };
        Ok(self.connection.query_row(sql, [id], read).optional()?)
    }

    /// Asks whoever serves this data directory to carry out an order; answers its number.
    pub fn place_order(&mut self, text: &str, at: Timestamp) -> Result<i64, Error> {
        let sql = "INSERT INTO orders (asked_at, text) VALUES (?1, ?2)";
        self.connection.execute(sql, params![at.to_string(), text])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The oldest order that is not carried out: its number and text.
    pub fn open_order(&self) -> Result<Option<(i64, String)>, Error> {
        let sql = "SELECT id, text FROM orders WHERE done_at IS NULL ORDER BY id LIMIT 1";
        Ok(self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Notes what became of order `id`: a report, or why there is none.
    pub fn answer_order(
        &mut self,
        id: i64,
        answer: Result<String, String>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (report, error) = match answer {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(error)),
        };
        let sql = "UPDATE orders SET report = ?2, error = ?3, done_at = ?4 WHERE id = ?1";
        self.connection.execute(sql, params![id, report, error, at.to_string()])?;
        Ok(())
    }

    /// What became of order `id`, once it is carried out.
    pub fn order_answer(&self, id: i64) -> Result<Option<Result<String, String>>, Error> {
        let sql = "SELECT report, coalesce(error, '') FROM orders WHERE id = ?1 AND done_at IS NOT NULL";
        let read = |row: &rusqlite::Row| {
            Ok(match row.get::<_, Option<String>>(0)? {
                Some(report) => Ok(report),
                None => Err(row.get(1)?),
            })
        };
        Ok(self.connection.query_row(sql, [id], read).optional()?)
    }

    /// Withdraws order `id`: nobody waits for it any more. One that is under way is carried out all the same.
    pub fn withdraw_order(&mut self, id: i64) -> Result<(), Error> {
        self.connection.execute("DELETE FROM orders WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Keeps a value for whoever serves this data directory.
    pub fn keep(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let sql = "INSERT INTO kept (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        self.connection.execute(sql, params![name, value])?;
        Ok(())
    }

    /// The value that was kept under `name`.
    pub fn kept(&self, name: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM kept WHERE name = ?1";
        Ok(self.connection.query_row(sql, [name], |row| row.get(0)).optional()?)
    }

    /// Forgets events that were settled before `before`: a duplicate can come 48 hours after its event.
    pub fn trim(&mut self, before: Timestamp) -> Result<usize, Error> {
        let before = before.to_string();
        self.connection.execute("DELETE FROM polls WHERE done_at < ?1", [&before])?;
        self.connection.execute("DELETE FROM orders WHERE done_at < ?1", [&before])?;
        Ok(self.connection.execute("DELETE FROM events WHERE settled_at < ?1", [before])?)
    }
}

fn put(transaction: &Transaction, event: &Event, at: Timestamp) -> Result<Received, Error> {
    let known: Option<(i64, String)> = transaction
        .prepare_cached("UPDATE events SET times = times + 1 WHERE hash = ?1 RETURNING times, received_at")?
        .query_row([&event.hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((times, first)) = known else {
        add(transaction, event, &event.hash, at)?;
        return Ok(Received::New);
    };
    // Two changes of a record in one second may read the same, hash and all. What comes again so soon is looked
    // at once more, also if the first one is being looked at.
    let soon = first.parse::<Timestamp>().is_ok_and(|first| at.duration_since(first).abs() < TWINS);
    if soon && times <= MOST_TWINS {
        add(transaction, event, &format!("{}#{times}", event.hash), at)?;
    }
    Ok(Received::Duplicate)
}

fn add(transaction: &Transaction, event: &Event, hash: &str, at: Timestamp) -> Result<(), Error> {
    let targets = event.targets();
    let now = at.to_string();
    transaction
        .prepare_cached(
            "INSERT INTO events (hash, scope, created_at, received_at, body, times, settled_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)",
        )?
        .execute(params![
            hash,
            event.scope,
            event.created_at,
            now,
            event.body,
            targets.is_empty().then_some(&now)
        ])?;
    put_targets(transaction, transaction.last_insert_rowid(), &targets, at)
}

fn put_targets(
    transaction: &Transaction,
    event: i64,
    targets: &[Target],
    at: Timestamp,
) -> Result<(), Error> {
    for target in targets {
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO targets (event, stream, record, lags, again, due_at) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
            )?
            .execute(params![event, target.stream, target.id.unwrap_or(-1), target.lags, at.as_millisecond()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(hash: &str, scope: &str, id: i64) -> Event {
        let body = format!(
            r#"{{"scope":"{scope}","hash":"{hash}","data":{{"id":{id},"inventory":{{"product_id":{id}}}}}}}"#
        );
        Event::read(&body).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn an_event_is_settled_when_all_that_it_asks_for_was_fetched() {
        let dir = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(dir.path()).unwrap();
        let events = [
            event("a", "store/order/created", 1),
            event("a", "store/order/created", 1),
            event("b", "store/cart/created", 2),
            event("c", "store/product/inventory/updated", 3),
        ];
        let mut received = inbox.receive(&events[..1], at(-60)).unwrap();
        received.extend(inbox.receive(&events[1..], at(0)).unwrap());
        assert_eq!(received, [Received::New, Received::Duplicate, Received::New, Received::New]);
        assert_eq!(inbox.counts().unwrap(), InboxCounts { events: 3, duplicates: 1, pending: 2 });

        let mut inbox = Inbox::open(dir.path()).unwrap();
        let due = inbox.due(at(0), 100, &[]).unwrap();
        let streams: Vec<_> = due.iter().map(|due| due.target.stream).collect();
        assert_eq!(streams, ["orders", "inventory_items", "products"]);
        inbox.settle(&due, at(0), Duration::from_secs(2)).unwrap();
        // Stock shows late: it is looked at twice.
        assert_eq!(inbox.counts().unwrap().pending, 1);
        assert!(inbox.due(at(1), 100, &[]).unwrap().is_empty());
        let again = inbox.due(at(2), 100, &[]).unwrap();
        assert_eq!(again.len(), 1);
        inbox.settle(&again, at(2), Duration::from_secs(2)).unwrap();
        assert_eq!(inbox.counts().unwrap().pending, 0);
        assert_eq!(inbox.receive(&events[..1], at(9)).unwrap(), [Received::Duplicate]);
        let newest = inbox.newest().unwrap();
        inbox.hint(&[], at(9)).unwrap();
        assert!(newest.is_some() && inbox.newest().unwrap() > newest);
    }

    /// Two changes of a product in one second had one hash; the second was taken for the first come twice, and
    /// only a sweep found it.
    #[test]
    fn an_event_that_comes_again_at_once_may_be_another() {
        let dir = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(dir.path()).unwrap();
        let one = [event("a", "store/order/created", 1)];
        assert_eq!(inbox.receive(&one, at(0)).unwrap(), [Received::New]);
        let under_way = inbox.due(at(0), 9, &[]).unwrap();
        assert_eq!(inbox.receive(&one, at(1)).unwrap(), [Received::Duplicate]);
        inbox.settle(&under_way, at(1), Duration::ZERO).unwrap();
        let once_more = inbox.due(at(1), 9, &[]).unwrap();
        assert_eq!(once_more.len(), 1);
        inbox.settle(&once_more, at(2), Duration::ZERO).unwrap();
        // A minute later it is the same one, sent again.
        assert_eq!(inbox.receive(&one, at(60)).unwrap(), [Received::Duplicate]);
        assert_eq!(inbox.pending().unwrap(), 0);
    }

    #[test]
    fn what_is_put_off_or_busy_holds_up_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(dir.path()).unwrap();
        let events = [event("a", "store/order/created", 1), event("b", "store/category/created", 2)];
        inbox.receive(&events, at(0)).unwrap();
        let streams = |due: Vec<Due>| due.iter().map(|due| due.target.stream).collect::<Vec<_>>();
        assert_eq!(streams(inbox.due(at(0), 1, &["orders"]).unwrap()), ["categories"]);
        let first = inbox.due(at(0), 1, &[]).unwrap();
        assert_eq!(first[0].scope, "store/order/created");
        inbox.put_off(&first, at(5)).unwrap();
        assert_eq!(streams(inbox.due(at(4), 9, &[]).unwrap()), ["categories"]);
        assert_eq!(streams(inbox.due(at(5), 9, &[]).unwrap()), ["orders", "categories"]);
        assert_eq!(inbox.pending().unwrap(), 2);
    }

    #[test]
    fn a_poll_is_answered_for_all_who_wait() {
        let dir = tempfile::tempdir().unwrap();
        let mut inbox = Inbox::open(dir.path()).unwrap();
        let first = inbox.ask_poll(at(0)).unwrap();
        let second = inbox.ask_poll(at(0)).unwrap();
        assert_eq!(inbox.open_poll().unwrap(), Some(second));
        let answer = Poll { id: second, found: Some(4), unsettled: 0, error: None };
        inbox.answer_polls(&answer, at(1)).unwrap();
        assert_eq!(inbox.poll(first).unwrap().unwrap().found, Some(4));
        assert_eq!(inbox.open_poll().unwrap(), None);
    }
}
