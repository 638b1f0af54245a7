//! What the generated store sells: the facts about a product, from its number alone.

use super::random::Random;
use super::record::push_digits;
use super::words::{
    ADJECTIVES, BRAND_HEADS, BRAND_TAILS, COLOURS, DEPARTMENTS, Department, MATERIALS, NOUNS, Noun, SECTIONS,
    SERIES, SIZES,
};
use super::{Spec, Table};

pub(crate) const FIRST_PRODUCT: i64 = 77;
pub(crate) const FIRST_BRAND: i64 = 35;
const FIRST_CATEGORY: i64 = 18;
const FIRST_OPTION: i64 = 100;
const NOUN_COUNT: u64 = (DEPARTMENTS.len() * SECTIONS * NOUNS) as u64;
/// Names before a series has to be added: nouns, adjectives and the materials of a department.
const PLAIN_NAMES: u64 = NOUN_COUNT * (ADJECTIVES.len() * MATERIALS) as u64;

/// Who counts a product's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    None,
    Product,
    Variant,
}

impl Tracking {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tracking::None => "none",
            Tracking::Product => "product",
            Tracking::Variant => "variant",
        }
    }
}

/// How a product is offered; both 0 for a simple product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axes {
    pub(crate) sizes: u8,
    pub(crate) colours: u8,
}

impl Axes {
    fn variants(self) -> u32 {
        u32::from(self.sizes.max(1)) * u32::from(self.colours.max(1))
    }
}

/// Everything that other rows need to know about a product.
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) sku: String,
    pub(crate) brand: usize,
    pub(crate) digital: bool,
    /// Cents.
    pub(crate) price: i64,
    /// Cents; 0 when it is not on sale.
    pub(crate) sale_price: i64,
    /// Hundredths of a pound.
    pub(crate) weight: i64,
    pub(crate) created: i64,
    pub(crate) first_variant: i64,
    pub(crate) tracking: Tracking,
    pub(crate) noun: u64,
    pub(crate) material: &'static str,
    pub(crate) adjective: &'static str,
    pub(crate) axes: Axes,
}

/// One way to buy a product.
pub(crate) struct Variant {
    pub(crate) id: i64,
    pub(crate) sku: String,
    /// Cents, where it differs from the product.
    pub(crate) own_price: Option<i64>,
    /// Cents that a shopper pays.
    pub(crate) price: i64,
    /// Option display name, label, option id and value id of each axis.
    pub(crate) choices: Vec<(&'static str, &'static str, i64, i64)>,
}

impl Product {
    pub(crate) fn variants(&self) -> u32 {
        self.axes.variants()
    }

    pub(crate) fn is_simple(&self) -> bool {
        self.variants() == 1
    }

    pub(crate) fn calculated_price(&self) -> i64 {
        if self.sale_price > 0 { self.sale_price } else { self.price }
    }

    /// The variant at `index`, from 0 to the number of variants.
    pub(crate) fn variant(&self, index: u32) -> Variant {
        let id = self.first_variant + i64::from(index);
        if self.is_simple() {
            let price = self.calculated_price();
            return Variant {
                id,
                sku: self.sku.clone(),
                own_price: Some(self.price),
                price,
                choices: Vec::new(),
            };
        }
        let mut sku = self.sku.clone();
        let mut choices = Vec::with_capacity(2);
        let mut option = FIRST_OPTION + self.first_variant;
        let mut value = FIRST_OPTION + self.first_variant;
        let (size, colour) = if self.axes.sizes > 0 {
            (index % u32::from(self.axes.sizes), index / u32::from(self.axes.sizes))
        } else {
            (0, index)
        };
        if self.axes.sizes > 0 {
            let label = SIZES[size as usize];
            sku.push('-');
            sku.push_str(label);
            choices.push(("Size", label, option, value + i64::from(size)));
            option += 1;
            value += i64::from(self.axes.sizes);
        }
        if self.axes.colours > 0 {
            let (label, code, _) = COLOURS[colour as usize];
            sku.push('-');
            sku.push_str(code);
            choices.push(("Color", label, option, value + i64::from(colour)));
        }
        // The largest sizes of every fifth product cost a tenth more.
        let own_price = (self.id % 5 == 0 && size >= 3).then_some(self.price + self.price / 10);
        Variant { id, sku, own_price, price: own_price.unwrap_or(self.calculated_price()), choices }
    }
}

/// The products of a store: any of them can be made alone, from its number.
pub(crate) struct Catalog<'a> {
    spec: &'a Spec,
    /// Where the variants of each product begin; one entry more than there are products.
    first_variants: Vec<u32>,
    brands: usize,
}

impl<'a> Catalog<'a> {
    pub(crate) fn new(spec: &'a Spec) -> Self {
        let mut first_variants = Vec::with_capacity(spec.products as usize + 1);
        let mut next = 1_u32;
        for index in 0..spec.products {
            first_variants.push(next);
            next += axes(spec, index).variants();
        }
        first_variants.push(next);
        let most = BRAND_HEADS.len() * BRAND_TAILS.len();
        let brands = (spec.products.div_ceil(12) as usize).min(most);
        Self { spec, first_variants, brands }
    }

