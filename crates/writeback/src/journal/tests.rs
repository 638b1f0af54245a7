use baxter_engine::model::clock::SystemClock;

use super::*;
use crate::plan::{Kind, Target, Update, VERSION};

fn plan() -> Plan {
    let update = |line| Update {
        line,
        key: format!("SKU-{line}"),
        target: Target::Stock { product_id: 1, variant_id: Some(line as i64), location_id: 1 },
        before: crate::fields::quantity(Some(1)),
        after: crate::fields::quantity(Some(2)),
    };
    Plan {
        version: VERSION,
        id: Uuid::from_u128(7),
        kind: Kind::Inventory,
        store_hash: "abc".into(),
        made_at: Timestamp::UNIX_EPOCH,
        mirror_seq: 0,
        source: "stock.csv".into(),
        warnings: Vec::new(),
        creates: Vec::new(),
        updates: vec![update(2), update(3), update(4)],
        deletes: Vec::new(),
        unchanged: 0,
        refused: Vec::new(),
    }
}

fn open(dir: &Path) -> Journal {
    Journal::open(dir, Arc::new(SystemClock)).unwrap()
}

#[test]
fn what_was_under_way_is_doubtful_and_what_was_answered_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan();
    {
        let mut journal = open(dir.path());
        assert!(matches!(Journal::open(dir.path(), Arc::new(SystemClock)), Err(Error::Busy { .. })));
        let begun = journal.begin(&plan).unwrap();
        assert!(!begun.resumed && begun.doubtful.is_empty() && begun.rows.len() == 3);
        let step = journal.open_step(plan.id, "PUT", "/x", &[0]).unwrap();
        let rows = [(0, Standing { record_id: Some(9), ..Standing::of(State::Written) })];
        journal.close_step(plan.id, step, Outcome::Accepted, "t", &rows).unwrap();
        journal.open_step(plan.id, "PUT", "/x", &[1, 2]).unwrap();
    }
    let mut journal = open(dir.path());
    let begun = journal.begin(&plan).unwrap();
    assert!(begun.resumed);
    assert_eq!(begun.doubtful, BTreeSet::from([1, 2]));
    assert_eq!(begun.rows[0], Standing { record_id: Some(9), ..Standing::of(State::Written) });
    journal.note(plan.id, &[(0, Standing::because(State::Failed, "why"))]).unwrap();
    let begun = journal.begin(&plan).unwrap();
    assert_eq!(begun.doubtful, BTreeSet::from([1, 2]), "no answer came since");
    assert_eq!(begun.rows[0].record_id, Some(9));
    assert_eq!(begun.rows[0].reason.as_deref(), Some("why"));
}

#[test]
fn a_plan_is_applied_once_and_only_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let mut plan = plan();
    journal.begin(&plan).unwrap();
    plan.updates[0].after = crate::fields::quantity(Some(3));
    assert!(matches!(journal.begin(&plan), Err(crate::Error::Altered { .. })));
    plan.updates[0].after = crate::fields::quantity(Some(2));
    journal.finish(plan.id).unwrap();
    assert!(matches!(journal.begin(&plan), Err(crate::Error::Applied { .. })));
}

#[test]
fn a_newer_journal_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).connection.pragma_update(None, "user_version", 99).unwrap();
    let error = Journal::open(dir.path(), Arc::new(SystemClock)).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, known: 1 }));
}
