//! CSV: which column is which member, and how a cell becomes JSON.

use std::cell::Cell;
use std::sync::OnceLock;

use csv::ByteRecord;

use crate::dates::Form;
use crate::declare::{self as field, Field, Resource, resources as resources_of_store};
use crate::generate::date;
use crate::generate::record::{push_amount, push_default, push_name, push_text};
use crate::generate::shape::{self, Kind, Member};

/// The resources whose rows belong to a record of another one, and the member that says to which.
pub(super) const PARENTS: [(&str, Option<&str>); 10] = [
    ("variants", Some("product_id")),
    ("product_images", Some("product_id")),
    ("product_options", Some("product_id")),
    ("product_modifiers", Some("product_id")),
    ("product_custom_fields", None),
    ("product_bulk_pricing_rules", None),
    ("order_products", Some("order_id")),
    ("order_shipping_addresses", Some("order_id")),
    ("order_coupons", Some("order_id")),
    ("order_fees", None),
];

/// Every resource that a file may be named after: first those whose rows are completed, then those that
/// are taken as they are declared.
pub(super) fn resources() -> &'static [&'static str] {
    static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let shaped = shape::RESOURCES.iter().map(|(name, _)| *name);
        shaped.chain(declared().iter().map(|(name, _)| *name)).collect()
    })
}

/// The members of a resource's CSV rows.
pub(super) fn members(resource: &str) -> &'static [Member] {
    let found =
        || declared().iter().find(|(name, _)| *name == resource).map(|(_, members)| members.as_slice());
    shape::of(resource).or_else(found).unwrap_or_default()
}

/// The parent of a resource's rows: whether there is one, and the member that says which.
pub(super) fn parent(resource: &str) -> Option<Option<&'static str>> {
    if let Some((_, member)) = PARENTS.iter().find(|(child, _)| *child == resource) {
        return Some(*member);
    }
    let (_, resource) = others().find(|(name, _)| *name == resource)?;
    if resource.channels {
        return None;
    }
    resource.parent.as_ref().map(|_| resource.parent_member.as_deref())
}

/// Resources without a table of members of their own.
fn others() -> impl Iterator<Item = (&'static str, &'static Resource)> {
    let named = resources_of_store().iter().map(|resource| (resource.name.as_str(), resource));
    named.filter(|(name, resource)| {
        shape::of(name).is_none()
            && (resource.is_listed() || resource.view_of.is_some())
            && !matches!(*name, "hooks" | "inventory_items")
    })
}

/// Their members, made of the declared fields.
fn declared() -> &'static [(&'static str, Vec<Member>)] {
    static MEMBERS: OnceLock<Vec<(&'static str, Vec<Member>)>> = OnceLock::new();
    MEMBERS.get_or_init(|| {
        let member = |resource: &'static Resource, field: &'static Field| Member {
            name: &field.name,
            kind: match field.kind {
                field::Kind::String(..) | field::Kind::Uuid | field::Kind::Stamp => Kind::Text,
                field::Kind::Integer(..) => Kind::Integer,
                field::Kind::Number | field::Kind::Money(..) => Kind::Number,
                field::Kind::Decimal => Kind::Amount,
                field::Kind::Boolean => Kind::Flag,
                field::Kind::Date => match resource.dates {
                    Form::Zulu => Kind::ZuluDate,
                    Form::Rfc2822 => Kind::MailDate,
                    Form::Offset => Kind::Date,
                    Form::Plain => Kind::Text,
                },
                field::Kind::Object | field::Kind::Array | field::Kind::Any => Kind::Json,
            },
            default: field.default.as_deref().filter(|text| !text.starts_with('$')).unwrap_or("null"),
        };
        let members = |resource: &'static Resource| {
            let served = resource.fields.iter().filter(|field| !field.write_only);
            served.map(|field| member(resource, field)).collect()
        };
        others().map(|(name, resource)| (name, members(resource))).collect()
    })
}

/// Where each member comes from.
pub(super) struct Columns {
    plan: Vec<Plan>,
    members: &'static [Member],
    parent: Option<usize>,
    names: Vec<String>,
}

/// The source of one member.
struct Plan {
    member: &'static Member,
    /// Column, and whether its cells are JSON.
    column: Option<(usize, bool)>,
    /// Columns with a dotted name, for an object.
    inner: Vec<Plan>,
}

/// A record in the making: JSON text of the members that the file gave, by their place in the shape.
pub(super) struct Fields {
    members: &'static [Member],
    texts: Vec<Option<String>>,
    /// Where the last member was found: members are mostly asked for in their order.
    last: Cell<usize>,
}

