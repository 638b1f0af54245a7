//! The end of a list that tells neither its size nor the size of its pages, as the lists of V2: a page that is shorter
//! than asked for is the last one, or the store gives no larger ones. Asking for the record behind it tells which, and
//! is paid for where it matters: before anything is called gone, in a proof, and where the page may just be as large as
//! pages get.

use bigcommerce::{Page, Request};

use super::Error;
use super::read::Reading;
use crate::model::change::NoticedBy;

/// The numbers of records to which a store may limit its pages.
const LIMITS: [u64; 7] = [10, 20, 25, 30, 40, 50, 100];

/// Whether `page` leaves open whether it is the last one of a list of which `read` records were read: it is not empty,
/// it is not full, and nothing in it tells. A single record is taken for what it is: some paths know no pages, and one
/// that answers it again cannot be told from one that goes on.
pub(super) fn is_open(page: &Page, read: u64) -> bool {
    read > 1 && !page.is_empty() && (page.len() as u64) < u64::from(page.limit) && page.pagination.is_none()
}

/// Whether it is worth a request to know that a list which is read whole ends behind `read` records. `first` tells
/// whether these are all on one page: where a full one was before, pages are as large as asked for.
///
/// Whatever was read has to be in the mirror.
pub(super) async fn matters(reading: &Reading, read: u64, first: bool) -> Result<bool, Error> {
    if first && (reading.way == NoticedBy::Verify || may_be_full(read)) {
        return Ok(true);
    }
    let stream = reading.stream;
    Ok(reading.listing && reading.writer.run(move |mirror| mirror.count_absent(stream)).await? > 0)
}

/// Whether the list of `request` goes on behind its first `read` records.
pub(super) async fn goes_on(reading: &Reading, request: Request, read: u64) -> Result<bool, Error> {
    let behind = reading.page(&request.query("page", read + 1), 1).await?;
    // More than asked for is what a path shows that knows no pages.
    Ok(behind.len() == 1)
}

/// The largest pages, of at most `most` records, of which one begins behind `read` records.
pub(super) fn page_behind(read: u64, most: u32) -> u32 {
    (1..=most).rev().find(|size| read.is_multiple_of(u64::from(*size))).unwrap_or(1)
}

/// Whether a page of so many records may be as large as a store's pages get.
fn may_be_full(records: u64) -> bool {
    LIMITS.contains(&records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_behind_what_was_read() {
        for (read, most, size) in
            [(50, 50, 50), (50, 250, 50), (500, 250, 250), (263, 250, 1), (264, 250, 132)]
        {
            assert_eq!(page_behind(read, most), size, "{read} {most}");
        }
    }
}
