//! The rows of the catalog: tree, categories, brands, and each product with what belongs to it.

use super::catalog::{Catalog, FIRST_BRAND, Product, Tracking, Variant, categories, department, kind};
use super::date;
use super::path::url;
use super::random::Random;
use super::record::{Record, push_integer, push_text};
use super::shape;
use super::stock;
use super::words::{COLOURS, DEPARTMENTS, NOUNS, SECTIONS, SIZES};
use super::{Sink, Spec, Table};

/// Ids of the small things, counted up over the whole catalog.
struct Counters {
    image: i64,
    modifier: i64,
    modifier_value: i64,
    custom_field: i64,
    rule: i64,
}

/// The category tree, its categories and the brands.
pub(super) fn frame_rows(catalog: &Catalog, sink: &mut Sink) {
    let mut tree = Record::new(shape::CATEGORY_TREE, 64);
    tree.integer("id", 1).text("name", "Default catalog tree");
    sink.row("category_trees", None, tree.finish());
    if catalog.products() == 0 {
        return;
    }
    let per_department = SECTIONS * NOUNS;
    for (d, department) in DEPARTMENTS.iter().enumerate() {
        let [_, _, top] = categories((d * per_department) as u64);
        category_row(sink, top, 0, d, &[department.name]);
        for (s, (section, nouns)) in department.sections.iter().enumerate() {
            let [_, middle, _] = categories((d * per_department + s * NOUNS) as u64);
            category_row(sink, middle, top, s, &[department.name, section]);
            for (n, noun) in nouns.iter().enumerate() {
                let [leaf, ..] = categories((d * per_department + s * NOUNS + n) as u64);
                category_row(sink, leaf, middle, n, &[department.name, section, noun.many]);
            }
        }
    }
    for brand in 0..catalog.brands() {
        let name = catalog.brand_name(brand);
        let mut record = Record::new(shape::BRAND, 256);
        record.integer("id", FIRST_BRAND + brand as i64).text("name", &name);
        record.raw("custom_url", &url("url", &["brands", &name], None));
        sink.row("brands", None, record.finish());
    }
}

fn category_row(sink: &mut Sink, id: i64, parent: i64, order: usize, path: &[&str]) {
    let name = path[path.len() - 1];
    let mut record = Record::new(shape::CATEGORY, 640);
    record.integer("category_id", id);
    let uuid = format!("5e1d4c72-9fa0-4{:03x}-8{:03x}-{:012x}", id % 4096, parent % 4096, id);
    record.text("category_uuid", &uuid).integer("parent_id", parent).text("name", name);
    record.text("description", &format!("<p>{name}, chosen with care & packed by hand.</p>"));
    record.integer("sort_order", order as i64);
    record.raw("url", &url("path", path, None));
    sink.row("categories", None, record.finish());
}

/// Every product followed by its options, variants, images and so on.
pub(super) fn rows(spec: &Spec, catalog: &Catalog, sink: &mut Sink) {
    let mut counters = Counters { image: 1, modifier: 1, modifier_value: 1, custom_field: 1, rule: 1 };
    for index in 0..catalog.products() {
        let product = catalog.product(index);
        let mut random = Random::of(spec.seed, Table::ProductText as u64, index);
        product_row(spec, catalog, sink, &mut random, &product);
        option_rows(sink, &product);
        variant_rows(spec, sink, &product);
        extra_rows(sink, &mut random, &product, &mut counters);
        for item in stock::items(&product) {
            let levels = stock::levels(spec, item);
            match item {
                stock::Item::Whole(_) => stock::level_rows(sink, product.id, item, &product.sku, &levels),
                stock::Item::Variant(id) => {
                    let variant = product.variant((id - product.first_variant) as u32);
                    stock::level_rows(sink, product.id, item, &variant.sku, &levels);
                }
            }
        }
    }
}

