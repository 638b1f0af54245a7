//! The scopes of a token.

use std::fmt;

/// What a token may do: names separated by blanks, such as `store_v2_products`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Scopes(String);

impl Scopes {
    /// Reads them from the text of a callback or a grant.
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// The text, as the token endpoint wants it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether they allow what a scope allows: a scope that may write may also read.
    ///
    /// ```
    /// use bigcommerce::install::Scopes;
    ///
    /// let scopes = Scopes::parse("store_v2_products store_v2_orders_read_only");
    /// assert!(scopes.allow("store_v2_products_read_only"));
    /// assert!(!scopes.allow("store_v2_orders"));
    /// ```
    pub fn allow(&self, scope: &str) -> bool {
        let writes = scope.strip_suffix("_read_only").unwrap_or(scope);
        self.iter().any(|had| had == scope || had == writes)
    }

    /// Those of the scopes asked for that they do not allow.
    pub fn missing<'a>(&self, asked: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        asked.into_iter().filter(|scope| !self.allow(scope)).collect()
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({})", self.0)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
