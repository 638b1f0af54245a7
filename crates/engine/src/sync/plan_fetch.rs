//! The fewest requests for a set of ids. Pure.

use crate::model::stream::{Lookup, Stream, Walk};

/// A request that answers for some of the ids.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// A list of ids in one parameter.
    List {
        /// The parameter.
        param: String,
        /// The ids.
        ids: Vec<i64>,
    },
    /// A range that holds several of them, and perhaps others.
    Range {
        /// The parameter for the first id and that for the last one.
        params: (String, String),
        /// The first and the last id of the range.
        bounds: (i64, i64),
        /// The ids that are asked for.
        ids: Vec<i64>,
    },
    /// One record by its own path.
    Single(i64),
    /// The whole list: nothing narrower can be asked.
    Everything,
}

/// Ids in one parameter: keeps the address below what servers and proxies take.
pub(super) const IDS_AT_ONCE: usize = 250;

/// Plans the requests for `ids` of `stream`, in rising order; doubled ids count once.
pub fn plan(stream: &Stream, ids: &[i64]) -> Vec<Question> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    match (&stream.lookup, &stream.walk) {
        _ if ids.is_empty() => Vec::new(),
        (Some(Lookup { param, .. }), _) => ids
            .chunks(IDS_AT_ONCE)
            .map(|ids| Question::List { param: param.clone(), ids: ids.to_vec() })
            .collect(),
        (None, Some(Walk::Id { from: Some(from), upto, .. })) => ranges(&ids, stream.limit, from, upto),
        _ if stream.single => ids.into_iter().map(Question::Single).collect(),
        _ => vec![Question::Everything],
    }
}

/// Ranges no wider than a page, so that each is answered by one page; a single id is asked for by its path.
fn ranges(ids: &[i64], limit: u32, from: &str, upto: &str) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut rest = ids;
    while let Some(first) = rest.first().copied() {
        let fits = rest.iter().take_while(|id| **id - first < i64::from(limit)).count();
        let (these, others) = rest.split_at(fits);
        rest = others;
        questions.push(match these {
            [alone] => Question::Single(*alone),
            _ => Question::Range {
                params: (from.to_owned(), upto.to_owned()),
                bounds: (first, these.last().copied().unwrap_or(first)),
                ids: these.to_vec(),
            },
        });
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    #[test]
    fn lists_take_many_ids_each() {
        let ids: Vec<i64> = (1..=501).rev().chain([7, 7]).collect();
        let questions = plan(named("products").unwrap(), &ids);
        assert_eq!(questions.len(), 3);
        assert!(
            matches!(&questions[0], Question::List { param, ids } if param == "id:in" && ids[0] == 1 && ids.len() == 250)
        );
    }

    #[test]
    fn orders_are_asked_for_by_dense_ranges_or_singly() {
        let questions = plan(named("orders").unwrap(), &[1000, 100, 101, 349, 350]);
        assert_eq!(
            questions,
            [
                Question::Range {
                    params: ("min_id".into(), "max_id".into()),
                    bounds: (100, 349),
                    ids: vec![100, 101, 349]
                },
                Question::Single(350),
                Question::Single(1000),
            ]
        );
        assert_eq!(plan(named("store").unwrap(), &[1]), [Question::Everything]);
        assert!(plan(named("orders").unwrap(), &[]).is_empty());
    }
}
