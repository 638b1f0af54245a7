//! What a resource tells of its changes.

use serde::Deserialize;

/// The events of a resource, declared as `[[events]]`; several blocks tell of the same change several
/// times, for instance by a scope of the store and one of a channel.
///
/// In scopes and `data`, `{id}` is the record's key, `{parent}` the key of what it belongs to, and
/// `{member}` the JSON of a member as it stands in the record, quotes and all; a member that is not there
/// is `null` in `data`, and as a part of a scope it keeps the event from being told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// The scope when a record is made.
    #[serde(default)]
    pub created: Option<String>,
    /// The scope when it changes.
    #[serde(default)]
    pub updated: Option<String>,
    /// The scope when it is removed or archived.
    #[serde(default)]
    pub deleted: Option<String>,
    /// The member `data` of the event.
    #[serde(default)]
    pub data: String,
    /// The members whose change counts; all when there are none.
    #[serde(default)]
    pub only: Vec<String>,
    /// Members whose change does not count.
    #[serde(default)]
    pub except: Vec<String>,
    /// Whatever happens is a change of the record it belongs to, a product or an order, instead.
    #[serde(default)]
    pub updates_parent: bool,
}
