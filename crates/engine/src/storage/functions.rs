//! Functions for money in SQL: exact, over decimal text, so that no amount is ever a float.

use std::cmp::Ordering;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};
use rust_decimal::Decimal;

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

/// Arithmetic that tells when the result is too large.
type Operation = fn(Decimal, Decimal) -> Option<Decimal>;

/// Registers `decimal_sum(x)`, `decimal_add(a, b)`, `decimal_sub(a, b)`, `decimal_mul(a, b)`,
/// `decimal_cmp(a, b)` (-1, 0, 1) and the collation `decimal`.
pub fn register(connection: &Connection) -> Result<()> {
    connection.create_aggregate_function("decimal_sum", 1, FLAGS, Sum)?;
    connection.create_scalar_function("decimal_cmp", 2, FLAGS, |context| {
        Ok(both(context)?.map(|(a, b)| a.cmp(&b) as i64))
    })?;
    let operations: [(&str, Operation); 3] = [
        ("decimal_add", Decimal::checked_add),
        ("decimal_sub", Decimal::checked_sub),
        ("decimal_mul", Decimal::checked_mul),
    ];
    for (name, operation) in operations {
        connection.create_scalar_function(name, 2, FLAGS, move |context| match both(context)? {
            Some((a, b)) => operation(a, b).map(|result| Some(result.to_string())).ok_or_else(overflow),
            None => Ok(None),
        })?;
    }
    connection.create_collation("decimal", |a, b| match (a.parse::<Decimal>(), b.parse::<Decimal>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    })
}

fn both(context: &Context) -> Result<Option<(Decimal, Decimal)>> {
    Ok(argument(context, 0)?.zip(argument(context, 1)?))
}

/// The argument as a decimal; `None` for NULL. Floats are refused rather than rounded.
fn argument(context: &Context, place: usize) -> Result<Option<Decimal>> {
    match context.get_raw(place) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(integer) => Ok(Some(Decimal::from(integer))),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|error| failed(error.to_string()))?;
            text.parse().map(Some).map_err(|_| failed(format!("`{text}` is no decimal number")))
        }
        ValueRef::Real(_) => Err(failed("a float is no exact amount; use decimal text".to_owned())),
        ValueRef::Blob(_) => Err(failed("a blob is no decimal number".to_owned())),
    }
}

fn failed(message: String) -> Error {
    Error::UserFunctionError(message.into())
}

fn overflow() -> Error {
    failed("the result has more than 28 digits".to_owned())
}

/// The exact sum; NULL of no values, as SQL's own `sum`.
struct Sum;

impl Aggregate<Option<Decimal>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Decimal>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<Decimal>) -> Result<()> {
        if let Some(value) = argument(context, 0)? {
            *sum = Some(sum.unwrap_or_default().checked_add(value).ok_or_else(overflow)?);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<Decimal>>) -> Result<Option<String>> {
        Ok(sum.flatten().map(|sum| sum.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(sql: &str) -> Result<Option<String>> {
        let connection = Connection::open_in_memory()?;
        register(&connection)?;
        connection.query_row(sql, [], |row| row.get(0))
    }

    #[test]
    fn sums_are_exact_where_floats_are_not() {
        let sum = "select decimal_sum(column1) from (values ('0.1000'), ('0.2'), (null), (3))";
        assert_eq!(query(sum).unwrap().as_deref(), Some("3.3000"));
        assert_eq!(query("select decimal_sum(column1) from (values (null))").unwrap(), None);
        assert!(query("select decimal_sum(0.1)").is_err());
        assert!(query("select decimal_sum('x')").is_err());
    }

    #[test]
    fn order_is_by_value() {
        let least = "select column1 from (values ('10.00'), ('9.5'), ('-1')) order by column1 collate decimal limit 1 offset 1";
        assert_eq!(query(least).unwrap().as_deref(), Some("9.5"));
        assert_eq!(query("select cast(decimal_cmp('1.10', '1.1') as text)").unwrap().as_deref(), Some("0"));
    }
}