impl Columns {
    /// Reads a header. An error says which column is not understood.
    pub(super) fn new(
        members: &'static [Member],
        resource: &str,
        header: &ByteRecord,
    ) -> Result<Self, String> {
        let mut columns =
            Self { plan: plans(members), members, parent: None, names: Vec::with_capacity(header.len()) };
        for (index, cell) in header.iter().enumerate() {
            let name = std::str::from_utf8(cell).map_err(|_| "the header is no valid UTF-8".to_owned())?;
            let name = name.trim_start_matches('\u{FEFF}').trim();
            columns.names.push(name.to_owned());
            if name == "parent" && parent(resource).is_some() {
                if columns.parent.replace(index).is_some() {
                    return Err("column parent occurs twice".into());
                }
                continue;
            }
            let (path, json) = match name.strip_suffix(":json") {
                Some(path) => (path, true),
                None => (name, false),
            };
            place(&mut columns.plan, path, (index, json)).map_err(|why| format!("column {name}: {why}"))?;
        }
        Ok(columns)
    }

    /// The parent, where there is a column for it, and the members of one record.
    pub(super) fn read(&self, record: &ByteRecord) -> Result<(Option<i64>, Fields), String> {
        let mut texts = Vec::with_capacity(self.plan.len());
        for plan in &self.plan {
            texts.push(self.value(plan, record)?);
        }
        let parent = match self.parent.map(|index| self.cell(record, index)).transpose()? {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| format!("member parent: '{text}' is no integer"))?),
        };
        Ok((parent, Fields { members: self.members, texts, last: Cell::new(0) }))
    }

    fn value(&self, plan: &Plan, record: &ByteRecord) -> Result<Option<String>, String> {
        if let Some((index, json)) = plan.column {
            let cell = self.cell(record, index)?;
            if cell.is_empty() {
                return Ok(None);
            }
            let text = if json { literal(cell) } else { value(plan.member.kind, cell) };
            return text.map(Some).map_err(|why| format!("member {}: {why}", self.names[index]));
        }
        let Kind::Object(_) = plan.member.kind else { return Ok(None) };
        let mut given = false;
        let mut out = String::from("{");
        for inner in &plan.inner {
            push_name(&mut out, inner.member.name);
            match self.value(inner, record)? {
                Some(text) => {
                    given = true;
                    out.push_str(&text);
                }
                None => push_default(&mut out, inner.member),
            }
        }
        out.push('}');
        Ok(given.then_some(out))
    }

    fn cell<'a>(&self, record: &'a ByteRecord, index: usize) -> Result<&'a str, String> {
        std::str::from_utf8(record.get(index).unwrap_or_default())
            .map_err(|_| format!("member {}: no valid UTF-8", self.names[index]))
    }
}

fn plans(members: &'static [Member]) -> Vec<Plan> {
    let plan = |member: &'static Member| {
        let inner = if let Kind::Object(members) = member.kind { plans(members) } else { Vec::new() };
        Plan { member, column: None, inner }
    };
    members.iter().map(plan).collect()
}

fn place(plans: &mut [Plan], path: &str, column: (usize, bool)) -> Result<(), String> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(at) = plans.iter().position(|plan| plan.member.name == name) else {
        let names: Vec<&str> = plans.iter().map(|plan| plan.member.name).collect();
        return Err(format!("no member {name}; there are {}", names.join(", ")));
    };
    let plan = &mut plans[at];
    match (rest, plan.member.kind) {
        (Some(rest), Kind::Object(_)) => return place(&mut plan.inner, rest, column),
        (Some(_), _) => return Err(format!("{name} has no members")),
        (None, Kind::Object(_) | Kind::Json) if !column.1 => {
            return Err(format!("{name} is not one value; name the column {name}:json"));
        }
        _ => {}
    }
    if plan.column.replace(column).is_some() {
        return Err("it occurs twice".into());
    }
    Ok(())
}

/// A cell that holds JSON.
fn literal(cell: &str) -> Result<String, String> {
    let raw: &serde_json::value::RawValue =
        serde_json::from_str(cell).map_err(|e| format!("no valid JSON: {e}"))?;
    Ok(raw.get().to_owned())
}

