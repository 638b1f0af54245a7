//! Channels, their listings and sites (`reference/channels.v3.yml`, `sites.v3.yml`).

use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::model::{draft, open_enum, record};
use crate::{Json, Time};

open_enum! {
    /// What a channel is.
    ChannelType {
        Storefront = "storefront",
        Marketplace = "marketplace",
        Pos = "pos",
        Marketing = "marketing",
    }
}

open_enum! {
    /// How a channel stands. Storefronts are prelaunch, active, inactive or archived; others connected,
    /// disconnected or archived. Setting `deleted` deletes a channel.
    ChannelStatus {
        Active = "active",
        Prelaunch = "prelaunch",
        Inactive = "inactive",
        Connected = "connected",
        Disconnected = "disconnected",
        Archived = "archived",
        Deleted = "deleted",
        /// Deleted for good.
        Terminated = "terminated",
    }
}

record! {
    /// A place where the store sells. 1 is the default storefront.
    Channel {
        /// The key.
        id: i64,
        external_id: String,
        name: String,
        r#type: ChannelType,
        /// `bigcommerce`, `amazon`, `square`, `custom`, ….
        platform: String,
        status: ChannelStatus,
        is_listable_from_ui: bool,
        is_visible: bool,
        is_enabled: bool,
        date_created: Time,
        date_modified: Time,
        icon_url: String,
        config_meta: Json,
        /// Only with `include=currencies`.
        currencies: ChannelCurrencies,
    }
}

record! {
    /// The currencies of a channel.
    ChannelCurrencies {
        channel_id: i64,
        enabled_currencies: Vec<String>,
        default_currency: String,
    }
}

draft! {
    /// A channel to be created. Name, platform and type together are unique.
    NewChannel(name: String, r#type: ChannelType, platform: String) {
        external_id: String,
        status: ChannelStatus,
        is_listable_from_ui: bool,
        is_visible: bool,
        config_meta: Json,
    }
}

draft! {
    /// Changes of a channel. The store ignores members that it does not take.
    ChannelUpdate() {
        name: String,
        external_id: String,
        status: ChannelStatus,
        is_listable_from_ui: bool,
        is_visible: bool,
        config_meta: Json,
    }
}

resource!(Channel { "/v3/channels", Offset, "id": i64, Path, Path },
    get, create NewChannel, update ChannelUpdate);
resource!(ChannelCurrencies { "/v3/channels/currency-assignments", None, "channel_id": i64, Path, Path });

impl Resource<Channel> {
    /// The products that a channel lists.
    pub fn listings(&self, channel: i64) -> Resource<Listing> {
        self.below(format!("{}/{channel}/listings", self.path))
    }

    /// The currencies of all channels.
    pub fn currencies(&self) -> Resource<ChannelCurrencies> {
        self.below(format!("{}/currency-assignments", self.path))
    }

    /// The metafields of a channel.
    pub fn metafields(&self, channel: i64) -> Resource<Metafield> {
        self.below(format!("{}/{channel}/metafields", self.path))
    }
}

open_enum! {
    /// How a listing stands.
    ListingState {
        Active = "active",
        Disabled = "disabled",
        Error = "error",
        Pending = "pending",
        PendingDisable = "pending_disable",
        PendingDelete = "pending_delete",
        PartiallyRejected = "partially_rejected",
        Queued = "queued",
        Rejected = "rejected",
        Submitted = "submitted",
        Deleted = "deleted",
    }
}

record! {
    /// A product as a channel lists it.
    Listing {
        /// The key; may be negative.
        listing_id: i64,
        channel_id: i64,
        external_id: String,
        product_id: i64,
        state: ListingState,
        name: String,
        description: String,
        date_created: Time,
        date_modified: Time,
        variants: Vec<ListingVariant>,
    }
}

record! {
    /// A variant as a channel lists it.
    ListingVariant {
        channel_id: i64,
        product_id: i64,
        variant_id: i64,
        external_id: String,
        state: ListingState,
        name: String,
        description: String,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// A listing to be created.
    NewListing(product_id: i64, state: ListingState, variants: Vec<ListingVariant>),
    /// Changes of a listing.
    ListingUpdate {
        external_id: String,
        name: String,
        description: String,
    }
}

resource!(Listing { "/v3/channels/{channel_id}/listings", Keyset("listing_id"), "listing_id": i64, Path, Filter("listing_id:in") },
    get, create NewListing, update ListingUpdate, create_many 50 Whole, update_many 50 Whole);

record! {
    /// A site: where a channel is found on the web.
    Site {
        /// The key.
        id: i64,
        url: String,
        channel_id: i64,
        created_at: Time,
        updated_at: Time,
        ssl_status: String,
        urls: Vec<SiteUrl>,
        is_checkout_url_customized: bool,
    }
}

record! {
    /// An address of a site.
    SiteUrl {
        url: String,
        /// `primary`, `canonical` or `checkout`.
        r#type: String,
        created_at: Time,
        updated_at: Time,
    }
}

draft! {
    /// A site to be created.
    NewSite(url: String, channel_id: i64) {}
}

draft! {
    /// Changes of a site.
    SiteUpdate() {
        url: String,
    }
}

resource!(Site { "/v3/sites", Offset, "id": i64, Path, Path },
    get, create NewSite, update SiteUpdate, delete);

record! {
    /// Where a site shows a kind of page.
    Route {
        /// The key.
        id: i64,
        /// `product`, `brand`, `category`, `page`, `blog`, `home`, `cart`, `checkout`, ….
        r#type: String,
        /// Which of the kind: a key, or `*` for all.
        matching: String,
        route: String,
    }
}

draft! {
    /// A route to be created.
    NewRoute(r#type: String, matching: String, route: String),
    /// Changes of a route.
    RouteUpdate {}
}

resource!(Route { "/v3/sites/{site_id}/routes", Offset, "id": i64, Path, Path },
    get, create NewRoute, update RouteUpdate, delete);

impl Resource<Site> {
    /// The routes of a site.
    pub fn routes(&self, site: i64) -> Resource<Route> {
        self.below(format!("{}/{site}/routes", self.path))
    }
}
