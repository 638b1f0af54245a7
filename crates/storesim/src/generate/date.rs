//! Dates in the three forms of the API, made from Unix seconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::record::push_digits;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A catalog date: `2026-06-18T12:05:04+00:00`.
pub(crate) fn catalog(seconds: i64) -> String {
    iso(seconds, "+00:00")
}

/// A date of a customer or a location: `2026-06-18T12:05:04Z`.
pub(crate) fn zulu(seconds: i64) -> String {
    iso(seconds, "Z")
}

/// A V2 date, RFC 2822: `Thu, 18 Jun 2026 12:05:04 +0000`.
pub(crate) fn rfc2822(seconds: i64) -> String {
    let at = civil(seconds);
    let mut out = String::with_capacity(31);
    out.push_str(WEEKDAYS[at.weekday().to_monday_zero_offset() as usize]);
    out.push_str(", ");
    push_digits(&mut out, at.day() as u64, 2);
    out.push(' ');
    out.push_str(MONTHS[at.month() as usize - 1]);
    out.push(' ');
    push_digits(&mut out, at.year().unsigned_abs().into(), 4);
    out.push(' ');
    push_time(&mut out, at);
    out.push_str(" +0000");
    out
}

fn iso(seconds: i64, zone: &str) -> String {
    let at = civil(seconds);
    let mut out = String::with_capacity(25);
    push_digits(&mut out, at.year().unsigned_abs().into(), 4);
    out.push('-');
    push_digits(&mut out, at.month() as u64, 2);
    out.push('-');
    push_digits(&mut out, at.day() as u64, 2);
    out.push('T');
    push_time(&mut out, at);
    out.push_str(zone);
    out
}

fn push_time(out: &mut String, at: DateTime) {
    push_digits(out, at.hour() as u64, 2);
    out.push(':');
    push_digits(out, at.minute() as u64, 2);
    out.push(':');
    push_digits(out, at.second() as u64, 2);
}

/// The calendar date and time at UTC; seconds beyond the calendar count as 1970.
fn civil(seconds: i64) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
}
