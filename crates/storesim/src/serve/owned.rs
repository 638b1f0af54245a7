//! Records that belong to the client that made them, and what others may do with them (the metafield
//! operations of every file: `permission_set`).

use super::answer::Failure;
use crate::json::{self, Members};

/// Members that only the owner changes.
const OWN: &[&str] = &["namespace", "key", "permission_set"];

/// Whether a client sees a record. The store's own account, which has no name here, sees all.
pub(crate) fn sees(client: &str, text: &str) -> bool {
    Members::read(text).is_none_or(|record| owns(client, &record) || !is(&record, "app_only"))
}

/// What stands against a client's changing a record, given the members that would change.
pub(crate) fn may_change(client: &str, text: &str, changes: &[&str]) -> Result<(), Failure> {
    let Some(record) = Members::read(text) else { return Ok(()) };
    if owns(client, &record) {
        return Ok(());
    }
    let title = "You are not authorized to change this metafield.";
    if let Some(name) = changes.iter().find(|name| OWN.contains(name)) {
        let reason = format!("Only the client that owns the metafield may change its {name}.");
        return Err(Failure::new(403, title).field(*name, reason));
    }
    if is(&record, "write") || is(&record, "write_and_sf_access") {
        return Ok(());
    }
    Err(Failure::new(403, title))
}

/// A record without an owner, as only an import brings it, is the store's own account's.
fn owns(client: &str, record: &Members) -> bool {
    let owner = record.get("owner_client_id").map(json::plain).unwrap_or_default();
    client.is_empty() || owner.is_empty() || owner == client
}

fn is(record: &Members, permission: &str) -> bool {
    record.get("permission_set").is_some_and(|set| json::plain(set) == permission)
}