fn product_row(spec: &Spec, catalog: &Catalog, sink: &mut Sink, random: &mut Random, product: &Product) {
    let brand = catalog.brand_name(product.brand);
    let mut record = Record::new(shape::PRODUCT, 2600);
    record.integer("id", product.id).text("name", &product.name);
    record.text("type", if product.digital { "digital" } else { "physical" }).text("sku", &product.sku);
    record.text("description", &description(random, &brand, product));
    record.number("weight", product.weight);
    if !product.digital {
        let side = random.between(200, 2400);
        record.number("width", side).number("depth", side * 3 / 4).number("height", side / 2);
    }
    record.number("price", product.price).number("cost_price", product.price * 45 / 100);
    record.number("retail_price", if random.chance(25) { product.price * 115 / 100 } else { 0 });
    record.number("sale_price", product.sale_price).number("calculated_price", product.calculated_price());
    let [leaf, middle, _] = categories(product.noun);
    record.raw("categories", &format!("[{leaf},{middle}]"));
    record.integer("brand_id", FIRST_BRAND + product.brand as i64);
    if !product.is_simple() {
        record.integer("option_set_id", 13 + product.id);
    }
    let level = match product.tracking {
        Tracking::None => 0,
        _ => {
            let items = stock::items(product);
            items.iter().map(|item| stock::catalog_level(&stock::levels(spec, *item))).sum()
        }
    };
    record.integer("inventory_level", level);
    record.integer("inventory_warning_level", if level > 0 { 5 } else { 0 });
    record.text("inventory_tracking", product.tracking.name());
    let reviews = if random.chance(40) { random.between(1, 60) } else { 0 };
    record.integer("reviews_rating_sum", reviews * random.between(3, 5)).integer("reviews_count", reviews);
    record.integer("total_sold", random.between(0, 900));
    record.flag("is_free_shipping", product.digital || random.chance(6));
    record.flag("is_visible", !random.chance(4)).flag("is_featured", random.chance(5));
    if random.chance(20) {
        record.text("bin_picking_number", "P-7");
    }
    record.text("mpn", &format!("M{}", product.id * 7));
    record.text("search_keywords", &format!("{},{}", kind(product.noun).one, product.material));
    record.integer("sort_order", random.between(0, 20));
    record.text("date_created", &date::catalog(product.created));
    let age = spec.now - product.created;
    let modified = product.created + random.below(age.max(1) as u64) as i64;
    record.text("date_modified", &date::catalog(modified)).integer("view_count", random.between(0, 5000));
    record.raw("custom_url", &url("url", &[&product.name], Some(product.id)));
    if product.is_simple() {
        record.integer("base_variant_id", product.first_variant);
    }
    sink.row("products", None, record.finish());
}

/// A few sentences of HTML, with the characters that real descriptions have.
fn description(random: &mut Random, brand: &str, product: &Product) -> String {
    const PRAISE: [&str; 6] = [
        "Made to be used every day, and to look better for it.",
        "A favourite of ours – and of the café next door.",
        "Naïve in form, serious in function: nothing to add, nothing to take away.",
        "“The one thing I would save from a fire,” as a customer wrote.",
        "Finished by hand in small batches; no two are quite the same ✓.",
        "Packs flat, weighs little, lasts long™.",
    ];
    const CARE: [&str; 5] = [
        "<p>Wash at 30 °C or wipe with a damp cloth.</p>",
        "<p>Hand wash only. Do not soak for more than ½ hour.</p>",
        "<ul>\n<li>Keep dry</li>\n<li>Oil twice a year</li>\n</ul>",
        "<p>Returns within 30 days, no questions asked.</p>\n<p><em>Gift wrapping available.</em></p>",
        "<p class=\"note\">Ships in 1–3 days \u{1F4E6}.</p>",
    ];
    let kind = kind(product.noun);
    let department = department(product.noun).name.replace('&', "&amp;");
    format!(
        "<p>{} {} by {}, part of our {} range. {}</p>\n<p>Measures {} × {} cm.</p>\n{}",
        product.adjective,
        kind.one.to_lowercase(),
        brand.replace('&', "&amp;"),
        department,
        random.pick(&PRAISE),
        random.between(5, 90),
        random.between(5, 60),
        random.pick(&CARE),
    )
}

