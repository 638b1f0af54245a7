//! One filter of a list, declared as `OPERATORS on MEMBERS`.
//!
//! `= in min max` allows `name=`, `name:in=`, `name:min=`, `name:max=`. The words `>=`, `<=`,
//! `contains`, `list`, `low`, `out`, `approved` say what the bare parameter means instead of equality; `all` is an
//! `:in` that wants every value in an array. Without `on` the member is the parameter's own name;
//! several members are searched as one text. `any` wants one of a list without `:in`, `!=` anything else,
//! `prefix` a text that begins so. `through TABLE` finds the record that owns the one with that value in
//! TABLE, by a unique field there; `through TABLE by MEMBER` those whose member names that one. `rank:a|b|c` compares words by their places in the list, which the
//! request counts from 1.

use super::field::{Field, Kind};

/// One filter.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The parameter without its operator.
    pub name: String,
    /// Dotted paths of the members it looks at.
    pub members: Vec<String>,
    /// What is allowed, by the parameter's suffix (empty for none).
    pub operators: Vec<(&'static str, Operator)>,
    /// The table of records that belong to these and have the value in a unique field of this filter's name.
    pub through: Option<String>,
    /// How values are compared.
    pub reading: Reading,
    /// Words in their order, which requests name by number.
    pub ranks: Vec<String>,
}

/// How a value is compared with the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Equal, letters in any case.
    Equal,
    /// Unequal.
    Unequal,
    /// One of a list.
    In,
    /// None of a list.
    NotIn,
    /// At least.
    Min,
    /// At most.
    Max,
    /// More.
    Greater,
    /// Less.
    Less,
    /// SQL's LIKE; a pattern without a wildcard is searched for.
    Like,
    /// Contains the text.
    Contains,
    /// Begins with the text.
    Prefix,
    /// Is of the JSON kind that form fields of a type have.
    FieldType,
    /// The array is exactly the list.
    List,
    /// The array has every value of the list.
    All,
    /// 1 wants a tracked record whose level is at or under its warning level.
    Low,
    /// 1 wants a tracked record without stock.
    Out,
    /// 1 wants what is approved, 0 the rest.
    Approved,
    /// A hook narrows the list; no member answers.
    Narrow,
}

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Numbers of any precision.
    Number,
    /// Dates in any form.
    Date,
    /// `true`/`false`, `1`/`0`.
    Boolean,
    /// Text.
    Text,
}

impl Filter {
    /// Reads one declaration.
    pub fn read(name: &str, text: &str, fields: &[Field]) -> Result<Self, String> {
        if let Some(table) = text.strip_prefix("through ") {
            let (name, through) = (name.to_owned(), Some(table.trim().to_owned()));
            let operators = vec![("", Operator::Equal)];
            return Ok(Self {
                members: vec![name.clone()],
                name,
                operators,
                through,
                reading: Reading::Text,
                ranks: Vec::new(),
            });
        }
        let (operators, members) = match text.split_once(" on ") {
            Some((operators, members)) => {
                (operators, members.split(',').map(|m| m.trim().to_owned()).collect())
            }
            None => (text, vec![name.to_owned()]),
        };
        let (ranked, operators): (Vec<&str>, Vec<&str>) =
            operators.split_whitespace().partition(|word| word.starts_with("rank:"));
        let ranks = ranked.iter().filter_map(|word| word.strip_prefix("rank:"));
        let ranks: Vec<String> = ranks.flat_map(|list| list.split('|')).map(str::to_owned).collect();
        let operators = operators
            .into_iter()
            .map(|word| {
                Ok(match word {
                    "=" => ("", Operator::Equal),
                    ">=" => ("", Operator::Min),
                    "<=" => ("", Operator::Max),
                    "!=" => ("", Operator::Unequal),
                    "any" => ("", Operator::In),
                    "field_type" => ("", Operator::FieldType),
                    "prefix" => ("", Operator::Prefix),
                    "contains" => ("", Operator::Contains),
                    "list" => ("", Operator::List),
                    "low" => ("", Operator::Low),
                    "out" => ("", Operator::Out),
                    "approved" => ("", Operator::Approved),
                    "narrow" => ("", Operator::Narrow),
                    "narrow_in" => ("in", Operator::Narrow),
                    "all" => ("in", Operator::All),
                    "in" => ("in", Operator::In),
                    "not_in" => ("not_in", Operator::NotIn),
                    "not" => ("not", Operator::Unequal),
                    "min" => ("min", Operator::Min),
                    "max" => ("max", Operator::Max),
                    "greater" => ("greater", Operator::Greater),
                    "less" => ("less", Operator::Less),
                    "like" => ("like", Operator::Like),
                    _ => return Err(format!("filter {name} has an unknown operator {word}")),
                })
            })
            .collect::<Result<_, _>>()?;
        let reading = match fields.iter().find(|field| Some(&field.name) == members.first()).map(|f| f.kind) {
            Some(Kind::Integer(..) | Kind::Number | Kind::Money(..) | Kind::Decimal) => Reading::Number,
            Some(Kind::Date | Kind::Stamp) => Reading::Date,
            Some(Kind::Boolean) => Reading::Boolean,
            _ if !ranks.is_empty() => Reading::Number,
            _ => Reading::Text,
        };
        Ok(Self { name: name.to_owned(), members, operators, through: None, reading, ranks })
    }
}
