//! The API's date forms: RFC 3339 in V3, RFC 2822 with `+0000` in V2.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// How a resource writes its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// `2026-06-18T14:16:14+00:00`, as the catalog does.
    #[default]
    Offset,
    /// `2026-06-18T14:16:14Z`, as customers and locations do.
    Zulu,
    /// `Thu, 18 Jun 2026 14:16:14 +0000`, as V2 does.
    Rfc2822,
    /// `2026-06-18 14:16:14`, as V2 customer groups do.
    Plain,
}

impl Form {
    /// Writes unix seconds.
    pub fn write(self, seconds: i64) -> String {
        let at = at(seconds);
        match self {
            Form::Offset => at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            Form::Zulu => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Form::Rfc2822 => rfc2822(seconds),
            Form::Plain => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `Thu, 18 Jun 2026 14:16:14 +0000`.
pub(crate) fn rfc2822(seconds: i64) -> String {
    at(seconds).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `Thu, 18 Jun 2026 14:16:14 GMT`, for the `Date` header.
pub(crate) fn http(seconds: i64) -> String {
    at(seconds).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads any of the forms the API takes, to unix seconds. A time without a zone is UTC. A bare date
/// gets the time of day of `now` (parameter text of `date_modified:min` in products_catalog.v3.yml).
pub(crate) fn parse(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        return Some(midnight + now.rem_euclid(86_400));
    }
    if text.as_bytes()[0].is_ascii_digit() && text.contains('-') {
        // An unescaped `+` of the offset arrives as a space.
        let text = match text.rfind(' ') {
            Some(gap) if gap > 10 => Cow::Owned(format!("{}+{}", &text[..gap], &text[gap + 1..])),
            _ => Cow::Borrowed(text),
        };
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at.as_second());
        }
        if let Ok(at) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text.as_ref()) {
            return Some(at.as_second());
        }
        return text
            .parse::<jiff::civil::DateTime>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp().as_second());
    }
    let text = match text.strip_suffix(" 0000") {
        Some(rest) => Cow::Owned(format!("{rest} +0000")),
        None => Cow::Borrowed(text),
    };
    rfc2822::DateTimeParser::new().parse_timestamp(text.as_ref()).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back() {
        let at = 1_781_792_174;
        for form in [Form::Offset, Form::Zulu, Form::Rfc2822, Form::Plain] {
            assert_eq!(parse(&form.write(at), 0), Some(at), "{}", form.write(at));
        }
        for text in [
            "2026-06-18T14:16:14",
            "2026-06-18 14:16:14",
            "2026-06-18T10:16:14-0400",
            "2026-06-18T14:16:14 00:00",
            "Thu, 18 Jun 2026 14:16:14 0000",
            "Thu, 18 Jun 2026 14:16:14 GMT",
        ] {
            assert_eq!(parse(text, 0), Some(at), "{text}");
        }
        assert_eq!(parse("2026-06-18", 14 * 3600 + 16 * 60 + 14), Some(at));
        for text in ["", "soon", "2026-13-01", "12"] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }
}
