//! A refused batch, taken apart: one bad item fails the whole request, and the others shall get through. Pure.

use bigcommerce::{ApiError, Error};

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

/// Those of `rows` that the store names by what it calls them (`variant_id 106`, `product_id 113`).
pub(super) fn named(error: &ApiError, rows: &[usize], all: &[Row]) -> Vec<usize> {
    let mut texts = vec![error.title.as_str()];
    texts.extend(error.detail.as_deref());
    texts.extend(error.errors.values().map(String::as_str));
    let variants = numbers_after("variant_id", &texts);
    let products = numbers_after("product_id", &texts);
    let is_named = |row: &&usize| match all[**row].target {
        Some(Target::Stock { variant_id: Some(id), .. }) => variants.contains(id),
        Some(Target::Stock { variant_id: None, product_id, .. }) => products.contains(product_id),
        _ => false,
    };
    rows.iter().filter(is_named).copied().collect()
}

/// Places in the list that was sent, where the keys of the errors tell them (`0.email`, `items.17.quantity`).
fn placed(error: &ApiError, count: usize) -> Vec<usize> {
    let place = |key: &String| key.split('.').find_map(|part| part.parse::<usize>().ok());
    let mut places: Vec<usize> =
        error.errors.keys().filter_map(place).filter(|place| *place < count).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Cuts a refused batch of at least two rows into smaller ones: those that the errors point at apart from the
/// others, or else two halves.
pub(super) fn split(error: &ApiError, rows: &[usize]) -> Vec<Vec<usize>> {
    let places = placed(error, rows.len());
    if places.is_empty() || places.len() == rows.len() {
        let (left, right) = rows.split_at(rows.len() / 2);
        return vec![left.to_vec(), right.to_vec()];
    }
    let (bad, good): (Vec<_>, Vec<_>) =
        rows.iter().enumerate().partition(|(place, _)| places.binary_search(place).is_ok());
    let rows = |part: Vec<(usize, &usize)>| part.into_iter().map(|(_, row)| *row).collect();
    vec![rows(good), rows(bad)]
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

    fn error(title: &str, keys: &[&str]) -> ApiError {
        ApiError {
            status: bigcommerce::StatusCode::UNPROCESSABLE_ENTITY,
            title: title.to_owned(),
            detail: None,
            errors: keys.iter().map(|key| ((*key).to_owned(), "bad".to_owned())).collect(),
            method: bigcommerce::Method::PUT,
            path: "/x".to_owned(),
            attempts: 1,
        }
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
        assert_eq!(named(&error(title, &[]), &[0, 1, 2], &all), [1]);
        let title = "Items with identity: [product_id 106, product_id: 3] require more";
        assert_eq!(named(&error(title, &[]), &[0, 1, 2], &all), [2]);
        assert_eq!(
            named(&error("Create customers failed.", &[".customer_create"]), &[0, 1, 2], &all),
            [0; 0]
        );
    }

    #[test]
    fn what_the_keys_point_at_is_set_apart_and_else_halved() {
        assert_eq!(
            split(&error("x", &["1.email", "items.3.quantity", "99.x"]), &[5, 6, 7, 8]),
            [[5, 7], [6, 8]]
        );
        assert_eq!(split(&error("x", &[".customer_create"]), &[5, 6, 7]), [vec![5], vec![6, 7]]);
        assert_eq!(split(&error("x", &["0", "1"]), &[5, 6]), [[5], [6]]);
    }
}
