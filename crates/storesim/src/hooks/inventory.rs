//! Reading stock (inventory.v3.yml).

use crate::data::Data;
use crate::serve::{Answer, Failure, Query, Version, plain_page};
use crate::stock::{Item, Level, Places};

/// The filters that both lists have.
struct Chosen<'q> {
    skus: Option<Vec<&'q str>>,
    variants: Option<Vec<i64>>,
    products: Option<Vec<i64>>,
}

impl<'q> Chosen<'q> {
    fn read(query: &'q Query) -> Result<Self, Failure> {
        Ok(Self {
            skus: query.list("sku:in"),
            variants: ids(query, "variant_id:in")?,
            products: ids(query, "product_id:in")?,
        })
    }

    fn has(&self, item: &Item) -> bool {
        self.skus.as_ref().is_none_or(|skus| skus.iter().any(|sku| sku.eq_ignore_ascii_case(&item.sku)))
            && self.variants.as_ref().is_none_or(|ids| item.variant.is_some_and(|id| ids.contains(&id)))
            && self.products.as_ref().is_none_or(|ids| ids.contains(&item.product))
    }

    fn everything(&self) -> bool {
        self.skus.is_none() && self.variants.is_none() && self.products.is_none()
    }
}

fn ids(query: &Query, name: &str) -> Result<Option<Vec<i64>>, Failure> {
    let Some(list) = query.list(name) else { return Ok(None) };
    let ids: Result<Vec<i64>, _> = list.iter().map(|id| id.parse()).collect();
    match ids {
        Ok(ids) => Ok(Some(ids)),
        Err(_) => Err(Failure::new(422, "Input is invalid").field(name, "must be a list of integers")),
    }
}

/// `/v3/inventory/items`.
pub(super) fn items(data: &Data, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    let chosen = Chosen::read(query)?;
    let places = Places::read(data.table("locations"));
    let locations = ids(query, "location_id:in")?;
    let codes = query.list("location_code:in");
    let here = |level: &Level| {
        locations.as_ref().is_none_or(|ids| ids.contains(&level.location))
            && codes.as_ref().is_none_or(|codes| {
                places.get(level.location).is_some_and(|place| codes.contains(&place.code.as_str()))
            })
    };
    let page = &data.table("inventory_items").resource.page;
    let all = data.stock.items();
    let by_place = locations.is_some() || codes.is_some();
    if chosen.everything() && !by_place {
        return plain_page(page, query, all.len(), strict_limit, |at, out| all[at].text(&places, out));
    }
    let picked: Vec<Item> = all
        .iter()
        .filter(|item| chosen.has(item) && (!by_place || item.levels.iter().any(here)))
        .map(|item| {
            let mut item = item.clone();
            item.levels.retain(here);
            item
        })
        .collect();
    plain_page(page, query, picked.len(), strict_limit, |at, out| picked[at].text(&places, out))
}

/// `/v3/inventory/locations/{location_id}/items`.
pub(super) fn at(data: &Data, location: i64, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    if data.table("locations").get(location).is_none() {
        return Err(Failure::not_found(Version::V3, "location", location));
    }
    let chosen = Chosen::read(query)?;
    let level = |item: &Item| item.levels.iter().position(|level| level.location == location);
    let picked: Vec<(&Item, usize)> = data
        .stock
        .items()
        .iter()
        .filter(|item| chosen.has(item))
        .filter_map(|item| Some((item, level(item)?)))
        .collect();
    let page = &data.table("inventory_items").resource.page;
    plain_page(page, query, picked.len(), strict_limit, |index, out| {
        let (item, level) = picked[index];
        item.text_at(&item.levels[level], out);
    })
}
