//! Desired customers: `email` and any of the fields that can be written.

use std::io::Read;

use super::inventory::whole;
use super::table::{Line, Table};
use super::{Error, Row};
use crate::fields::{CUSTOMER_FIELDS, Fields, Holds, plain};

/// What a customer shall look like; fields whose cell is empty are not in it, and stay as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The fields by name.
    pub fields: Fields,
}

/// Reads the rows of `input`, called `file` in errors.
pub fn customers(input: impl Read, file: &str) -> Result<Vec<Row<Customer>>, Error> {
    let mut known = vec!["email"];
    known.extend(CUSTOMER_FIELDS.iter().map(|(name, _)| *name));
    let mut table = Table::open(input, file, &known, &["email"])?;
    let mut rows = Vec::new();
    while let Some(line) = table.next()? {
        let key = line.get("email").unwrap_or_default().to_owned();
        rows.push(Row { line: line.number, wanted: customer(&key, &line), key });
    }
    Ok(rows)
}

fn customer(email: &str, line: &Line) -> Result<Customer, String> {
    if !is_address(email) {
        return Err(format!("email: `{}` is no e-mail address", plain(email)));
    }
    let mut fields = Fields::new();
    for (name, holds) in CUSTOMER_FIELDS {
        let Some(cell) = line.get(name).filter(|cell| !cell.is_empty()) else { continue };
        let value = match holds {
            Holds::Text(most) if cell.chars().count() > most => {
                return Err(format!("{name}: longer than {most} characters"));
            }
            Holds::Text(_) => cell.into(),
            Holds::Group => whole(cell)
                .ok_or_else(|| format!("{name}: `{}` is no customer group's id", plain(cell)))?
                .into(),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(Customer { fields })
}

/// As strict as finding the customer again needs: the store judges the rest. A comma would end the address in a
/// list of addresses.
fn is_address(email: &str) -> bool {
    let length = (3..=255).contains(&email.chars().count());
    let named = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    length && named && !email.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Row<Customer>>, String> {
        customers(text.as_bytes(), "people.csv").map_err(|error| error.to_string())
    }

    #[test]
    fn empty_cells_leave_a_field_alone() {
        let rows = read("first_name,email,customer_group_id,notes\nÄnn, a@b.c ,3,\"two\nlines\"\n,b@b.c,,\n")
            .unwrap();
        let fields = |at: usize| serde_json::to_string(&rows[at].wanted.as_ref().unwrap().fields).unwrap();
        assert_eq!((rows[0].line, rows[1].line), (2, 4));
        assert_eq!(rows[0].key, "a@b.c");
        assert_eq!(fields(0), r#"{"customer_group_id":3,"first_name":"Änn","notes":"two\nlines"}"#);
        assert_eq!(fields(1), "{}");
    }

    #[test]
    fn bad_rows_and_columns_are_told() {
        let text =
            format!("email,phone,customer_group_id\nx,,\na@b.c,{},\na@b.c,,gold\na,b@c,,\n", "1".repeat(51));
        let error = read(&text).unwrap_err();
        assert_eq!(error, "people.csv, line 5: the row has 4 cells where the header has 3");
        let rows = read(text.rsplit_once("a,b").unwrap().0).unwrap();
        let reasons: Vec<String> = rows.into_iter().map(|row| row.wanted.unwrap_err()).collect();
        insta::assert_snapshot!(reasons.join("\n"), @r"
        email: `x` is no e-mail address
        phone: longer than 50 characters
        customer_group_id: `gold` is no customer group's id
        ");
        insta::assert_snapshot!(read("email,name\n").unwrap_err(), @"people.csv, line 1, column 2: `name` is no column; known are `email`, `first_name`, `last_name`, `company`, `phone`, `notes`, `customer_group_id`, `tax_exempt_category`");
    }
}
