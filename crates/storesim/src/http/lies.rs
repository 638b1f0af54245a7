//! Lists that answer something else than they are asked for, as lists of real stores do.

use serde::Deserialize;

use crate::dates;
use crate::serve::Query;

/// The member `lists` of what `POST /_sim/faults` takes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Lies {
    /// Parameters that are as if nobody had sent them: `date_modified:min`.
    pub ignored_filters: Vec<String>,
    /// Parameters with which a list is empty.
    pub empty_filters: Vec<String>,
    /// Dates in filters count by their day, which begins at midnight UTC.
    pub day_filters: bool,
    /// Pages hold at most so many records, whatever `limit` asks for.
    pub page_limit: Option<u32>,
}

impl Lies {
    /// Refuses what is no list's way.
    pub fn check(&self) -> Result<(), String> {
        match self.page_limit {
            Some(0) => Err("page_limit is at least 1".into()),
            _ => Ok(()),
        }
    }

    /// What a list understands of a query.
    pub fn apply(&self, query: &mut Query) {
        if *self == Self::default() {
            return;
        }
        query.0.retain(|(name, _)| !self.ignored_filters.contains(name));
        if self.day_filters {
            for (_, value) in query.0.iter_mut().filter(|(_, value)| value.contains(':')) {
                if let Some(at) = dates::parse(value, 0) {
                    *value = dates::Form::Zulu.write(at - at.rem_euclid(86_400));
                }
            }
        }
        if query.0.iter().any(|(name, _)| self.empty_filters.contains(name)) {
            // No record has this key.
            query.0.retain(|(name, _)| name != "page");
            query.0.push(("page".into(), "1000000".into()));
        }
        if let Some(most) = self.page_limit {
            let limit = query.number("limit", u64::from(most)).min(u64::from(most));
            query.0.retain(|(name, _)| name != "limit");
            query.0.push(("limit".into(), limit.to_string()));
        }
    }
}
