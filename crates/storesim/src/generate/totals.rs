//! The arithmetic of an order, in ten-thousandths of the currency unit: what is on a line, what tax it
//! bears, and how discounts are spread. No floating point anywhere.
//!
//! The rules are those that the API's samples follow (specification "Orders V2", page "Prepare order
//! data"): a line's totals are its prices times its quantity; tax of a discounted line is computed
//! after the discount; in a store whose prices exclude tax the discounts do too.

/// One cent.
pub(crate) const CENT: i64 = 100;

/// How prices are entered and taxed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Regime {
    /// Tax in millionths of the price.
    pub(crate) rate: i64,
    /// Prices are entered with tax.
    pub(crate) inclusive: bool,
}

/// An amount with and without tax. `inc` is `ex` plus `tax`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// As entered.
    pub(crate) base: i64,
    pub(crate) ex: i64,
    pub(crate) inc: i64,
    pub(crate) tax: i64,
}

impl Regime {
    /// The tax in or on `amount`, in whole cents.
    fn tax(self, amount: i64) -> i64 {
        self.tax_to(amount, CENT)
    }

    fn tax_to(self, amount: i64, unit: i64) -> i64 {
        let rate = i128::from(self.rate);
        let whole = if self.inclusive { 1_000_000 + rate } else { 1_000_000 };
        divide(i128::from(amount) * rate, whole * i128::from(unit)) * unit
    }

    /// Shipping, handling, wrapping: one amount, taxed as a whole.
    pub(crate) fn cost(self, base: i64) -> Cost {
        let tax = self.tax(base);
        let ex = if self.inclusive { base - tax } else { base };
        Cost { base, ex, inc: ex + tax, tax }
    }

    /// The price of one unit. With prices entered including tax the rest is estimated to four places.
    fn price(self, base: i64) -> Cost {
        if self.inclusive {
            let tax = self.tax_to(base, 1);
            Cost { base, ex: base - tax, inc: base, tax }
        } else {
            self.cost(base)
        }
    }

    /// A line of `quantity` units, less its share of the order's discounts.
    pub(crate) fn line(self, base: i64, quantity: i64, discount: i64) -> Line {
        let price = self.price(base);
        let (ex, inc) = (price.ex * quantity, price.inc * quantity);
        let (tax, charged) = if self.inclusive {
            (self.tax(inc - discount), inc - discount)
        } else if discount == 0 {
            (inc - ex, inc)
        } else {
            let tax = self.tax(ex - discount);
            (tax, ex - discount + tax)
        };
        Line { price, ex, inc, tax, charged }
    }
}

/// The money of one line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// One unit.
    pub(crate) price: Cost,
    /// Before discounts.
    pub(crate) ex: i64,
    /// Before discounts.
    pub(crate) inc: i64,
    /// After discounts.
    pub(crate) tax: i64,
    /// What the shopper pays for the line, with tax, after discounts.
    pub(crate) charged: i64,
}

/// Spreads `total` over lines in proportion to their weights, in whole cents; the shares add up exactly.
pub(crate) fn spread(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let (mut seen, mut given) = (0, 0);
    weights
        .iter()
        .map(|weight| {
            seen += i128::from(*weight);
            let until = divide(i128::from(total) * seen, sum * i128::from(CENT)) * CENT;
            let share = until - given;
            given = until;
            share
        })
        .collect()
}

/// Division rounded half up, of a number that is not negative.
fn divide(number: i128, by: i128) -> i64 {
    ((number * 2 + by) / (by * 2)) as i64
}
