//! Scripts of storefronts (`reference/scripts.v3.yml`). A client sees those that it made.

use super::resource::resource;
use crate::model::{draft, open_enum, record};
use crate::{Json, Time};

open_enum! {
    /// How a script is loaded.
    ScriptLoad {
        Default = "default",
        Async = "async",
        Defer = "defer",
    }
}

open_enum! {
    /// The pages that a script is on.
    ScriptVisibility {
        Storefront = "storefront",
        AllPages = "all_pages",
        Checkout = "checkout",
        OrderConfirmation = "order_confirmation",
    }
}

open_enum! {
    /// What a script is.
    ScriptKind {
        /// An address, `src`.
        Src = "src",
        /// HTML, `html`.
        ScriptTag = "script_tag",
    }
}

record! {
    /// A script on the pages of a storefront.
    Script {
        /// The key.
        uuid: String,
        name: String,
        description: String,
        html: String,
        src: String,
        auto_uninstall: bool,
        load_method: ScriptLoad,
        /// `head` or `footer`.
        location: String,
        visibility: ScriptVisibility,
        kind: ScriptKind,
        /// The client that made it.
        api_client_id: String,
        /// `essential`, `functional`, `analytics` or `targeting`.
        consent_category: String,
        enabled: bool,
        channel_id: i64,
        integrity_hashes: Json,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// A script to be put on pages.
    NewScript(name: String, kind: ScriptKind),
    /// Changes of a script.
    ScriptUpdate {
        description: String,
        html: String,
        src: String,
        auto_uninstall: bool,
        load_method: ScriptLoad,
        location: String,
        visibility: ScriptVisibility,
        consent_category: String,
        enabled: bool,
        channel_id: i64,
    }
}

resource!(Script { "/v3/content/scripts", Offset, "uuid": String, Path, Path },
    get, create NewScript, update ScriptUpdate, delete);
