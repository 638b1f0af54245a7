//! One field of a resource, declared as `TYPE FLAGS = DEFAULT`.
//!
//! `string[1..250] required unique`, `money(0..) = 0`, `boolean = true`, `date read_only = $now`.
//! The default is JSON text, or `$id`, `$parent`, `$now`, `$uuid`. Without a default a field that is not sent
//! is absent from the new record.

/// One field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The member's name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// A create without it is refused.
    pub required: bool,
    /// Cannot be written.
    pub read_only: bool,
    /// Cannot be written later.
    pub create_only: bool,
    /// May be null.
    pub nullable: bool,
    /// May be the empty text, whatever it holds otherwise.
    pub blank: bool,
    /// Is accepted and not served (a hook uses it).
    pub write_only: bool,
    /// No two records share a value (upper and lower case are the same).
    pub unique: bool,
    /// The values allowed, when they are few; upper and lower case are the same.
    pub choices: Vec<String>,
    /// JSON text, or a word that begins with `$`.
    pub default: Option<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Text of so many characters.
    String(usize, usize),
    /// A whole number.
    Integer(i64, i64),
    /// A number, also negative.
    Number,
    /// A number of at most four decimals, served without trailing zeros (V3).
    Money(i64, i64),
    /// An amount served as a string of four decimals, written as string or number (V2).
    Decimal,
    /// True or false.
    Boolean,
    /// A date and time.
    Date,
    /// A date and time served as unix seconds in text.
    Stamp,
    /// An object; an update merges its members.
    Object,
    /// An array.
    Array,
    /// A UUID, as text.
    Uuid,
    /// Anything.
    Any,
}

impl Field {
    /// Reads one declaration.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let (text, default) = match text.split_once(" = ") {
            Some((text, default)) => (text, Some(default.trim().to_owned())),
            None => (text, None),
        };
        let mut words = text.split_whitespace();
        let wrong = || format!("field {name} is not understood: {text}");
        let mut field = Field {
            name: name.to_owned(),
            kind: kind(words.next().ok_or_else(wrong)?).ok_or_else(wrong)?,
            required: false,
            read_only: false,
            create_only: false,
            nullable: false,
            blank: false,
            write_only: false,
            unique: false,
            choices: Vec::new(),
            default,
        };
        for word in words {
            match word {
                "required" => field.required = true,
                "read_only" => field.read_only = true,
                "create_only" => field.create_only = true,
                "nullable" => field.nullable = true,
                "blank" => field.blank = true,
                "write_only" => field.write_only = true,
                "unique" => field.unique = true,
                _ => match word.strip_prefix("one_of:") {
                    Some(list) => field.choices = list.split('|').map(str::to_owned).collect(),
                    None => return Err(wrong()),
                },
            }
        }
        Ok(field)
    }
}

fn kind(word: &str) -> Option<Kind> {
    let (name, low, high) = match word.find(['[', '(']) {
        None => (word, None, None),
        Some(at) => {
            let (low, high) = word.get(at + 1..word.len() - 1)?.split_once("..")?;
            let number =
                |text: &str| if text.is_empty() { Some(None) } else { text.parse::<i64>().ok().map(Some) };
            (&word[..at], number(low)?, number(high)?)
        }
    };
    let length = |value: Option<i64>, other: usize| value.map_or(Some(other), |v| usize::try_from(v).ok());
    Some(match name {
        "string" => Kind::String(length(low, 0)?, length(high, 1_000_000)?),
        "integer" => Kind::Integer(low.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX)),
        "money" => Kind::Money(low.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX)),
        "number" => Kind::Number,
        "decimal" => Kind::Decimal,
        "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "stamp" => Kind::Stamp,
        "object" => Kind::Object,
        "array" => Kind::Array,
        "uuid" => Kind::Uuid,
        "any" => Kind::Any,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_says_type_flags_and_default() {
        let field = Field::read("name", "string[1..250] required unique").unwrap();
        assert_eq!(field.kind, Kind::String(1, 250));
        assert!(field.required && field.unique && !field.read_only && field.default.is_none());
        let field = Field::read("price", "money(0..) nullable = null").unwrap();
        assert_eq!((field.kind, field.default.as_deref()), (Kind::Money(0, i64::MAX), Some("null")));
        assert!(Field::read("x", "text").is_err());
        assert!(Field::read("x", "string reqired").is_err());
    }
}
