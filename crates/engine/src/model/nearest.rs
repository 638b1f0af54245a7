//! The nearest name to one that does not exist.

/// The candidate that `name` was probably meant to be: nearest by edits, within a third of its length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    let allowed = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&name, candidate), candidate))
        // What shares not one letter is another name, however short.
        .filter(|(distance, candidate)| {
            (*distance <= allowed && *distance < name.len()) || prefix(&name, candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn prefix(name: &[char], candidate: &str) -> bool {
    name.len() >= 3 && candidate.chars().zip(name).take_while(|(a, b)| a == *b).count() == name.len()
}

/// Insertions, deletions, replacements and swaps of neighbours between two names.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let streams = ["products", "variants", "orders", "order_products", "store"];
        assert_eq!(nearest("product", streams), Some("products"));
        assert_eq!(nearest("ordres", streams), Some("orders"));
        assert_eq!(nearest("STORE", streams), Some("store"));
        assert_eq!(nearest("order_pro", streams), Some("order_products"));
        assert_eq!(nearest("invoices", streams), None);
        assert_eq!(nearest("", streams), None);
        assert_eq!((nearest("b", ["a"]), nearest("", ["a"])), (None, None));
    }
}
