//! Finds streams by the names people type.

use baxter_engine::model::stream::{Stream, all, named};

use crate::failure::Failure;
use crate::suggest::nearest;

/// The stream called `name`, or a usage failure with the name that was probably meant.
pub fn find(name: &str) -> Result<&'static Stream, Failure> {
    named(name).ok_or_else(|| {
        let names = || all().iter().map(|stream| stream.name.as_str());
        let hint = match nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("streams are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        Failure::usage(format!("there is no stream `{name}`")).hint(hint)
    })
}
