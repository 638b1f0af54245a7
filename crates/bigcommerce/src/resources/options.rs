//! Options and modifiers of a product and their values
//! (`reference/catalog/product-variant-options_catalog.v3.yml`, `product-modifiers_catalog.v3.yml`).

use super::product_parts::Adjuster;
use super::resource::{Resource, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Json};

open_enum! {
    /// How a choice is shown. Options know the last six only.
    OptionType {
        Date = "date",
        Checkbox = "checkbox",
        File = "file",
        Text = "text",
        MultiLineText = "multi_line_text",
        NumbersOnlyText = "numbers_only_text",
        RadioButtons = "radio_buttons",
        Rectangles = "rectangles",
        Dropdown = "dropdown",
        ProductList = "product_list",
        ProductListWithImages = "product_list_with_images",
        Swatch = "swatch",
    }
}

record! {
    /// An option that makes variants.
    ProductOption {
        /// The key.
        id: i64,
        product_id: i64,
        /// The internal name.
        name: String,
        display_name: String,
        r#type: OptionType,
        /// An empty array of the API reads as `None`.
        config: OptionConfig,
        sort_order: i64,
        option_values: Vec<OptionValue>,
    }
}

record! {
    /// What a text, number, date, file or product choice allows.
    OptionConfig {
        default_value: String,
        checked_by_default: bool,
        checkbox_label: String,
        date_limited: bool,
        /// `earliest`, `range` or `latest`.
        date_limit_mode: String,
        date_earliest_value: String,
        date_latest_value: String,
        /// `specific` or `all`.
        file_types_mode: String,
        file_types_supported: Vec<String>,
        file_types_other: Vec<String>,
        /// In KiB.
        file_max_size: i64,
        text_characters_limited: bool,
        text_min_length: i64,
        text_max_length: i64,
        text_lines_limited: bool,
        text_max_lines: i64,
        number_limited: bool,
        /// `lowest`, `highest` or `range`.
        number_limit_mode: String,
        number_lowest_value: Amount,
        number_highest_value: Amount,
        number_integers_only: bool,
        product_list_adjusts_inventory: bool,
        product_list_adjusts_pricing: bool,
        /// `none`, `weight` or `package`.
        product_list_shipping_calc: String,
    }
}

record! {
    /// A value of an option.
    OptionValue {
        /// The key.
        id: i64,
        label: String,
        sort_order: i64,
        is_default: bool,
        /// Colours, an image or a product, by the option's type.
        value_data: Json,
    }
}

draft! {
    /// A value of an option, to be created.
    NewOptionValue(label: String, sort_order: i64),
    /// Changes of a value of an option.
    OptionValueUpdate {
        is_default: bool,
        value_data: Json,
    }
}

draft! {
    /// An option to be created.
    NewProductOption(display_name: String, r#type: OptionType, option_values: Vec<NewOptionValue>),
    /// Changes of an option.
    ProductOptionUpdate {
        sort_order: i64,
        config: OptionConfig,
        image_url: String,
    }
}

resource!(ProductOption { "/v3/catalog/products/{product_id}/options", Offset, "id": i64, Path, Path },
    get, create NewProductOption, update ProductOptionUpdate, delete);
resource!(OptionValue { "/v3/catalog/products/{product_id}/options/{option_id}/values", Offset, "id": i64, Path, Path },
    get, create NewOptionValue, update OptionValueUpdate, delete);

impl Resource<ProductOption> {
    /// The values of an option, 250 at most.
    pub fn values(&self, option: i64) -> Resource<OptionValue> {
        self.below(format!("{}/{option}/values", self.path))
    }
}

record! {
    /// A choice that makes no variants.
    Modifier {
        /// The key.
        id: i64,
        product_id: i64,
        /// The internal name.
        name: String,
        display_name: String,
        r#type: OptionType,
        required: bool,
        sort_order: i64,
        /// An empty array of the API reads as `None`.
        config: OptionConfig,
        option_values: Vec<ModifierValue>,
    }
}

record! {
    /// A value of a modifier.
    ModifierValue {
        /// The key.
        id: i64,
        option_id: i64,
        label: String,
        sort_order: i64,
        is_default: bool,
        /// Colours, an image, a product or a tick, by the modifier's type.
        value_data: Json,
        adjusters: Adjusters,
    }
}

record! {
    /// What a choice changes.
    Adjusters {
        price: Adjuster,
        weight: Adjuster,
        image_url: String,
        purchasing_disabled: PurchasingDisabled,
    }
}

record! {
    /// Whether a choice keeps the product from being bought.
    PurchasingDisabled {
        status: bool,
        message: String,
    }
}

draft! {
    /// A value of a modifier, to be created.
    NewModifierValue(label: String, sort_order: i64),
    /// Changes of a value of a modifier.
    ModifierValueUpdate {
        is_default: bool,
        value_data: Json,
        adjusters: Adjusters,
    }
}

draft! {
    /// A modifier to be created. A checkbox makes its two values itself.
    NewModifier(display_name: String, r#type: OptionType, required: bool),
    /// Changes of a modifier.
    ModifierUpdate {
        sort_order: i64,
        config: OptionConfig,
        option_values: Vec<NewModifierValue>,
    }
}

resource!(Modifier { "/v3/catalog/products/{product_id}/modifiers", Offset, "id": i64, Path, Path },
    get, create NewModifier, update ModifierUpdate, delete);
resource!(ModifierValue { "/v3/catalog/products/{product_id}/modifiers/{modifier_id}/values", Offset, "id": i64, Path, Path },
    get, create NewModifierValue, update ModifierValueUpdate, delete);

impl Resource<Modifier> {
    /// The values of a modifier.
    pub fn values(&self, modifier: i64) -> Resource<ModifierValue> {
        self.below(format!("{}/{modifier}/values", self.path))
    }
}