    pub(crate) fn products(&self) -> u64 {
        self.spec.products
    }

    pub(crate) fn brands(&self) -> usize {
        self.brands
    }

    pub(crate) fn brand_name(&self, brand: usize) -> String {
        let head = BRAND_HEADS[brand % BRAND_HEADS.len()];
        let tail = BRAND_TAILS[brand / BRAND_HEADS.len() % BRAND_TAILS.len()];
        format!("{head}{tail}")
    }

    pub(crate) fn product(&self, index: u64) -> Product {
        let mut random = Random::of(self.spec.seed, Table::Product as u64, index);
        // A walk through all combinations in steps that share no factor with their number: no name
        // comes twice, and neighbours have nothing in common.
        let series = index / PLAIN_NAMES;
        let start = Random::of(self.spec.seed, Table::Name as u64, 0).below(PLAIN_NAMES);
        let combination = (index % PLAIN_NAMES * 48_271 + start) % PLAIN_NAMES;
        let noun = combination % NOUN_COUNT;
        let adjective = ADJECTIVES[(combination / NOUN_COUNT) as usize % ADJECTIVES.len()];
        let material = department(noun).materials[(combination / NOUN_COUNT) as usize / ADJECTIVES.len()];
        let kind = kind(noun);
        let brand = random.below(self.brands as u64) as usize;

        let mut name = self.brand_name(brand);
        for word in [adjective, material, kind.one] {
            name.push(' ');
            name.push_str(word);
        }
        match (series, SERIES.get((series.max(1) - 1) as usize)) {
            (0, _) => {}
            (_, Some(word)) => name.push_str(&format!(" – {word}")),
            (number, None) => name.push_str(&format!(" – No. {number}")),
        }

        let axes = axes(self.spec, index);
        let simple = axes.variants() == 1;
        let digital = simple && random.chance(3);
        let (low, high) = kind.price;
        let ending = *random.pick(&[0, 95, 99, 50]);
        let price = random.between(low, high) * 100 + ending;
        let sale_price = if random.chance(15) { price * random.between(60, 90) / 100 } else { 0 };
        let weight = kind.weight * random.between(80, 130) / 100;
        let tracking = match (simple, random.below(100)) {
            (true, 0..70) | (false, 70..85) => Tracking::Product,
            (false, 0..70) => Tracking::Variant,
            _ => Tracking::None,
        };
        // Three years of catalog, older products with lower ids.
        let age = 3 * 365 * 86_400;
        let share = (age as u64 * (index + 1) / (self.spec.products + 1)) as i64;
        Product {
            id: FIRST_PRODUCT + index as i64,
            sku: sku(kind.one, adjective, index),
            name,
            brand,
            digital,
            price,
            sale_price,
            weight: if digital { 0 } else { weight },
            created: self.spec.now - age + share,
            first_variant: i64::from(self.first_variants[index as usize]),
            tracking,
            noun,
            material,
            adjective,
            axes,
        }
    }
}

/// The option axes of a product: two thirds of all products are simple.
fn axes(spec: &Spec, index: u64) -> Axes {
    let mut random = Random::of(spec.seed, Table::Axes as u64, index);
    let (sizes, colours) = match random.below(12) {
        0 => (random.between(2, 6), 0),
        1 => (0, random.between(2, 8)),
        2 => (random.between(2, 4), 2),
        3 => (2, random.between(3, 4)),
        _ => (0, 0),
    };
    Axes { sizes: sizes as u8, colours: colours as u8 }
}

pub(crate) fn department(noun: u64) -> &'static Department {
    &DEPARTMENTS[noun as usize / (SECTIONS * NOUNS)]
}

pub(crate) fn kind(noun: u64) -> &'static Noun {
    &department(noun).sections[noun as usize / NOUNS % SECTIONS].1[noun as usize % NOUNS]
}

/// The ids of a noun's categories, from the leaf up; the tree is numbered in reading order.
pub(crate) fn categories(noun: u64) -> [i64; 3] {
    let noun = noun as usize;
    let per_section = 1 + NOUNS;
    let top = FIRST_CATEGORY as usize + noun / (SECTIONS * NOUNS) * (1 + SECTIONS * per_section);
    let middle = top + 1 + noun / NOUNS % SECTIONS * per_section;
    let leaf = middle + 1 + noun % NOUNS;
    [leaf as i64, middle as i64, top as i64]
}

/// Three letters of the noun, three of the adjective, and the id, which makes it unique.
fn sku(noun: &str, adjective: &str, index: u64) -> String {
    let mut sku = String::with_capacity(16);
    for word in [noun, adjective] {
        let letters = word.chars().filter(char::is_ascii_alphabetic).take(3);
        sku.extend(letters.map(|letter| letter.to_ascii_uppercase()));
        sku.push('-');
    }
    push_digits(&mut sku, FIRST_PRODUCT as u64 + index, 5);
    sku
}
