//! The window against a simulated store in virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

fn at(start: Instant, micros: u64) -> Instant {
    start + Duration::from_micros(micros)
}

fn told(quota: u32, left: u32, window_ms: u64, reset_ms: u64) -> Option<Snapshot> {
    Some(Snapshot {
        quota: Some(quota),
        left,
        window: Some(Duration::from_millis(window_ms)),
        reset: Duration::from_millis(reset_ms),
    })
}

#[test]
fn one_request_goes_until_the_first_headers_are_seen() {
    let start = Instant::now();
    let mut window = Window::new(0.1);
    assert_eq!(window.admit(Priority::Person, start), Verdict::Go);
    window.sent();
    assert_eq!(window.admit(Priority::Person, start), Verdict::WaitForAnswer);
    window.answered(told(10, 9, 1000, 900), true, start, at(start, 100_000));
    assert_eq!(window.view(at(start, 100_000)).map(|(quota, left, ..)| (quota, left)), Some((10, 9)));
    let mut sent = 0;
    while window.admit(Priority::Person, at(start, 100_000)) == Verdict::Go {
        window.sent();
        sent += 1;
    }
    assert_eq!(sent, 8, "nine left, one of them reserved");
    let Verdict::Wait(until) = window.admit(Priority::Person, at(start, 100_000)) else { panic!("waits") };
    assert_eq!(until, at(start, 1_010_000), "the latest end of the window and a margin");
}

#[test]
fn a_store_without_a_quota_is_not_metered() {
    let start = Instant::now();
    let mut window = Window::new(0.1);
    window.sent();
    window.answered(None, false, start, start);
    assert_eq!(window.view(start), None);
    window.sent();
    assert_eq!(window.admit(Priority::Backfill, start), Verdict::WaitForAnswer, "an error page says nothing");
    window.answered(None, true, start, start);
    for _ in 0..1000 {
        assert_eq!(window.admit(Priority::Backfill, start), Verdict::Go);
        window.sent();
    }
    // The quota turns up after all.
    window.answered(told(10, 4, 1000, 900), true, start, start);
    assert!(matches!(window.admit(Priority::Person, start), Verdict::Wait(_)));
}

#[test]
fn answers_out_of_order_count_the_smallest_number_left() {
    let start = Instant::now();
    let mut window = Window::new(0.0);
    for left in [5, 3, 4] {
        window.sent();
        window.answered(told(10, left, 1000, 800), true, start, at(start, 10_000));
    }
    assert_eq!(window.view(at(start, 10_000)).map(|view| view.1), Some(3));
    // An answer of the next window, then a late one of this.
    window.sent();
    window.sent();
    window.answered(told(10, 9, 1000, 990), true, at(start, 830_000), at(start, 840_000));
    assert_eq!(window.view(at(start, 840_000)).map(|view| view.1), Some(8));
    window.answered(told(10, 2, 1000, 5), true, at(start, 800_000), at(start, 841_000));
    assert_eq!(window.view(at(start, 841_000)).map(|view| view.1), Some(9));
}

#[test]
fn the_less_urgent_leave_something_to_a_person() {
    let start = Instant::now();
    let mut window = Window::new(0.1);
    window.sent();
    window.answered(told(150, 149, 30_000, 30_000), true, start, start);
    let mut sent = 0;
    while window.admit(Priority::Backfill, start) == Verdict::Go {
        window.sent();
        sent += 1;
    }
    assert_eq!(sent, 149 - 15 - 45);
    let Verdict::Wait(until) = window.admit(Priority::Backfill, start) else { panic!("waits") };
    assert!(until > start && until < at(start, 1_000_000), "what is held melts");
    assert_eq!(window.admit(Priority::Backfill, until), Verdict::Go);
    assert_eq!(window.admit(Priority::Person, start), Verdict::Go);
}

#[test]
fn lost_requests_never_stop_a_small_quota_for_good() {
    let start = Instant::now();
    let mut window = Window::new(0.1);
    let mut now = start;
    window.sent();
    window.answered(told(2, 1, 100, 100), true, now, now);
    let mut sent = 0;
    for _ in 0..100 {
        match window.admit(Priority::Backfill, now) {
            Verdict::Go => {
                window.sent();
                window.lost();
                sent += 1;
            }
            Verdict::Wait(until) => {
                assert!(until > now);
                now = until;
            }
            Verdict::WaitForAnswer => panic!("none is on its way"),
        }
    }
    assert!(sent > 20, "{sent}");
}

/// What becomes of one request, times in microseconds.
#[derive(Debug, Clone, Copy)]
struct Fate {
    /// From the client to the store.
    there: u64,
    /// From the store to the client.
    back: u64,
    kind: Kind,
    /// A pause of the client before it asks for the next.
    idle: u64,
    priority: Priority,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Answered,
    /// Answered without headers, by something between.
    Bare,
    /// Given up by the client after this share (in 100ths) of the way there and back.
    Lost(u64),
    NotSent,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives { sent: u64, id: usize },
    Answers { sent: u64, left: u32, reset: u64 },
    AnswersBare { sent: u64 },
    GivenUp,
    Look,
}

struct Run {
    /// The most of our requests that came into one window.
    most: u32,
    served: usize,
    ended: u64,
}

