//! Which filters a stream's list knows, so that a mistyped one is refused instead of ignored.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use baxter_engine::model::stream::Stream;

use crate::failure::{Code, Failure};
use baxter_engine::model::nearest::nearest;

type Filters = BTreeMap<String, Vec<String>>;

#[expect(clippy::expect_used, reason = "part of the program, and a test reads it")]
static FILTERS: LazyLock<BTreeMap<String, Filters>> = LazyLock::new(|| {
    toml::from_str(include_str!("filters.toml")).expect("the embedded list of filters is valid")
});

/// Splits `name:op=value` and refuses what the stream's list does not know.
pub fn parse<'a>(stream: &Stream, filter: &'a str) -> Result<(&'a str, &'a str), Failure> {
    let Some((key, value)) = filter.split_once('=') else {
        return Err(Failure::usage(format!("`{filter}` is no filter"))
            .hint("write it like price:min=10 or status_id=2"));
    };
    let Some(known) = FILTERS.get(&stream.name) else { return Ok((key, value)) };
    let (name, operator) = key.split_once(':').unwrap_or((key, ""));
    match known.get(name) {
        Some(operators) if operators.iter().any(|known| known == operator) => Ok((key, value)),
        Some(operators) => {
            let forms: Vec<_> = operators.iter().map(|operator| form(name, operator)).collect();
            Err(refused(stream, key).hint(format!("`{name}` can be asked as: {}", forms.join(", "))))
        }
        None => {
            let meant = nearest(name, known.keys().map(String::as_str));
            let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let names: Vec<_> = known.keys().map(String::as_str).collect();
            let hint = match names[..] {
                [] => "this stream takes no filters".into(),
                _ => format!("{meant}`{}` can be filtered by: {}", stream.name, names.join(", ")),
            };
            Err(refused(stream, key).hint(hint))
        }
    }
}

fn refused(stream: &Stream, key: &str) -> Failure {
    Failure::new(Code::FilterRefused, format!("stream `{}` has no filter `{key}`", stream.name))
        .did("sent nothing, since the API ignores filters it does not know")
}

fn form(name: &str, operator: &str) -> String {
    if operator.is_empty() { format!("{name}=") } else { format!("{name}:{operator}=") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baxter_engine::model::stream::{all, named};

    #[test]
    fn the_list_names_streams_that_exist() {
        for name in FILTERS.keys() {
            assert!(named(name).is_some(), "{name}");
        }
        for stream in all().iter().filter(|stream| !stream.is_cut() && !stream.is_per_parent()) {
            assert!(FILTERS.contains_key(&stream.name), "{}", stream.name);
        }
    }

    #[test]
    fn knows_names_and_operators() {
        let products = named("products").unwrap();
        assert_eq!(parse(products, "price:min=10").unwrap(), ("price:min", "10"));
        assert_eq!(parse(products, "name=a=b").unwrap(), ("name", "a=b"));
        let text = parse(products, "nmae=x").unwrap_err().to_string();
        assert!(text.contains("did you mean `name`?"), "{text}");
        let text = parse(products, "sku:like=x").unwrap_err().to_string();
        assert!(text.contains("sku=, sku:in="), "{text}");
        assert!(parse(products, "price").is_err());
    }
}
