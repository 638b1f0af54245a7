//! Keys as text: how a key that was written down is read back.

use super::{KeyType, Stream};
use crate::model::key::{Key, Part};

impl Stream {
    /// Reads back what [`Display`](std::fmt::Display) wrote for a key of this stream.
    pub fn parse_key(&self, text: &str) -> Option<Key> {
        let mut words = text.split('/').peekable();
        let kinds = self.key_kinds();
        let mut parts = Vec::new();
        for (place, (_, r#type)) in self.key_columns().into_iter().enumerate() {
            // The kind follows the id that it tells apart, and the usual one is not written.
            if place == 1 && !kinds.is_empty() {
                let at = words
                    .next_if(|word| kinds[1..].contains(word))
                    .map_or(0, |word| kinds.iter().position(|kind| *kind == word).unwrap_or(0));
                parts.push(Part::Kind { name: kinds[at], shown: at > 0 });
                continue;
            }
            let word = words.next()?;
            parts.push(match r#type {
                KeyType::Integer => Part::Integer(word.parse().ok()?),
                KeyType::Text => Part::Text(word.to_owned()),
            });
        }
        words.next().is_none().then_some(Key(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    #[test]
    fn what_is_written_can_be_read_back() {
        let variant = Part::Kind { name: "variant", shown: false };
        let product = Part::Kind { name: "product", shown: true };
        for (stream, text, parts) in [
            ("products", "77", vec![Part::Integer(77)]),
            ("store", "abc", vec![Part::Text("abc".to_owned())]),
            ("inventory_items", "5", vec![Part::Integer(5), variant.clone()]),
            ("inventory_items", "5/product", vec![Part::Integer(5), product.clone()]),
            ("inventory_levels", "5/1", vec![Part::Integer(5), variant, Part::Integer(1)]),
            ("inventory_levels", "5/product/2", vec![Part::Integer(5), product, Part::Integer(2)]),
        ] {
            let key = Key(parts);
            assert_eq!(key.to_string(), text);
            assert_eq!(named(stream).unwrap().parse_key(text), Some(key));
        }
        assert_eq!(named("products").unwrap().parse_key("7/1"), None);
        assert_eq!(named("products").unwrap().parse_key("x"), None);
    }
}
