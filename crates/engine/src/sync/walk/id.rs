//! The walk by ranges of ids: each request asks for the ids above the last one, so that no concurrent edit can
//! shift a record out of sight, and parts of the range can be walked side by side.

use bigcommerce::{Page, Request};
use tokio::task::JoinSet;

use super::Reading;
use crate::model::change::NoticedBy;
use crate::model::stream::Walk;
use crate::model::stream::record::Family;
use crate::storage::{Committed, START, Segment};
use crate::sync::read::Pending;
use crate::sync::{Error, end, plan};

/// Pages that are read one after the other before it is asked whether parts side by side would pay.
const ALONE: u32 = 4;

pub(super) async fn walk(reading: &Reading, segments: &[Segment]) -> Result<Committed, Error> {
    let mut done = Committed::default();
    let mut highest = None;
    let mut reached = 0;
    let mut size = None;
    let mut left: Vec<Segment> = segments.iter().filter(|segment| !segment.done).cloned().collect();
    if let [alone] = left.as_slice()
        && segments.len() == 1
    {
        // What has an end is a part already.
        let is_short = reading.way == NoticedBy::Incremental || alone.upto.is_some();
        let most = if is_short { u32::MAX } else { ALONE };
        let part = part(reading, alone.clone(), most, None).await?;
        done += part.committed;
        if part.segment.done {
            return Ok(done);
        }
        size = part.size;
        (left, highest) = spread(reading, part.segment).await?;
    }
    let mut parts = JoinSet::new();
    for segment in left {
        let reading = reading.clone();
        parts.spawn(async move { part(&reading, segment, u32::MAX, size).await });
    }
    while let Some(ended) = parts.join_next().await {
        match ended.map_err(Error::from).flatten() {
            Ok(part) => {
                done += part.committed;
                reached = reached.max(id(&part.segment.position));
            }
            Err(error) => {
                // None of them may still be reading when the next pass begins.
                parts.shutdown().await;
                return Err(error);
            }
        }
    }
    match highest {
        Some(highest) if highest > reached => Err(hidden(reading, reached, highest)),
        _ => Ok(done),
    }
}

/// The parts in which the rest of the list is walked, several where that pays, and the highest id.
async fn spread(reading: &Reading, reached: Segment) -> Result<(Vec<Segment>, Option<i64>), Error> {
    let highest = highest(reading, reading.question()).await?;
    let segments =
        plan::split(id(&reached.position), highest.unwrap_or(0), reading.limit(), reading.parallel);
    if segments.is_empty() {
        return Ok((vec![reached], highest));
    }
    let (stream, way, saved) = (reading.stream, reading.way, segments.clone());
    reading.writer.run(move |mirror| mirror.save_segments(stream, way, &saved)).await?;
    Ok((segments, highest))
}

/// The highest id of a list, read from its end.
async fn highest(reading: &Reading, list: Request) -> Result<Option<i64>, Error> {
    let Some(Walk::Id { descending, .. }) = &reading.stream.walk else { return Ok(None) };
    if descending.is_empty() {
        return Ok(None);
    }
    let request = descending.iter().fold(list, |request, (name, value)| request.query(name.clone(), value));
    let page = reading.page(&request, 1).await?;
    Ok(reading.records(&page).await.families.first().and_then(|family| family.record.key.id()))
}

/// The store has records above `reached`, and answers ranges that begin there as if it had none.
fn hidden(reading: &Reading, reached: i64, highest: i64) -> Error {
    let asked = format!("above {reached} up to the end");
    let got = format!("nothing, though there is {highest}");
    Error::IdsIgnored { stream: reading.stream.name.clone(), asked, got }
}

/// A part that was walked.
struct Walked {
    /// What became of its records.
    committed: Committed,
    /// How far it came.
    segment: Segment,
    /// How large the store's pages get, once one was seen that was not the last.
    size: Option<u64>,
}

