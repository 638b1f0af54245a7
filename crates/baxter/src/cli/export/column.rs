//! The columns of an export and the values in them.

use baxter_engine::model::stream::column::Type;
use baxter_engine::model::stream::{KeyType, Stream};
use rusqlite::types::Value as SqlValue;

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the mirror and in the file.
    pub name: String,
    /// What is in it.
    pub r#type: Type,
}

/// One value of a column, of its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Everything else, as the mirror has it.
    Text(String),
}

/// The columns of a stream: key, parent, declared ones; at the end `raw`, if it is wanted.
pub fn of(stream: &Stream, raw: bool) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: &str, r#type: Type| {
        if !columns.iter().any(|known| known.name == name) {
            columns.push(Column { name: name.to_owned(), r#type });
        }
    };
    for (name, r#type) in stream.key_columns() {
        add(name, if r#type == KeyType::Integer { Type::Integer } else { Type::Text });
    }
    for column in &stream.columns {
        add(&column.name, column.r#type);
    }
    // A parent's key that is not declared as a column is a number.
    for name in stream.parent_columns() {
        add(name, Type::Integer);
    }
    if raw {
        add("raw", Type::Json);
    }
    columns
}

/// The statement that reads them, in the order of the key.
pub fn select(stream: &Stream, columns: &[Column]) -> String {
    let quoted = |name: &str| format!("\"{name}\"");
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let keys: Vec<String> = stream.key_columns().into_iter().map(|(name, _)| quoted(name)).collect();
    format!("SELECT {} FROM \"{}\" ORDER BY {}", names.join(", "), stream.name, keys.join(", "))
}

impl Column {
    /// What the mirror has in this column, of the column's type.
    pub fn value(&self, value: SqlValue) -> Value {
        match (value, self.r#type) {
            (SqlValue::Integer(number), Type::Boolean) => Value::Boolean(number != 0),
            (SqlValue::Integer(number), _) => Value::Integer(number),
            (SqlValue::Text(text), _) => Value::Text(text),
            // The mirror has neither reals nor blobs.
            (SqlValue::Null | SqlValue::Real(_) | SqlValue::Blob(_), _) => Value::Null,
        }
    }
}
