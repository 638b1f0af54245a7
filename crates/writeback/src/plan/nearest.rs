//! The nearest known name to one that is unknown, for hints.

/// Collects the nearest of the names offered to it.
#[derive(Debug)]
pub struct Nearest {
    wanted: Vec<char>,
    most: usize,
    found: Option<String>,
}

impl Nearest {
    /// Looks for what is nearest to `wanted`: a third of its characters may differ.
    pub fn to(wanted: &str) -> Self {
        let wanted: Vec<char> = wanted.to_lowercase().chars().take(64).collect();
        Nearest { most: wanted.len().div_ceil(3), wanted, found: None }
    }

    /// Offers a name; of equally near ones the first is kept.
    pub fn offer(&mut self, name: &str) {
        let most = if self.found.is_some() { self.most.saturating_sub(1) } else { self.most };
        let lower: Vec<char> = name.to_lowercase().chars().take(65).collect();
        if lower.len().abs_diff(self.wanted.len()) > most {
            return;
        }
        let distance = distance(&self.wanted, &lower);
        if distance <= most {
            self.most = distance;
            self.found = Some(name.to_owned());
        }
    }

    /// The nearest name that was offered.
    pub fn found(self) -> Option<String> {
        self.found
    }
}

/// How many characters have to be put in, taken out or replaced.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_found_and_the_far_is_not() {
        let nearest = |wanted: &str| {
            let mut nearest = Nearest::to(wanted);
            ["MUG-RED", "MUG-BLUE", "mug-bleu", "SHIRT"].iter().for_each(|name| nearest.offer(name));
            nearest.found()
        };
        assert_eq!(nearest("mug-blue").as_deref(), Some("MUG-BLUE"));
        assert_eq!(nearest("MUGRED").as_deref(), Some("MUG-RED"));
        assert_eq!(nearest("trousers"), None);
        assert_eq!(nearest(""), None);
    }
}
