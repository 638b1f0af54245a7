//! Walks a list page by page, and asks in smaller pieces where an answer is too large.
//!
//! Where the walk stands and what comes next ([`Walk`]) is pure. A walk by page numbers keeps its place
//! as a count of records: a page number only means that place when the place is a multiple of the page
//! size, so a smaller (or again larger) size is chosen among its divisors. No record is lost or doubled.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use futures::{Stream, stream};
use serde_json::value::RawValue;

use super::{Page, Paging};
use crate::client::Inner;
use crate::{Error, Request, send};

/// The largest page of a V2 list; a larger `limit` is lowered without a word, which would make every page
/// look like the last (the reference states 250 wherever it states a maximum).
const LARGEST_V2: u32 = 250;

/// How often a page whose body breaks off without an error is asked for again.
const MOST_CUTS: u32 = 4;

/// One page from where the request says (`page`, or a cursor, or the beginning).
pub(crate) async fn one(client: &Inner, request: &Request, limit: u32) -> Result<Page, Error> {
    let mut limit = limit.max(1);
    let asked =
        request.query_value("page").and_then(|page| page.parse::<u32>().ok()).filter(|page| *page > 0);
    let offset = asked.map_or(0, |page| u64::from(page - 1) * u64::from(limit));
    loop {
        let number = asked.map(|_| page_number(offset, limit));
        let mut smaller = request.with_query("limit", limit);
        if let Some(number) = number {
            smaller = smaller.with_query("page", number);
        }
        match fetch(client, &smaller, limit, number).await {
            Err(Error::TooLarge { .. }) if limit > 1 => limit = shrink(offset, limit),
            result => return result,
        }
    }
}

/// All pages, one after the other.
pub(crate) fn all(
    client: Arc<Inner>,
    request: Request,
    paging: Paging,
    limit: u32,
) -> impl Stream<Item = Result<Page, Error>> + Send + use<> {
    let walk = Walk::new(&request, paging, limit);
    stream::try_unfold((client, request, walk), |(client, request, mut walk)| async move {
        while !walk.done {
            let (ask, number) = walk.ask(&request);
            match fetch(&client, &ask, walk.limit, number).await {
                Err(Error::TooLarge { .. }) if walk.limit > 1 => walk.too_large(),
                Err(error) => return Err(error),
                Ok(page) => match walk.took(&page, client.max_body)? {
                    Taken::Keep => return Ok(Some((page, (client, request, walk)))),
                    Taken::AskAgain => {}
                    Taken::End => return Ok(None),
                },
            }
        }
        Ok(None)
    })
}

async fn fetch(client: &Inner, request: &Request, limit: u32, number: Option<u32>) -> Result<Page, Error> {
    let mut cuts = 0;
    loop {
        let response = send::send(client, request).await.map_err(|error| of_page(error, limit))?;
        match Page::read(response, limit, number) {
            Ok(page) => return Ok(page),
            Err(broken) if broken.cut_short && cuts < MOST_CUTS => {
                cuts += 1;
                send::pause_after_cut(client, cuts).await;
            }
            Err(broken) => return Err(broken.error),
        }
    }
}

fn of_page(mut error: Error, limit: u32) -> Error {
    if let Error::TooLarge { records, .. } = &mut error {
        *records = Some(limit);
    }
    error
}

/// The number of the page of `limit` records that begins at `offset`.
fn page_number(offset: u64, limit: u32) -> u32 {
    u32::try_from((offset / u64::from(limit)).saturating_add(1)).unwrap_or(u32::MAX)
}

/// The largest page size of at most half of `limit` that has a page beginning at `offset`.
fn shrink(offset: u64, limit: u32) -> u32 {
    (1..=(limit / 2).max(1)).rev().find(|size| offset.is_multiple_of(u64::from(*size))).unwrap_or(1)
}

/// The numbers of records to which a store may limit its pages.
const LIMITS: [u64; 7] = [10, 20, 25, 30, 40, 50, 100];

/// Whether a page of so many records may be as large as a store's pages get.
fn may_be_full(records: u64) -> bool {
    LIMITS.contains(&records)
}