/// Walks one part, at most `most` pages of it, which have `size` records where that is known.
async fn part(
    reading: &Reading,
    mut segment: Segment,
    most: u32,
    mut size: Option<u64>,
) -> Result<Walked, Error> {
    let mut done = Committed::default();
    let mut pending = Pending::default();
    let mut pages = 0;
    let mut more = false;
    while !segment.done && pages < most {
        let after = id(&segment.position);
        let page = reading.page(&request(reading, &segment), reading.limit()).await?;
        if pages == 0 && segment.upto.is_none() {
            tell_total(reading, &page, after);
        }
        let records = reading.records(&page).await;
        let last = last_id(reading, &segment, &page, &records.families)?;
        // Some stores answer a range with nothing. Where the page before promised more, it is asked from the end.
        if page.is_empty()
            && more
            && segment.upto.is_none()
            && let Some(highest) = highest(reading, reading.request()).await?
            && highest > after
        {
            return Err(hidden(reading, after, highest));
        }
        more = promises_more(&page);
        let got = page.len() as u64;
        let ends = at_end(&page, &segment, last, size);
        let open = ends && size.is_none() && !is_upto(&segment, last) && end::is_open(&page, got);
        segment.done = ends && !open;
        segment.position = last.unwrap_or(after).to_string();
        done += pending.settle().await?;
        pending = reading.commit(&page, records, Some(segment.clone()));
        pages += 1;
        if open {
            done += pending.settle().await?;
            pending = Pending::default();
            // The next page tells: it is empty, or goes on with pages as small as this one.
            segment.done = !end::matters(reading, got, true).await?;
            if segment.done {
                let (stream, way, ended) = (reading.stream, reading.way, [segment.clone()]);
                reading.writer.run(move |mirror| mirror.save_segments(stream, way, &ended)).await?;
            }
        }
        size = size.or_else(|| Some(if open { got } else { u64::from(reading.limit()) }));
    }
    done += pending.settle().await?;
    Ok(Walked { committed: done, segment, size })
}

/// Whether the part's last id was reached.
fn is_upto(segment: &Segment, last: Option<i64>) -> bool {
    segment.upto.is_some() && last >= segment.upto
}

fn request(reading: &Reading, segment: &Segment) -> Request {
    let Some(Walk::Id { after, from, upto, ascending, .. }) = &reading.stream.walk else {
        return reading.request();
    };
    let mut request =
        ascending.iter().fold(reading.request(), |request, (name, value)| request.query(name.clone(), value));
    if segment.position != START {
        let reached = id(&segment.position);
        if let Some(after) = after {
            request = request.query(after.clone(), reached);
        } else if let Some(from) = from {
            request = request.query(from.clone(), reached.saturating_add(1));
        }
    }
    if let Some(last) = segment.upto {
        request = request.query(upto.clone(), last);
    }
    request
}

fn tell_total(reading: &Reading, page: &Page, after: i64) {
    if let Some(total) = page.pagination.as_ref().and_then(|pagination| pagination.total)
        && after == 0
    {
        reading.observer.total(reading.stream, total);
    }
}

/// The last id of a page, after a check that the store kept to what was asked: rising ids within the range. None
/// of an empty page.
fn last_id(
    reading: &Reading,
    segment: &Segment,
    page: &Page,
    families: &[Family],
) -> Result<Option<i64>, Error> {
    let mut last = id(&segment.position);
    let refuse = |last: i64, got: String| {
        let upto = segment.upto.map_or("the end".to_owned(), |upto| upto.to_string());
        let asked = format!("above {last} up to {upto}");
        Err(Error::IdsIgnored { stream: reading.stream.name.clone(), asked, got })
    };
    if families.is_empty() && !page.is_empty() {
        // There is nothing to go on from, and more may follow.
        return refuse(last, "records without one".to_owned());
    }
    for family in families {
        let got = family.record.key.id().unwrap_or(0);
        if got <= last || segment.upto.is_some_and(|upto| got > upto) {
            return refuse(last, got.to_string());
        }
        last = got;
    }
    Ok((!families.is_empty()).then_some(last))
}

/// Whether nothing can follow `page`: it reached the last id asked for, or the store says or shows that it is
/// the last one. Where it does not tell how large its pages are, `size` is what they were so far.
fn at_end(page: &Page, segment: &Segment, last: Option<i64>, size: Option<u64>) -> bool {
    if page.is_empty() || is_upto(segment, last) {
        return true;
    }
    let got = page.len() as u64;
    let limit = u64::from(page.limit);
    match &page.pagination {
        Some(told) => match told.total {
            Some(total) => got >= total,
            // A store may serve smaller pages than asked for.
            None => got < told.per_page.map_or(limit, |size| size.min(limit)),
        },
        None => got < size.map_or(limit, |size| size.min(limit)),
    }
}

/// Whether a page that is not the last one has to come after this one.
fn promises_more(page: &Page) -> bool {
    let got = page.len() as u64;
    match page.pagination.as_ref().and_then(|told| told.total) {
        Some(total) => got < total,
        None => got >= u64::from(page.limit),
    }
}

fn id(position: &str) -> i64 {
    position.parse().unwrap_or(0)
}
