//! Lists of records: one page, all pages, or record by record.

use std::fmt::Display;
use std::marker::PhantomData;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::resource::Record;
use crate::{Client, Error, Page, Priority, Request};

/// A list about to be read: one page ([`send`](Self::send)), page by page ([`pages`](Self::pages)), record
/// by record ([`records`](Self::records)), or everything at once ([`all`](Self::all)).
///
/// The streams ask for a page when the one before is used up, so a list of millions needs no more memory
/// than a page.
#[derive(Debug, Clone)]
#[must_use = "a list is read through `send`, `pages`, `records` or `all`"]
pub struct List<T> {
    client: Client,
    request: Request,
    limit: Option<u32>,
    kind: PhantomData<fn() -> T>,
}

/// One page of a list, decoded.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The records.
    pub records: Vec<T>,
    /// The page they came in: how many there are in all, where it stands, and each record's own text.
    pub page: Page,
}

impl<T> List<T> {
    pub(crate) fn new(client: Client, request: Request) -> Self {
        Self { client, request, limit: None, kind: PhantomData }
    }

    /// Adds a filter or another query parameter, such as `("price:min", 10)` or `("id:in", "1,2,3")`.
    pub fn filter(mut self, name: &str, value: impl Display) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    /// Adds a filter over several values, such as `("id:in", [1, 2, 3])`.
    pub fn any_of(self, name: &str, values: impl IntoIterator<Item: Display>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.filter(name, values.join(","))
    }

    /// Lets through what was modified at this time or later, to the second: `date_modified:min`, or `min_date_modified`
    /// of V2.
    ///
    /// Not every list has this filter, and one that has none passes over it in silence; products, customers, orders and
    /// metafields have it. An edit of a variant does not move its product's time.
    ///
    /// ```no_run
    /// # async fn example(client: bigcommerce::Client) -> Result<(), bigcommerce::Error> {
    /// use bigcommerce::Timestamp;
    ///
    /// let yesterday = Timestamp::now() - std::time::Duration::from_secs(24 * 3600);
    /// let orders = client.orders().list().modified_since(yesterday).all().await?;
    /// println!("{} orders", orders.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn modified_since(self, at: Timestamp) -> Self {
        let name = match self.request.path().starts_with("/v2/") {
            true => "min_date_modified",
            false => "date_modified:min",
        };
        // The filters know no fractions.
        let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
        self.filter(name, whole)
    }

    /// Asks for sub-resources, such as `variants,images`.
    pub fn include(self, names: &str) -> Self {
        self.filter("include", names)
    }

    /// Asks for these members only, such as `id,name,price`.
    pub fn fields(self, names: &str) -> Self {
        self.filter("include_fields", names)
    }

    /// Sets the order, such as `date_modified`.
    pub fn sort(self, by: &str) -> Self {
        self.filter("sort", by)
    }

    /// Sets the page size.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Begins at this page, counted from 1.
    pub fn page(self, number: u32) -> Self {
        self.filter("page", number)
    }

    /// Sets how urgent it is.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.request = self.request.priority(priority);
        self
    }
}

impl<T: Record> List<T> {
    /// Asks for one page: the first, or the one that [`page`](Self::page) named.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn send(self) -> Result<Listed<T>, Error> {
        let page = self.client.page(&self.request, self.limit.unwrap_or(T::SHAPE.limit)).await?;
        listed(page)
    }

    /// Page after page, from the first to the last.
    pub fn pages(self) -> impl Stream<Item = Result<Listed<T>, Error>> + Send + use<T> {
        let limit = self.limit.unwrap_or(T::SHAPE.limit);
        self.client.pages(self.request, T::SHAPE.paging, limit).map(|page| page.and_then(listed))
    }

    /// Record after record. One that cannot be decoded is an error, after which the walk goes on; after
    /// any other error it is over.
    pub fn records(self) -> impl Stream<Item = Result<T, Error>> + Send + use<T> {
        let limit = self.limit.unwrap_or(T::SHAPE.limit);
        self.client
            .pages(self.request, T::SHAPE.paging, limit)
            .map_ok(|page| stream::iter(page.records().map(|record| page.record(record)).collect::<Vec<_>>()))
            .try_flatten()
            .fuse()
    }

    /// Everything, in memory.
    ///
    /// # Errors
    /// The first error of any page or record.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.records().try_collect().await
    }

    /// The first record, if there is one.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn first(self) -> Result<Option<T>, Error> {
        let listed = self.limit(1).send().await?;
        Ok(listed.records.into_iter().next())
    }
}

fn listed<T: Record>(page: Page) -> Result<Listed<T>, Error> {
    Ok(Listed { records: page.decode()?, page })
}
