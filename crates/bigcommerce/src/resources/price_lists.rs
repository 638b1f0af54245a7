//! Price lists, their records and whom they are for (`reference/price_lists.v3.yml`).

use super::batch::{Batch, Report, Rule, carry};
use super::product_parts::BulkPricingType;
use super::resource::{Resource, first, missing, raw, resource, segment};
use crate::model::{draft, record};
use crate::{Amount, Error, Request, Time};

record! {
    /// A list of prices that hold for a customer group, a channel, or a group in a channel.
    PriceList {
        /// The key.
        id: i64,
        /// The name, unique in the store.
        name: String,
        active: bool,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// A price list to be created.
    NewPriceList(name: String),
    /// Changes of a price list.
    PriceListUpdate {
        active: bool,
    }
}

resource!(PriceList { "/v3/pricelists", Cursor, "id": i64, Path, Path },
    get, create NewPriceList, update PriceListUpdate, delete);

impl Resource<PriceList> {
    /// The prices of a list.
    pub fn records(&self, list: i64) -> Resource<PriceRecord> {
        self.below(format!("{}/{list}/records", self.path))
    }
}

record! {
    /// The price of a variant in a currency. Its key is the list, the variant and the currency.
    PriceRecord {
        price_list_id: i64,
        variant_id: i64,
        product_id: i64,
        /// Only with `include=sku`.
        sku: String,
        /// ISO 4217, in either case.
        currency: String,
        price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        /// The sale price if there is one, else the price.
        calculated_price: Amount,
        date_created: Time,
        date_modified: Time,
        /// Only with `include=bulk_pricing_tiers`.
        bulk_pricing_tiers: Vec<BulkPricingTier>,
    }
}

record! {
    /// A price for larger quantities in a list.
    BulkPricingTier {
        quantity_min: i64,
        /// `None` for no upper end.
        quantity_max: i64,
        r#type: BulkPricingType,
        amount: Amount,
    }
}

draft! {
    /// A price to be written into a list. It replaces the one of the same variant and currency.
    PriceRecordDraft(currency: String) {
        /// This or `sku`.
        variant_id: i64,
        /// Not the SKU of a product that has variants.
        sku: String,
        price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        bulk_pricing_tiers: Vec<BulkPricingTier>,
    }
}

draft! {
    /// The price of a variant in a currency, both named by the path.
    PriceRecordUpdate() {
        price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        bulk_pricing_tiers: Vec<BulkPricingTier>,
    }
}

resource!(PriceRecord { "/v3/pricelists/{price_list_id}/records", Cursor, "variant_id": i64, Filter("variant_id:in"), Filter("variant_id:in") },
    delete);

impl Resource<PriceRecord> {
    /// The price of one variant in one currency.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none.
    pub async fn get(&self, variant: i64, currency: &str) -> Result<PriceRecord, Error> {
        let response = self.send(Request::get(self.one(variant, currency))).await?;
        first(&response)?.ok_or_else(|| missing(&response))
    }

    /// Writes the price of one variant in one currency.
    ///
    /// # Errors
    /// As every request.
    pub async fn put(
        &self,
        variant: i64,
        currency: &str,
        changes: PriceRecordUpdate,
    ) -> Result<Option<PriceRecord>, Error> {
        first(&self.send(Request::put(self.one(variant, currency)).json(&raw(&changes)?)).await?)
    }

    /// Writes any number of prices, 1000 in a request; what is there is replaced.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; nothing is sent then. What becomes of the rows stands in the
    /// report.
    pub async fn upsert_many(
        &self,
        rows: impl IntoIterator<Item = PriceRecordDraft>,
    ) -> Result<Report<PriceRecord>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        let batch = Batch { limit: 1000, rule: Rule::Whole };
        let build = |body: &[&serde_json::value::RawValue]| Request::put(&self.path).json(body);
        Ok(carry(&self.client, self.priority, &rows, batch, 2, "", &build).await)
    }

    /// Creates any number of prices, 100 in a request; one that is there already is refused.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; nothing is sent then. What becomes of the rows stands in the
    /// report.
    pub async fn create_many(
        &self,
        rows: impl IntoIterator<Item = PriceRecordDraft>,
    ) -> Result<Report<PriceRecord>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        let batch = Batch { limit: 100, rule: Rule::Whole };
        let build = |body: &[&serde_json::value::RawValue]| Request::post(&self.path).json(body);
        Ok(carry(&self.client, self.priority, &rows, batch, 4, "", &build).await)
    }

    fn one(&self, variant: i64, currency: &str) -> String {
        format!("{}/{variant}/{}", self.path, segment(&currency))
    }
}

record! {
    /// For whom a price list holds.
    PriceListAssignment {
        /// The key.
        id: i64,
        price_list_id: i64,
        /// `None` for every group.
        customer_group_id: i64,
        /// `None` for every channel.
        channel_id: i64,
    }
}

draft! {
    /// A price list to be assigned to a customer group, a channel or both.
    NewPriceListAssignment(price_list_id: i64) {
        customer_group_id: i64,
        channel_id: i64,
    }
}

resource!(PriceListAssignment { "/v3/pricelists/assignments", Cursor, "id": i64, Filter("id:in"), Filter("id") },
    get, create NewPriceListAssignment, delete, create_many 25 Partial);
