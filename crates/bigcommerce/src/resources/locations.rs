//! Locations that hold stock (`reference/locations.v3.yml`).

use super::inventory::LocationItem;
use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Json, Time};

open_enum! {
    /// Whether a location can be visited.
    LocationType { Physical = "PHYSICAL", Virtual = "VIRTUAL", }
}

record! {
    /// A location.
    Location {
        /// The key; 1 is the default shipping origin and cannot be deleted.
        id: i64,
        code: String,
        label: String,
        description: String,
        managed_by_external_source: bool,
        type_id: LocationType,
        /// Whether its stock can be sold.
        enabled: bool,
        /// By day: `sunday` to `saturday`, each with `open`, `opening` and `closing`.
        operating_hours: Json,
        special_hours: Vec<SpecialHours>,
        time_zone: String,
        created_at: Time,
        updated_at: Time,
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
        /// ISO 3166-1, two letters.
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

record! {
    /// Hours of a particular day.
    SpecialHours {
        label: String,
        date: Time,
        open: bool,
        opening: String,
        closing: String,
        all_day: bool,
        annual: bool,
    }
}

draft! {
    /// A location to be created; it appears a moment later.
    NewLocation(code: String, label: String, address: LocationAddress),
    /// Changes of a location.
    LocationUpdate {
        description: String,
        managed_by_external_source: bool,
        type_id: LocationType,
        enabled: bool,
        operating_hours: Json,
        special_hours: Vec<SpecialHours>,
        time_zone: String,
        storefront_visibility: bool,
    }
}

resource!(Location { "/v3/inventory/locations", Offset, "id": i64, Filter("location_id:in"), Filter("location_id:in") },
    get, create NewLocation, update LocationUpdate, delete);

impl Resource<Location> {
    /// The stock at a location.
    pub fn items(&self, location: i64) -> Resource<LocationItem> {
        self.below(format!("{}/{location}/items", self.path))
    }

    /// The metafields of a location.
    pub fn metafields(&self, location: i64) -> Resource<Metafield> {
        self.below(format!("{}/{location}/metafields", self.path))
    }
}
