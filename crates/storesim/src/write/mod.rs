//! Changes to the store as the API makes them.

use crate::data::Data;
use crate::declare::Action;
use crate::serve::{Answer, Failure, Query, Route, Version};

/// Serves a POST, PUT or DELETE; a refused request changes nothing.
pub(crate) fn perform(
    _data: &mut Data,
    _route: &Route,
    _action: &'static Action,
    _query: &Query,
    _body: &str,
    _version: Version,
) -> Result<Answer, Failure> {
    Err(Failure::new(501, "not served"))
}
