//! Which streams are mirrored: patterns over their names, what comes along with them, and how the choice changes
//! what a stream's list is asked for.

use super::{Cut, Stream, all};

/// The word that stands for the streams that are on unless somebody says otherwise.
pub const DEFAULT: &str = "default";

/// A pattern that no stream's name fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no stream is called `{0}`")]
pub struct NoSuchStream(pub String);

/// The streams that are on unless somebody says otherwise.
pub fn on_by_default() -> Vec<&'static Stream> {
    all().iter().filter(|stream| stream.is_on_by_default()).collect()
}

/// The streams that `patterns` choose, one after the other: `orders`, `order_*`, `default`, and, to take away again,
/// `!order_messages`. Patterns that begin by taking away take from the default.
pub fn choose<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'static Stream>, NoSuchStream> {
    let mut chosen: Option<Vec<&'static Stream>> = None;
    for pattern in patterns {
        let (takes_away, name) = match pattern.strip_prefix('!') {
            Some(name) => (true, name.trim()),
            None => (false, pattern.trim()),
        };
        let meant: Vec<&'static Stream> = if name == DEFAULT {
            on_by_default()
        } else {
            all().iter().filter(|stream| fits(name, &stream.name)).collect()
        };
        if meant.is_empty() {
            return Err(NoSuchStream(name.to_owned()));
        }
        let chosen = chosen.get_or_insert_with(|| if takes_away { on_by_default() } else { Vec::new() });
        chosen.retain(|stream| !contains(&meant, stream));
        if !takes_away {
            chosen.extend(meant);
        }
    }
    let chosen = chosen.unwrap_or_else(on_by_default);
    Ok(all().iter().filter(|stream| contains(&chosen, stream)).collect())
}

/// Whether `name` is one that the glob `pattern` means: `*` stands for any characters, `?` for one.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and how much of the name it takes for the time being.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(wanted), _) if *wanted == b'?' || *wanted == name[read] => {
                at += 1;
                read += 1;
            }
            (_, Some((place, taken))) => {
                star = Some((place, taken + 1));
                at = place + 1;
                read = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

/// Whether `stream` is one of `streams`.
pub fn contains(streams: &[&'static Stream], stream: &Stream) -> bool {
    streams.iter().any(|other| other.name == stream.name)
}

/// `chosen` with those that must be mirrored for them: the parents of streams that come with their parents, in the
/// order of all streams.
pub fn with_parents(chosen: &[&'static Stream]) -> Vec<&'static Stream> {
    let mut wanted = chosen.to_vec();
    let mut at = 0;
    while let Some(stream) = wanted.get(at).copied() {
        at += 1;
        if (stream.is_cut() || stream.is_per_parent())
            && let Some(parent) = stream.parent_stream()
            && !contains(&wanted, parent)
        {
            wanted.push(parent);
        }
    }
    all().iter().filter(|stream| contains(&wanted, stream)).collect()
}

/// What a stream's list is asked for when certain streams are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Query parameters of every request.
    pub query: Vec<(String, String)>,
    /// Records per page.
    pub limit: u32,
    /// The streams that come along with the answer, by their names.
    pub brings: Vec<&'static str>,
}

impl Shape {
    /// The shape of `stream` when `chosen` are mirrored: what they need is included.
    pub fn of(stream: &'static Stream, chosen: &[&'static Stream]) -> Shape {
        let mut shape = Shape { query: stream.query.clone(), limit: stream.limit, brings: Vec::new() };
        for cut in &stream.cuts {
            let wanted = |cut: &Cut| chosen.iter().any(|stream| stream.name == cut.to);
            match &cut.include {
                None => shape.brings.push(&cut.to),
                Some(word) if wanted(cut) => {
                    shape.include(word);
                    shape.limit = cut.limit.map_or(shape.limit, |limit| limit.min(shape.limit));
                    shape.brings.push(&cut.to);
                }
                Some(_) => {}
            }
        }
        shape
    }

    fn include(&mut self, word: &str) {
        match self.query.iter_mut().find(|(name, _)| name == "include") {
            Some((_, words)) if words.split(',').any(|known| known == word) => {}
            Some((_, words)) => {
                words.push(',');
                words.push_str(word);
            }
            None => self.query.push(("include".to_owned(), word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    fn names(patterns: &[&str]) -> Vec<&'static str> {
        choose(patterns.iter().copied()).unwrap().into_iter().map(|stream| stream.name.as_str()).collect()
    }

    #[test]
    fn patterns_add_and_take_away_in_their_order() {
        assert_eq!(names(&["orders", "product?"]), ["products", "orders"]);
        assert_eq!(names(&["order*", "!order_*"]), ["orders"]);
        assert!(names(&["*"]).len() == all().len());
        let fewer = names(&["!orders"]);
        assert!(
            !fewer.contains(&"orders") && fewer.contains(&"products") && !fewer.contains(&"order_coupons")
        );
        assert_eq!(names(&["default"]), names(&[]));
        assert!(names(&["default", "order_coupons"]).contains(&"order_coupons"));
        assert_eq!(choose(["prodcts"]).unwrap_err(), NoSuchStream("prodcts".to_owned()));
    }

    #[test]
    fn what_comes_with_a_parent_brings_it_along_and_is_included() {
        let chosen = with_parents(&choose(["product_images", "order_coupons"]).unwrap());
        let names: Vec<_> = chosen.iter().map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["products", "product_images", "orders", "order_coupons"]);
        let products = named("products").unwrap();
        let shape = Shape::of(products, &chosen);
        assert_eq!(shape.query, [("include".to_owned(), "variants,images".to_owned())]);
        assert_eq!((shape.limit, shape.brings), (250, vec!["variants", "product_images"]));
        assert_eq!(Shape::of(products, &[]).query, products.query);
    }
}