/// What to do with a page that came.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// Hand it out.
    Keep,
    /// It is not the page that was meant: ask again.
    AskAgain,
    /// It tells that there was nothing more.
    End,
}

/// Where a walk stands.
#[derive(Debug)]
struct Walk {
    paging: Paging,
    asked: u32,
    limit: u32,
    offset: u64,
    after: Option<String>,
    done: bool,
    /// The first and last record of the page before, and every cursor used, as digests.
    before: Option<u64>,
    cursors: HashSet<u64>,
    digests: RandomState,
}

impl Walk {
    fn new(request: &Request, paging: Paging, limit: u32) -> Self {
        let most = if paging == Paging::V2 { LARGEST_V2 } else { u32::MAX };
        let limit = limit.clamp(1, most);
        let page = request.query_value("page").and_then(|page| page.parse::<u64>().ok()).unwrap_or(1);
        let offset = page.saturating_sub(1).saturating_mul(u64::from(limit));
        let after = request.query_value("after").map(str::to_owned);
        let after = after.filter(|_| matches!(paging, Paging::Cursor | Paging::Keyset(_)));
        Self {
            paging,
            asked: limit,
            limit,
            offset,
            after,
            done: false,
            before: None,
            cursors: HashSet::new(),
            digests: RandomState::new(),
        }
    }

    /// The request for the next page, and its number where it has one.
    fn ask(&self, request: &Request) -> (Request, Option<u32>) {
        match self.paging {
            Paging::Offset | Paging::V2 => {
                let number = page_number(self.offset, self.limit);
                (request.with_query("limit", self.limit).with_query("page", number), Some(number))
            }
            Paging::Cursor | Paging::Keyset(_) => {
                let ask = request.with_query("limit", self.limit).without_query("page");
                match &self.after {
                    Some(after) => (ask.with_query("after", after), None),
                    None => (ask, None),
                }
            }
            Paging::None => (request.with_query("limit", self.limit), None),
        }
    }

    /// The page did not fit: the next request asks for fewer.
    fn too_large(&mut self) {
        let offset = if matches!(self.paging, Paging::Offset | Paging::V2) { self.offset } else { 0 };
        self.limit = shrink(offset, self.limit);
    }

    fn took(&mut self, page: &Page, max_body: usize) -> Result<Taken, Error> {
        let taken = match self.paging {
            Paging::None => {
                self.done = true;
                Taken::Keep
            }
            Paging::Cursor if page.cursor.is_none() && self.after.is_none() && page.pagination.is_some() => {
                self.paging = Paging::Offset;
                self.took_number(page)?
            }
            Paging::Cursor => self.took_cursor(page)?,
            Paging::Keyset(member) => self.took_keyset(page, member)?,
            Paging::Offset | Paging::V2 => self.took_number(page)?,
        };
        if taken == Taken::Keep && self.limit < self.asked && !self.done {
            self.grow(page, max_body);
        }
        Ok(taken)
    }

    fn took_cursor(&mut self, page: &Page) -> Result<Taken, Error> {
        let next = page.cursor.as_ref().and_then(|cursor| {
            let full = page.len() as u64 >= cursor.per_page.unwrap_or(u64::from(self.limit));
            let more = if cursor.has_links { cursor.next.is_some() } else { full };
            cursor.end_cursor.clone().filter(|_| more && !page.is_empty())
        });
        match next {
            None => self.done = true,
            Some(next) => {
                if !self.cursors.insert(self.digests.hash_one(&next)) {
                    return Err(page
                        .invalid("the cursor of the next page was given before: the list goes in circles"));
                }
                self.after = Some(next);
            }
        }
        Ok(Taken::Keep)
    }

