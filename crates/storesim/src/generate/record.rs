//! Writes one record as compact JSON, member by member in the order of its shape.

use std::fmt::Write as _;

use super::shape::{Kind, Member};

/// A record being written. Members are set in the order of the shape; those passed over take their
/// defaults, so a caller names only what is special about the record.
pub(crate) struct Record {
    out: String,
    members: &'static [Member],
    next: usize,
}

impl Record {
    pub(crate) fn new(members: &'static [Member], capacity: usize) -> Self {
        let mut out = String::with_capacity(capacity);
        out.push('{');
        Self { out, members, next: 0 }
    }

    /// Writes defaults up to `name`, then the name itself.
    #[expect(clippy::unreachable, reason = "the generator's own words, all of which its tests write")]
    fn seek(&mut self, name: &str) {
        while let Some(member) = self.members.get(self.next) {
            self.next += 1;
            push_name(&mut self.out, member.name);
            if member.name == name {
                return;
            }
            push_default(&mut self.out, member);
        }
        unreachable!("{name} is not a member of this shape, or was set out of its order");
    }

    pub(crate) fn integer(&mut self, name: &str, value: i64) -> &mut Self {
        self.seek(name);
        push_integer(&mut self.out, value);
        self
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.seek(name);
        push_text(&mut self.out, value);
        self
    }

    pub(crate) fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.seek(name);
        self.out.push_str(if value { "true" } else { "false" });
        self
    }

    /// A V3 number given in hundredths: `4950` is written `49.5`.
    pub(crate) fn number(&mut self, name: &str, hundredths: i64) -> &mut Self {
        self.seek(name);
        push_number(&mut self.out, hundredths);
        self
    }

    /// A V2 amount given in ten-thousandths: `495000` is written `"49.5000"`.
    pub(crate) fn amount(&mut self, name: &str, value: i64) -> &mut Self {
        self.seek(name);
        push_amount(&mut self.out, value);
        self
    }

    /// JSON text as it stands.
    pub(crate) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.seek(name);
        self.out.push_str(json);
        self
    }

    pub(crate) fn finish(mut self) -> String {
        for member in &self.members[self.next..] {
            push_name(&mut self.out, member.name);
            push_default(&mut self.out, member);
        }
        self.out.push('}');
        self.out
    }
}

/// Writes `"name":`, with a comma before it unless an object has just begun.
pub(crate) fn push_name(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

/// Writes what a member has when nobody says anything about it.
pub(crate) fn push_default(out: &mut String, member: &Member) {
    let Kind::Object(members) = member.kind else {
        out.push_str(member.default);
        return;
    };
    out.push('{');
    for member in members {
        push_name(out, member.name);
        push_default(out, member);
    }
    out.push('}');
}

/// Writes a JSON string; everything but quotes, backslashes and control characters stays as it is.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                let _ = write!(out, "\\u{other:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

pub(crate) fn push_integer(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push_digits(out, value.unsigned_abs(), 1);
}

/// Decimal digits, at least `width` of them. By hand, since formatting machinery dominates otherwise.
pub(crate) fn push_digits(out: &mut String, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while value > 0 || digits.len() - at < width {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

fn push_number(out: &mut String, hundredths: i64) {
    if hundredths < 0 {
        out.push('-');
    }
    let value = hundredths.unsigned_abs();
    push_digits(out, value / 100, 1);
    match value % 100 {
        0 => {}
        tenths if tenths % 10 == 0 => {
            out.push('.');
            push_digits(out, tenths / 10, 1);
        }
        cents => {
            out.push('.');
            push_digits(out, cents, 2);
        }
    }
}

/// Writes `"12.3400"` from ten-thousandths.
pub(crate) fn push_amount(out: &mut String, value: i64) {
    out.push('"');
    if value < 0 {
        out.push('-');
    }
    push_digits(out, value.unsigned_abs() / 10_000, 1);
    out.push('.');
    push_digits(out, value.unsigned_abs() % 10_000, 4);
    out.push('"');
}
