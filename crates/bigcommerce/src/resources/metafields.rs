//! Metafields of anything that has them (the `metafields` operations of each family's file).
//!
//! Those of one record are reached through it, as in `client.products().metafields(77)`; those of many records of a
//! kind are written in batches:
//!
//! ```no_run
//! # async fn example(client: bigcommerce::Client) -> Result<(), bigcommerce::Error> {
//! use bigcommerce::resources::metafields::{MetafieldFamily, NewFamilyMetafield, PermissionSet};
//!
//! let origins = [(77, "Bern"), (78, "Basel")];
//! let rows = origins.map(|(product, origin)| {
//!     NewFamilyMetafield::new(product, "warehouse", "origin", origin, PermissionSet::Read)
//! });
//! let report = client.metafields(MetafieldFamily::Products).create_many(rows).await?;
//! for (row, error) in report.failures() {
//!     println!("product {}: {error}", origins[row].0);
//! }
//! # Ok(())
//! # }
//! ```

use super::batch::{Batch, Report, Rule};
use super::resource::{Resource, raw, resource};
use crate::model::{draft, open_enum, record};
use crate::{Error, Request, Time};

open_enum! {
    /// Who may see and change a metafield.
    PermissionSet {
        /// Only the app that made it.
        AppOnly = "app_only",
        /// Other apps may read it.
        Read = "read",
        /// Other apps may change it.
        Write = "write",
        /// As `read`, and storefronts may read it.
        ReadAndStorefront = "read_and_sf_access",
        /// As `write`, and storefronts may read it.
        WriteAndStorefront = "write_and_sf_access",
    }
}

record! {
    /// A value that an app keeps with a record. Unique by app, namespace, key and record; 250 a record.
    Metafield {
        /// The key.
        id: i64,
        /// At most 64 characters.
        key: String,
        /// At most 65,535 characters.
        value: String,
        /// At most 64 characters.
        namespace: String,
        permission_set: PermissionSet,
        description: String,
        /// `product`, `variant`, `brand`, `category`, `order`, ….
        resource_type: String,
        /// The record; a UUID for carts.
        resource_id: String,
        date_created: Time,
        date_modified: Time,
        /// The app that made it.
        owner_client_id: String,
    }
}

draft! {
    /// A metafield to be created.
    NewMetafield(namespace: String, key: String, value: String, permission_set: PermissionSet),
    /// Changes of a metafield. Only its owner may change more than the value.
    MetafieldUpdate {
        description: String,
    }
}

resource!(Metafield { "/v3/{…}/metafields", Cursor, "id": i64, Path, Path },
    get, create NewMetafield, update MetafieldUpdate, delete);

/// A metafield of any record of a family, as the batch endpoints have it. It reads like a [`Metafield`], to
/// which it dereferences.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FamilyMetafield(pub Metafield);

impl std::ops::Deref for FamilyMetafield {
    type Target = Metafield;

    fn deref(&self) -> &Metafield {
        &self.0
    }
}

draft! {
    /// A metafield to be created, with the key of the record it belongs to.
    NewFamilyMetafield(resource_id: i64, namespace: String, key: String, value: String, permission_set: PermissionSet) {
        description: String,
    }
}

// How many one request takes is not stated; the good ones are kept when others are refused.
resource!(FamilyMetafield { "/v3/{…}/metafields", Cursor, "id": i64, Filter("id:in"), Filter("id:in") },
    create NewFamilyMetafield, update MetafieldUpdate, create_many 50 Partial, update_many 50 Partial);

impl Resource<FamilyMetafield> {
    /// Deletes any number of metafields, 50 in a request; those that can be deleted are, whatever the others.
    ///
    /// # Errors
    /// Never for a row: what becomes of them stands in the report.
    pub async fn delete_many(
        &self,
        keys: impl IntoIterator<Item = i64>,
    ) -> Result<Report<FamilyMetafield>, Error> {
        let rows = keys.into_iter().map(|key| raw(&key)).collect::<Result<Vec<_>, _>>()?;
        let batch = Batch { limit: 50, rule: Rule::Partial };
        Ok(self.carry(rows, batch, &|body| Request::delete(&self.path).json(body)).await)
    }
}

open_enum! {
    /// What has metafields.
    MetafieldFamily {
        Products = "catalog/products",
        Variants = "catalog/variants",
        Brands = "catalog/brands",
        Categories = "catalog/categories",
        Carts = "carts",
        Channels = "channels",
        Customers = "customers",
        Locations = "inventory/locations",
        Orders = "orders",
        Store = "store",
    }
}