    /// Goes on behind the last record. What the envelope counts is not described, so that only an empty page
    /// is the end, or a first one that says it is everything.
    fn took_keyset(&mut self, page: &Page, member: &str) -> Result<Taken, Error> {
        let everything = page.pagination.as_ref().and_then(|told| told.total) == Some(page.len() as u64);
        if page.is_empty() || (everything && self.after.is_none()) {
            self.done = true;
            return Ok(if page.is_empty() && self.after.is_some() { Taken::End } else { Taken::Keep });
        }
        let last = page.records().next_back().unwrap_or_default();
        let members: HashMap<String, &RawValue> =
            serde_json::from_str(last).map_err(|error| page.invalid(error))?;
        let key = members.get(member).map(|raw| raw.get().trim_matches('"').to_owned());
        let Some(key) = key else {
            return Err(page.invalid(format!("its last record has no `{member}` to go on behind")));
        };
        if !self.cursors.insert(self.digests.hash_one(&key)) {
            return Err(page.invalid("the last record was there before: the list goes in circles"));
        }
        self.after = Some(key);
        Ok(Taken::Keep)
    }

    fn took_number(&mut self, page: &Page) -> Result<Taken, Error> {
        let count = page.len() as u64;
        if page.is_empty() {
            self.done = true;
            // The first page is handed out even so: its envelope may matter.
            return Ok(if self.before.is_none() { Taken::Keep } else { Taken::End });
        }
        let told = page.pagination.as_ref();
        let size =
            told.and_then(|told| told.per_page).filter(|size| *size > 0).unwrap_or(u64::from(self.limit));
        if size < u64::from(self.limit) {
            // The store allows no pages as large as that, and counts them in its own size.
            let size = size as u32;
            self.asked = size;
            if self.offset == 0 {
                self.limit = size;
            } else {
                self.limit = shrink(self.offset, size.saturating_mul(2));
                return Ok(Taken::AskAgain);
            }
        }
        if told.is_none()
            && self.paging == Paging::V2
            && self.offset == 0
            && count < u64::from(self.limit)
            && may_be_full(count)
        {
            // Nothing tells how large its pages are. The next one shows whether this was the last.
            self.limit = count as u32;
            self.asked = self.limit;
        }
        let ends = page.records().next().zip(page.records().next_back());
        let digest = self.digests.hash_one(ends);
        if self.before.replace(digest) == Some(digest) {
            if told.is_none() {
                // The endpoint knows no pages: the first held everything.
                self.done = true;
                return Ok(Taken::End);
            }
            return Err(page.invalid("the page is the same as the one before: the list goes in circles"));
        }
        let place = self.offset.saturating_add(u64::from(self.limit));
        let more = match told {
            _ if count > u64::from(self.limit) => false,
            Some(told) => match (told.total_pages, told.total) {
                (Some(pages), _) => place.div_ceil(u64::from(self.limit)) < pages || told.next.is_some(),
                (None, _) if told.has_links => told.next.is_some(),
                (None, Some(total)) => place < total,
                (None, None) => count >= u64::from(self.limit),
            },
            None => count >= u64::from(self.limit),
        };
        self.offset = place;
        self.done = !more;
        Ok(Taken::Keep)
    }

    /// Goes back towards the page size that was asked for, where the last page lets expect that it fits.
    fn grow(&mut self, page: &Page, max_body: usize) {
        let each = page.bytes() / page.len().max(1) + 1;
        let fits = u32::try_from(max_body / 2 / each).unwrap_or(u32::MAX).min(self.asked);
        let by_number = matches!(self.paging, Paging::Offset | Paging::V2);
        let begins = |size: &u32| !by_number || self.offset.is_multiple_of(u64::from(*size));
        // A page size without bound would make this search long; beyond a few thousand nobody gains.
        if let Some(larger) = (self.limit + 1..=fits.min(10_000)).rev().find(begins) {
            self.limit = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_page_begins_where_the_larger_did() {
        let table = [(0, 250, 125), (0, 125, 62), (0, 62, 31), (0, 3, 1), (250, 250, 125), (250, 125, 50)];
        for (offset, limit, expected) in table {
            assert_eq!(shrink(offset, limit), expected, "{offset} {limit}");
        }
        for offset in [0_u64, 250, 1000, 124, 97] {
            let mut limit = 250;
            while limit > 1 {
                let smaller = shrink(offset, limit);
                assert!(smaller <= limit / 2 && offset.is_multiple_of(u64::from(smaller)));
                limit = smaller;
            }
        }
        assert_eq!(page_number(250, 125), 3);
        assert_eq!(page_number(u64::MAX, 1), u32::MAX);
    }
}
