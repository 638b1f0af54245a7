//! A refused batch, taken apart: one bad item fails the whole request, and the others shall get through. Pure.

use std::collections::BTreeSet;

use bigcommerce::Error;

use super::Row;
use crate::plan::Target;

/// What the failure of a write means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The store judged the content, and did nothing.
    Rejected,
    /// It may have been done.
    Unknown,
    /// It was not done, and the next would not be either.
    Stop,
}

/// Sorts a failed write.
pub(super) fn sort(error: &Error) -> Failure {
    match error {
        Error::Api(api) if matches!(api.status.as_u16(), 400 | 409 | 413 | 422) => Failure::Rejected,
        Error::Api(api) if api.status.is_server_error() => Failure::Unknown,
        Error::Transport { connect: false, .. } | Error::TooLarge { .. } | Error::InvalidBody { .. } => {
            Failure::Unknown
        }
        _ => Failure::Stop,
    }
}

/// What the store says about a request it refused.
pub(super) struct Words<'a> {
    /// Titles, details and messages.
    texts: Vec<&'a str>,
    /// The keys of its errors.
    keys: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// The words of an error; none where there was no answer.
    pub fn of(error: &'a Error) -> Self {
        let Error::Api(api) = error else { return Words { texts: Vec::new(), keys: Vec::new() } };
        let mut texts = vec![api.title.as_str()];
        texts.extend(api.detail.as_deref());
        texts.extend(api.errors.values().map(String::as_str));
        Words { texts, keys: api.errors.keys().map(String::as_str).collect() }
    }

    /// Those of `rows` that are named by what the store calls them (`variant_id 106`, `product_id 113`).
    pub fn named(&self, rows: &[usize], all: &[Row]) -> Vec<usize> {
        let variants = numbers_after("variant_id", &self.texts);
        let products = numbers_after("product_id", &self.texts);
        let is_named = |row: &&usize| match all[**row].target {
            Some(Target::Stock { variant_id: Some(id), .. }) => variants.contains(id),
            Some(Target::Stock { variant_id: None, product_id, .. }) => products.contains(product_id),
            _ => false,
        };
        rows.iter().filter(is_named).copied().collect()
    }

    /// Cuts a refused batch of at least two rows into smaller ones: those that the errors point at apart from the
    /// others, or else two halves.
    pub fn split(&self, rows: &[usize]) -> Vec<Vec<usize>> {
        let places = self.places(rows.len());
        if places.is_empty() || places.len() == rows.len() {
            let (left, right) = rows.split_at(rows.len() / 2);
            return vec![left.to_vec(), right.to_vec()];
        }
        let (bad, good): (Vec<_>, Vec<_>) =
            rows.iter().enumerate().partition(|(place, _)| places.contains(place));
        let rows = |part: Vec<(usize, &usize)>| part.into_iter().map(|(_, row)| *row).collect();
        vec![rows(good), rows(bad)]
    }

    /// Places in the list that was sent, where the keys tell them (`0.email`, `items.17.quantity`).
    fn places(&self, count: usize) -> BTreeSet<usize> {
        let place = |key: &&str| key.split('.').find_map(|part| part.parse::<usize>().ok());
        self.keys.iter().filter_map(place).filter(|place| *place < count).collect()
    }
}

/// The whole numbers that follow `word` in the texts.
fn numbers_after(word: &str, texts: &[&str]) -> Vec<i64> {
    let mut numbers = Vec::new();
    for text in texts {
        for (at, _) in text.match_indices(word) {
            let rest = text[at + word.len()..].trim_start_matches([' ', ':', '=', '"']);
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            numbers.extend(digits.parse::<i64>().ok());
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::quantity;

    fn words<'a>(title: &'a str, keys: &[&'a str]) -> Words<'a> {
        Words { texts: vec![title], keys: keys.to_vec() }
    }

    #[test]
    fn rows_are_blamed_by_the_ids_in_the_words() {
        let fields = quantity(Some(1));
        let targets = [
            Target::Stock { product_id: 106, variant_id: Some(10), location_id: 1 },
            Target::Stock { product_id: 3, variant_id: Some(106), location_id: 1 },
            Target::Stock { product_id: 106, variant_id: None, location_id: 1 },
        ];
        let all: Vec<Row> = targets
            .iter()
            .map(|target| Row { line: 2, key: "A", target: Some(target), before: None, after: &fields })
            .collect();
        let title = "[Item with variant_id 106 is tracked by product, please update stock by product id]";
        assert_eq!(words(title, &[]).named(&[0, 1, 2], &all), [1]);
        let title = "Items with identity: [product_id 106, product_id: 3] require more";
        assert_eq!(words(title, &[]).named(&[0, 1, 2], &all), [2]);
        assert_eq!(words("Create customers failed.", &[".customer_create"]).named(&[0, 1, 2], &all), [0; 0]);
    }

    #[test]
    fn what_the_keys_point_at_is_set_apart_and_else_halved() {
        assert_eq!(
            words("x", &["1.email", "items.3.quantity", "99.x"]).split(&[5, 6, 7, 8]),
            [[5, 7], [6, 8]]
        );
        assert_eq!(words("x", &[".customer_create"]).split(&[5, 6, 7]), [vec![5], vec![6, 7]]);
        assert_eq!(words("x", &["0", "1"]).split(&[5, 6]), [[5], [6]]);
    }
}