/// A cell as JSON text of the member's kind.
fn value(kind: Kind, cell: &str) -> Result<String, String> {
    let trimmed = cell.trim();
    let wrong = |what: &str| Err(format!("'{}' is {what}", shorten(cell)));
    let mut out = String::with_capacity(cell.len() + 2);
    match kind {
        Kind::Integer => match trimmed.parse::<i64>() {
            Ok(number) => out.push_str(&number.to_string()),
            Err(_) => return wrong("no integer"),
        },
        Kind::Number => match literal(trimmed) {
            Ok(text) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => out = text,
            _ => return wrong("no number"),
        },
        Kind::Flag => match trimmed {
            "true" | "1" | "TRUE" | "True" => out.push_str("true"),
            "false" | "0" | "FALSE" | "False" => out.push_str("false"),
            _ => return wrong("neither true nor false"),
        },
        Kind::Text | Kind::Json | Kind::Object(_) => push_text(&mut out, cell),
        Kind::Amount => match amount(trimmed) {
            Some(value) => push_amount(&mut out, value),
            None => return wrong("no amount with at most four decimals"),
        },
        Kind::Rate => match rate(trimmed) {
            Some(text) => push_text(&mut out, &text),
            None => return wrong("no rate with at most ten decimals"),
        },
        Kind::Date | Kind::ZuluDate | Kind::MailDate => match seconds(trimmed) {
            Some(at) => push_text(&mut out, &written(kind, at)),
            None => return wrong("no date; write it like 2026-06-18T12:05:04Z"),
        },
    }
    Ok(out)
}

fn written(kind: Kind, seconds: i64) -> String {
    match kind {
        Kind::ZuluDate => date::zulu(seconds),
        Kind::MailDate => date::rfc2822(seconds),
        _ => date::catalog(seconds),
    }
}

/// ISO 8601 with a zone, without one (which counts as UTC) or a date alone, RFC 2822, or Unix seconds.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        return at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp().as_second());
    }
    if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
        return Some(at.timestamp().as_second());
    }
    let at = text.parse::<i64>().ok()?;
    jiff::Timestamp::from_second(at).ok().map(|_| at)
}

/// A decimal number in ten-thousandths; `None` when it has more than four decimals or is too large.
pub(super) fn amount(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let usable = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 13 || fraction.len() > 4 || !usable(whole) || !usable(fraction) {
        return None;
    }
    let mut value: i64 = whole.parse().ok()?;
    for place in 0..4 {
        value = value * 10 + fraction.as_bytes().get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Some(if negative { -value } else { value })
}

fn rate(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let usable = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 13 || fraction.len() > 10 || !usable(whole) || !usable(fraction) {
        return None;
    }
    Some(format!("{whole}.{fraction:0<10}"))
}

/// The beginning of a cell, for an error message.
fn shorten(cell: &str) -> String {
    let mut text: String = cell.chars().take(40).collect();
    if text.len() < cell.len() {
        text.push('…');
    }
    text
}

impl Fields {
    #[expect(clippy::unreachable, reason = "the importer's own words, never those of a file")]
    fn at(&self, name: &str) -> usize {
        let start = self.last.get();
        let (before, after) = self.members.split_at(start);
        let found = after.iter().position(|member| member.name == name).map(|at| start + at);
        let found = found.or_else(|| before.iter().position(|member| member.name == name));
        let found = found.unwrap_or_else(|| unreachable!("{name} is not a member of this shape"));
        self.last.set(found);
        found
    }

    /// The JSON text of a member, if it was given or filled in.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.texts[self.at(name)].as_deref()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    pub(super) fn amount(&self, name: &str) -> Option<i64> {
        amount(self.get(name)?.trim_matches('"'))
    }

    /// Sets a member unless the file gave it; `text` is JSON.
    pub(super) fn fill(&mut self, name: &str, text: impl FnOnce() -> String) {
        let at = self.at(name);
        if self.texts[at].is_none() {
            self.texts[at] = Some(text());
        }
    }

    pub(super) fn fill_integer(&mut self, name: &str, value: i64) {
        self.fill(name, || value.to_string());
    }

    pub(super) fn fill_text(&mut self, name: &str, value: &str) {
        self.fill(name, || quoted(value));
    }

    pub(super) fn fill_amount(&mut self, name: &str, value: i64) {
        self.fill(name, || {
            let mut out = String::with_capacity(16);
            push_amount(&mut out, value);
            out
        });
    }

    /// Gives `name` what `other` has.
    pub(super) fn fill_from(&mut self, name: &str, other: &str) {
        let text = self.get(other).map(str::to_owned);
        if let Some(text) = text {
            self.fill(name, || text);
        }
    }

    pub(super) fn fill_date(&mut self, name: &str, seconds: i64) {
        let kind = self.members[self.at(name)].kind;
        self.fill(name, || quoted(&written(kind, seconds)));
    }

    /// The whole record: what is still missing takes its default.
    pub(super) fn write(&self) -> String {
        let mut out = String::with_capacity(256 + self.members.len() * 32);
        out.push('{');
        for (member, text) in self.members.iter().zip(&self.texts) {
            push_name(&mut out, member.name);
            match text {
                Some(text) => out.push_str(text),
                None => push_default(&mut out, member),
            }
        }
        out.push('}');
        out
    }
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_text(&mut out, text);
    out
}