/// Runs `total` requests through a window against a store that counts in fixed windows.
fn run(quota: u32, share: f64, length: u64, concurrency: u32, fates: &[Fate], total: usize) -> Run {
    let start = Instant::now();
    let mut window = Window::new(share);
    let mut events = BinaryHeap::from([Reverse((0_u64, 0_usize, Event::Look))]);
    let (mut order, mut next, mut under_way, mut idle_until) = (1, 0, 0, 0);
    let (mut window_end, mut count, mut most, mut served) = (None::<u64>, 0, 0, 0);
    let mut ended = 0;
    while let Some(Reverse((now, _, event))) = events.pop() {
        ended = now;
        let mut push = |when: u64, event: Event| {
            events.push(Reverse((when, order, event)));
            order += 1;
        };
        match event {
            Event::Arrives { sent, id } => {
                if window_end.is_none_or(|end| now >= end) {
                    window_end = Some(now + length);
                    count = 0;
                }
                count += 1;
                served += 1;
                most = most.max(count);
                let fate = fates[id % fates.len()];
                let reset = (window_end.unwrap() - now) / 1000;
                match fate.kind {
                    Kind::Answered => push(
                        now + fate.back,
                        Event::Answers { sent, left: quota.saturating_sub(count), reset },
                    ),
                    Kind::Bare => push(now + fate.back, Event::AnswersBare { sent }),
                    Kind::Lost(_) | Kind::NotSent => {}
                }
            }
            Event::Answers { sent, left, reset } => {
                under_way -= 1;
                window.answered(
                    told(quota, left, length / 1000, reset),
                    true,
                    at(start, sent),
                    at(start, now),
                );
            }
            Event::AnswersBare { sent } => {
                under_way -= 1;
                window.answered(None, false, at(start, sent), at(start, now));
            }
            Event::GivenUp => {
                under_way -= 1;
                window.lost();
            }
            Event::Look => {}
        }
        while next < total && under_way < concurrency && now >= idle_until {
            let fate = fates[next % fates.len()];
            match window.admit(fate.priority, at(start, now)) {
                Verdict::Go => {
                    window.sent();
                    if let Kind::NotSent = fate.kind {
                        window.not_sent();
                    } else {
                        under_way += 1;
                        push(now + fate.there, Event::Arrives { sent: now, id: next });
                        if let Kind::Lost(part) = fate.kind {
                            push(now + (fate.there + fate.back) * part / 100, Event::GivenUp);
                        }
                    }
                    next += 1;
                    idle_until = now + fate.idle;
                    push(idle_until, Event::Look);
                }
                Verdict::Wait(until) => {
                    let until = u64::try_from((until - start).as_micros()).unwrap();
                    push(until.max(now + 1000), Event::Look);
                    break;
                }
                Verdict::WaitForAnswer => {
                    assert!(under_way > 0, "waits for an answer that will not come");
                    break;
                }
            }
        }
    }
    assert_eq!(next, total, "some were never let through");
    Run { most, served, ended }
}

fn fate(slowest: u64) -> impl Strategy<Value = Fate> {
    let way = move || prop_oneof![4 => 0..slowest / 20 + 1, 1 => 0..slowest];
    let kind = prop_oneof![
        12 => Just(Kind::Answered),
        1 => Just(Kind::Bare),
        1 => (1_u64..100).prop_map(Kind::Lost),
        1 => Just(Kind::NotSent),
    ];
    let idle = prop_oneof![8 => Just(0), 1 => 0..slowest * 2];
    let priority = prop::sample::select(Priority::ALL.to_vec());
    (way(), way(), kind, idle, priority).prop_map(|(there, back, kind, idle, priority)| Fate {
        there,
        back,
        kind,
        idle,
        priority,
    })
}

fn plan() -> impl Strategy<Value = (u32, f64, u64, u32, Vec<Fate>)> {
    // Ways there and back of up to a window each: answers may be older than a whole window.
    (20_000_u64..3_000_000).prop_flat_map(|length| {
        let length = length / 1000 * 1000;
        let fates = prop::collection::vec(fate(length), 1..40);
        // Before the first answer nothing is known, so the first is one.
        let fates = fates.prop_map(|mut fates| {
            fates[0].kind = Kind::Answered;
            fates
        });
        (1_u32..40, 0.0..0.5_f64, Just(length), 1_u32..12, fates)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_window_sees_more_than_its_quota_less_the_reserve((quota, share, length, concurrency, fates) in plan()) {
        let run = run(quota, share, length, concurrency, &fates, 200);
        let allowed = quota - pace::reserve(quota, share);
        prop_assert!(run.most <= allowed.max(1), "{} of {allowed}", run.most);
    }
}

#[test]
fn a_quick_store_is_used_to_the_last_unit() {
    let fate = Fate { there: 500, back: 500, kind: Kind::Answered, idle: 0, priority: Priority::Backfill };
    for (quota, length) in
        [(1, 1_000_000), (3, 1_000_000), (10, 1_000_000), (150, 30_000_000), (450, 30_000_000)]
    {
        let total = quota as usize * 10;
        let run = run(quota, 0.1, length, 4, &[fate], total);
        let per_window = quota - pace::reserve(quota, 0.1);
        let fewest = (total as u64).div_ceil(u64::from(per_window)) * length;
        assert!(run.ended <= fewest + fewest / 20, "{quota}: {} for {fewest}", run.ended);
        assert_eq!((run.most, run.served), (per_window, total));
    }
}