fn option_rows(sink: &mut Sink, product: &Product) {
    if product.is_simple() {
        return;
    }
    // The first variant has the first value of each axis, which gives the ids.
    for (order, (name, _, option, value)) in product.variant(0).choices.into_iter().enumerate() {
        let mut values = String::from("[");
        let count = if name == "Size" { product.axes.sizes } else { product.axes.colours };
        for index in 0..usize::from(count) {
            let (label, data) = if name == "Size" {
                (SIZES[index], "null".to_owned())
            } else {
                (COLOURS[index].0, format!(r#"{{"colors":["{}"]}}"#, COLOURS[index].2))
            };
            if index > 0 {
                values.push(',');
            }
            values.push_str(r#"{"id":"#);
            push_integer(&mut values, value + index as i64);
            values.push_str(r#","label":"#);
            push_text(&mut values, label);
            values.push_str(&format!(
                r#","sort_order":{index},"value_data":{data},"is_default":{}}}"#,
                index == 0
            ));
        }
        values.push(']');
        let mut record = Record::new(shape::PRODUCT_OPTION, 640);
        record.integer("id", option).integer("product_id", product.id);
        record.text("name", &format!("{name}{}-{}", product.created, product.id)).text("display_name", name);
        record.text("type", if name == "Size" { "rectangles" } else { "swatch" });
        record.integer("sort_order", order as i64).raw("option_values", &values);
        sink.row("product_options", Some(product.id), record.finish());
    }
}

fn variant_rows(spec: &Spec, sink: &mut Sink, product: &Product) {
    for index in 0..product.variants() {
        let variant = product.variant(index);
        let simple = product.is_simple();
        let mut record = Record::new(shape::VARIANT, 760);
        record.integer("id", variant.id).integer("product_id", product.id).text("sku", &variant.sku);
        if !simple {
            record.integer("sku_id", variant.id + 69);
        }
        if let Some(price) = variant.own_price {
            record.number("price", price);
        }
        record.number("calculated_price", variant.price);
        record.number("cost_price", product.price * 45 / 100);
        if simple {
            record.number("weight", product.weight);
        }
        record.number("calculated_weight", product.weight);
        let tracked = match product.tracking {
            Tracking::None => None,
            Tracking::Product if simple => Some(variant.id),
            Tracking::Product => None,
            Tracking::Variant => Some(variant.id),
        };
        if let Some(id) = tracked {
            let levels = stock::levels(spec, stock::Item::Variant(id));
            record.integer("inventory_level", stock::catalog_level(&levels));
        }
        record.raw("option_values", &option_values(&variant));
        sink.row("variants", Some(product.id), record.finish());
    }
}

fn option_values(variant: &Variant) -> String {
    let mut out = String::from("[");
    for (name, label, option, value) in &variant.choices {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(r#"{"id":"#);
        push_integer(&mut out, *value);
        out.push_str(r#","label":"#);
        push_text(&mut out, label);
        out.push_str(r#","option_id":"#);
        push_integer(&mut out, *option);
        out.push_str(r#","option_display_name":"#);
        push_text(&mut out, name);
        out.push('}');
    }
    out.push(']');
    out
}

/// Images, modifiers, custom fields and bulk prices, each on some products.
fn extra_rows(sink: &mut Sink, random: &mut Random, product: &Product, next: &mut Counters) {
    let parent = Some(product.id);
    for order in 0..random.below(3) as i64 {
        let path = format!("products/{}/images/{}/{}", product.id, next.image, product.sku.to_lowercase());
        let host = "https://cdn11.bigcommerce.com/s-simulated";
        let mut record = Record::new(shape::PRODUCT_IMAGE, 640);
        record.integer("id", next.image).integer("product_id", product.id);
        record.flag("is_thumbnail", order == 0).integer("sort_order", order);
        record.text("image_file", &format!("p/{:03}/{}.jpg", next.image % 1000, product.sku.to_lowercase()));
        for (name, size) in [
            ("url_zoom", "1280.1280"),
            ("url_standard", "386.513"),
            ("url_thumbnail", "220.290"),
            ("url_tiny", "44.58"),
        ] {
            record.text(name, &format!("{host}/{path}.{}.{size}.jpg?c=1", product.created));
        }
        record.text("date_modified", &date::catalog(product.created));
        sink.row("product_images", parent, record.finish());
        next.image += 1;
    }
    if random.chance(6) {
        modifier_row(sink, random, product, next);
    }
    if random.chance(30) {
        for (name, value) in [("Material", product.material), ("Origin", "Designed in Århus")] {
            let mut record = Record::new(shape::PRODUCT_CUSTOM_FIELD, 80);
            record.integer("id", next.custom_field).text("name", name).text("value", value);
            sink.row("product_custom_fields", parent, record.finish());
            next.custom_field += 1;
        }
    }
    if random.chance(8) {
        for (low, high, percent) in [(5, 9, 500), (10, 0, 1250)] {
            let mut record = Record::new(shape::PRODUCT_BULK_PRICING_RULE, 96);
            record.integer("id", next.rule).integer("quantity_min", low).integer("quantity_max", high);
            record.text("type", "percent").number("amount", percent);
            sink.row("product_bulk_pricing_rules", parent, record.finish());
            next.rule += 1;
        }
    }
}

fn modifier_row(sink: &mut Sink, random: &mut Random, product: &Product, next: &mut Counters) {
    let mut record = Record::new(shape::PRODUCT_MODIFIER, 720);
    record.integer("id", next.modifier).integer("product_id", product.id);
    let name = if random.chance(50) { "Engraving" } else { "Gift box?" };
    let slug = if name == "Engraving" { "Engraving" } else { "Gift-box" };
    record.text("name", &format!("{slug}{}-{}", product.created, product.id)).text("display_name", name);
    if name == "Engraving" {
        let config =
            r#"{"default_value":"","text_characters_limited":true,"text_min_length":0,"text_max_length":24}"#;
        record.text("type", "text").integer("sort_order", 5).raw("config", config);
    } else {
        let mut values = String::from("[");
        for (order, label) in ["Yes", "No"].into_iter().enumerate() {
            if order > 0 {
                values.push(',');
            }
            let price = if order == 0 { r#"{"adjuster":"relative","adjuster_value":4.5}"# } else { "null" };
            values.push_str(&format!(
                r#"{{"id":{},"option_id":{},"label":"{label}","sort_order":{order},"value_data":{{"checked_value":{}}},"is_default":{},"adjusters":{{"price":{price},"weight":null,"image_url":"","purchasing_disabled":{{"status":false,"message":""}}}}}}"#,
                next.modifier_value, next.modifier, order == 0, order == 1,
            ));
            next.modifier_value += 1;
        }
        values.push(']');
        let config = r#"{"checkbox_label":"Wrap it for me","checked_by_default":false}"#;
        record.text("type", "checkbox").integer("sort_order", 6).raw("config", config);
        record.raw("option_values", &values);
    }
    sink.row("product_modifiers", Some(product.id), record.finish());
    next.modifier += 1;
}
