//! Parquet: rows are gathered to groups, each written column by column.

use std::fs::File;
use std::io;
use std::sync::Arc;

use baxter_engine::model::stream::column::Type;
use jiff::Timestamp;
use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rust_decimal::Decimal;

use super::Sink;
use super::column::{Column, Value};

/// Rows of a group, and bytes of their texts: what is held in memory at most.
const GROUP_ROWS: usize = 50_000;
const GROUP_BYTES: usize = 16 << 20;

/// Digits behind the point of an amount.
const SCALE: u32 = 10;

pub struct Parquet {
    columns: Vec<(Column, Gathered)>,
    rows: usize,
    bytes: usize,
    writer: SerializedFileWriter<File>,
}

/// The values of one column in the group, less the nulls, which are zeros among the levels.
struct Gathered {
    levels: Vec<i16>,
    values: Values,
    lost: u64,
}

enum Values {
    Integers(Vec<i64>),
    Booleans(Vec<bool>),
    Decimals(Vec<FixedLenByteArray>),
    Texts(Vec<ByteArray>),
}

impl Parquet {
    pub fn new(columns: &[Column], out: File) -> io::Result<Self> {
        let members: Vec<String> = columns.iter().map(member).collect();
        let schema = parse_message_type(&format!("message baxter {{ {} }}", members.join(" ")))?;
        let created_by = concat!("baxter ", env!("CARGO_PKG_VERSION"));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(created_by.to_owned())
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        let columns = columns.iter().map(|column| (column.clone(), Gathered::new(column.r#type))).collect();
        Ok(Parquet { columns, rows: 0, bytes: 0, writer })
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (_, gathered) in &mut self.columns {
            gathered.write(&mut group)?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

/// A column in the words of Parquet's schema.
fn member(column: &Column) -> String {
    let name = &column.name;
    match column.r#type {
        Type::Integer => format!("OPTIONAL INT64 {name};"),
        Type::Boolean => format!("OPTIONAL BOOLEAN {name};"),
        Type::Decimal => format!("OPTIONAL FIXED_LEN_BYTE_ARRAY (16) {name} (DECIMAL (38, {SCALE}));"),
        Type::Time => format!("OPTIONAL INT64 {name} (TIMESTAMP (MICROS, true));"),
        Type::Text => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
        Type::Json => format!("OPTIONAL BYTE_ARRAY {name} (JSON);"),
    }
}

impl Gathered {
    fn new(r#type: Type) -> Gathered {
        let values = match r#type {
            Type::Integer | Type::Time => Values::Integers(Vec::new()),
            Type::Boolean => Values::Booleans(Vec::new()),
            Type::Decimal => Values::Decimals(Vec::new()),
            Type::Text | Type::Json => Values::Texts(Vec::new()),
        };
        Gathered { levels: Vec::new(), values, lost: 0 }
    }

    /// Takes a value; answers how much memory its text takes.
    fn take(&mut self, r#type: Type, value: Value) -> usize {
        let is_null = value == Value::Null;
        let bytes = if let Value::Text(text) = &value { text.len() } else { 8 };
        let taken = match (&mut self.values, value) {
            (Values::Integers(values), Value::Integer(number)) => keep(values, Some(number)),
            (Values::Integers(values), Value::Text(text)) if r#type == Type::Time => {
                keep(values, text.parse().ok().map(|time: Timestamp| time.as_microsecond()))
            }
            (Values::Booleans(values), Value::Boolean(is)) => keep(values, Some(is)),
            (Values::Decimals(values), Value::Text(text)) => keep(values, decimal(&text)),
            (Values::Texts(values), Value::Text(text)) => {
                keep(values, Some(ByteArray::from(text.into_bytes())))
            }
            _ => false,
        };
        self.levels.push(i16::from(taken));
        self.lost += u64::from(!taken && !is_null);
        bytes
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, File>) -> io::Result<()> {
        let levels = std::mem::take(&mut self.levels);
        let Some(mut column) = group.next_column()? else {
            return Err(io::Error::other("the schema has fewer columns than the stream"));
        };
        let levels = Some(levels.as_slice());
        match &mut self.values {
            Values::Integers(values) => {
                column.typed::<Int64Type>().write_batch(&std::mem::take(values), levels, None)
            }
            Values::Booleans(values) => {
                column.typed::<BoolType>().write_batch(&std::mem::take(values), levels, None)
            }
            Values::Decimals(values) => {
                column.typed::<FixedLenByteArrayType>().write_batch(&std::mem::take(values), levels, None)
            }
            Values::Texts(values) => {
                column.typed::<ByteArrayType>().write_batch(&std::mem::take(values), levels, None)
            }
        }?;
        Ok(column.close()?)
    }
}

fn keep<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    values.extend(value);
    is_some
}

/// An amount as Parquet has it: its digits without the point, of which [`SCALE`] stand behind it, in 16 bytes.
fn decimal(text: &str) -> Option<FixedLenByteArray> {
    let exact = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()?.normalize();
    let digits = exact.mantissa().checked_mul(10i128.pow(SCALE.checked_sub(exact.scale())?))?;
    let fits = digits.unsigned_abs() < 10u128.pow(38);
    fits.then(|| ByteArray::from(digits.to_be_bytes().to_vec()).into())
}

impl Sink for Parquet {
    fn row(&mut self, values: Vec<Value>) -> io::Result<()> {
        for ((column, gathered), value) in self.columns.iter_mut().zip(values) {
            self.bytes += gathered.take(column.r#type, value);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<Vec<(String, u64)>> {
        self.write_group()?;
        self.writer.finish()?;
        let lost = self.columns.into_iter().filter(|(_, gathered)| gathered.lost > 0);
        Ok(lost.map(|(column, gathered)| (column.name, gathered.lost)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_not_there() {
        let digits = |text: &str| {
            decimal(text).map(|bytes| i128::from_be_bytes(bytes.data().try_into().expect("sixteen bytes")))
        };
        assert_eq!(digits("39.9000"), Some(399_000_000_000));
        assert_eq!(digits("-0.0000000001"), Some(-1));
        assert_eq!(digits("1e3"), Some(10_000_000_000_000));
        assert_eq!(digits("9999999999999999.99"), Some(99_999_999_999_999_999_900_000_000));
        for none in ["0.00000000001", "", "x"] {
            assert_eq!(digits(none), None, "{none}");
        }
    }
}
