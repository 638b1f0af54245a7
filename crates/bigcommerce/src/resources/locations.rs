//! Locations that hold stock (`reference/locations.v3.yml`).

use super::Amount;
use super::record::{One, Record, Shape, record};
use crate::Paging;

record! {
    /// A location.
    Location {
        /// The key.
        id: i64,
        code: String,
        label: String,
        description: String,
        managed_by_external_source: bool,
        /// `PHYSICAL` or `VIRTUAL`.
        type_id: String,
        /// Whether its stock can be sold.
        enabled: bool,
        time_zone: String,
        created_at: String,
        updated_at: String,
        address: LocationAddress,
        /// Whether shoppers see it.
        storefront_visibility: bool,
    }
}

record! {
    /// Where a location is.
    LocationAddress {
        address1: String,
        address2: String,
        city: String,
        state: String,
        zip: String,
        email: String,
        phone: String,
        country_code: String,
        geo_coordinates: Coordinates,
    }
}

record! {
    /// A place on the globe.
    Coordinates {
        /// In degrees, north positive.
        latitude: Amount,
        /// In degrees, east positive.
        longitude: Amount,
    }
}

impl Record for Location {
    const SHAPE: Shape = Shape {
        path: "/v3/inventory/locations",
        paging: Paging::Offset,
        limit: 250,
        one: One::Filter("location_id:in"),
        key: "id",
    };
}
