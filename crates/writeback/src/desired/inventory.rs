//! Desired stock: `sku,quantity[,location_id]`.

use std::io::Read;

use super::table::Table;
use super::{Error, Row};
use crate::fields::{MOST_STOCK, plain};

const COLUMNS: [&str; 3] = ["sku", "quantity", "location_id"];

/// How much of an item shall lie at a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// What shall lie there, 0 to 2,147,483,647.
    pub quantity: i64,
    /// Where; the default location when it is not said.
    pub location_id: Option<i64>,
}

/// Reads the rows of `input`, called `file` in errors.
pub fn inventory(input: impl Read, file: &str) -> Result<Vec<Row<Stock>>, Error> {
    let mut table = Table::open(input, file, &COLUMNS, &COLUMNS[..2])?;
    let mut rows = Vec::new();
    while let Some(line) = table.next()? {
        let key = line.get("sku").unwrap_or_default();
        let quantity = line.get("quantity").unwrap_or_default();
        let location = line.get("location_id").unwrap_or_default();
        rows.push(Row { line: line.number, key: key.to_owned(), wanted: stock(key, quantity, location) });
    }
    Ok(rows)
}

fn stock(sku: &str, quantity: &str, location: &str) -> Result<Stock, String> {
    if sku.is_empty() {
        return Err("the row has no SKU".to_owned());
    }
    let quantity = whole(quantity).ok_or_else(|| {
        format!("quantity: `{}` is no whole number from 0 to {MOST_STOCK}", plain(quantity))
    })?;
    let location_id = match location {
        "" => None,
        text => Some(
            whole(text)
                .filter(|id| *id > 0)
                .ok_or_else(|| format!("location_id: `{}` is no location's id", plain(text)))?,
        ),
    };
    Ok(Stock { quantity, location_id })
}

/// Digits alone, within what the API takes.
pub(super) fn whole(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= MOST_STOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Row<Stock>>, String> {
        inventory(text.as_bytes(), "stock.csv").map_err(|error| error.to_string())
    }

    #[test]
    fn marks_line_ends_order_and_blank_lines_do_not_matter() {
        let rows = read("\u{feff}Location_ID,quantity, SKU \r\n,5,A-1\r\n\r\n,,\r2, 0 ,\"B,\"\"2\"").unwrap();
        let stock = |quantity, location_id| Ok(Stock { quantity, location_id });
        assert_eq!(
            rows,
            [
                Row { line: 2, key: "A-1".into(), wanted: stock(5, None) },
                Row { line: 5, key: "B,\"2".into(), wanted: stock(0, Some(2)) },
            ]
        );
    }

    #[test]
    fn a_bad_row_is_kept_with_its_reason() {
        let rows =
            read("sku,quantity,location_id\nA,-1,\nA,1.5,\nA,2147483648,\n,1,\nA,1,x\nA,1,0\n").unwrap();
        let reasons: Vec<String> = rows.into_iter().map(|row| row.wanted.unwrap_err()).collect();
        insta::assert_snapshot!(reasons.join("\n"), @r"
        quantity: `-1` is no whole number from 0 to 2147483647
        quantity: `1.5` is no whole number from 0 to 2147483647
        quantity: `2147483648` is no whole number from 0 to 2147483647
        the row has no SKU
        location_id: `x` is no location's id
        location_id: `0` is no location's id
        ");
    }

    #[test]
    fn a_mistake_of_form_is_an_error_with_its_place() {
        let long = format!("sku,quantity\nA,{}", "1".repeat(70_000));
        let errors: Vec<String> = [
            "",
            "sku;quantity\nA;1",
            "sku,amount\nA,1",
            "quantity,location_id\n1,1",
            "sku,sku,quantity\nA,A,1",
            "sku,quantity\nA,1\nB,2,3",
            &long,
        ]
        .into_iter()
        .map(|text| read(text).unwrap_err())
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        stock.csv, line 1: the file is empty; its header names `sku`, `quantity`, `location_id`
        stock.csv, line 1: the columns have to be separated by commas
        stock.csv, line 1, column 2: `amount` is no column; known are `sku`, `quantity`, `location_id`
        stock.csv, line 1: the header has no column `sku`
        stock.csv, line 1, column 2: the column `sku` is there twice
        stock.csv, line 3: the row has 3 cells where the header has 2
        stock.csv, line 2, column quantity: the cell is longer than 65536 bytes
        ");
        let latin = inventory(&b"sku,quantity\n\xe4,1\n"[..], "stock.csv").unwrap_err().to_string();
        assert_eq!(latin, "stock.csv, line 2, column 1: this is not UTF-8; save the file as \"CSV UTF-8\"");
    }
}
