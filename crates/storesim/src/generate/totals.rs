//! The arithmetic of an order, in ten-thousandths of the currency unit: what is on a line, what tax it
//! bears, and how discounts are spread. No floating point anywhere.
//!
//! The rules are those that the API's samples follow (specification "Orders V2", page "Prepare order
//! data"): a line's totals are its prices times its quantity; tax of a discounted line is computed
//! after the discount; `total_inc_tax` less `total_tax` is `total_ex_tax`, always.
//!
//! On which side the discounts are missing follows `is_tax_inclusive_pricing`, whose text says that the
//! figures of one side are the actual ones. Prices with tax (as in the specification's sample order):
//! `total_inc_tax` is `subtotal_inc_tax` and the costs less `discount_amount` and `coupon_discount`.
//! Prices without tax: the same holds of `total_ex_tax`, and `total_inc_tax` also lacks the tax on the
//! discounts. Orders made and changed through the API (`hooks::orders`) follow the same rule.

/// One cent.
pub(crate) const CENT: i64 = 100;

/// How prices are entered and taxed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Regime {
    /// Tax in millionths of the price.
    pub(crate) rate: i64,
    /// Prices are entered with tax.
    pub(crate) inclusive: bool,
    /// Discounts come off the price with tax whatever prices are entered as: the other reading of the
    /// order's sums.
    pub(crate) off_inc: bool,
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
        } else if self.off_inc {
            let whole = Regime { inclusive: true, ..self };
            (whole.tax(inc - discount), inc - discount)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 × 24.95 and 1 × 9.95 at 8.25 %, a coupon of 10.00, shipping 9.99: 5.45 + 0.72 + 0.82 of tax.
    #[test]
    fn a_discount_is_spread_and_taxed_away_to_the_cent() {
        let regime = Regime { rate: 82_500, inclusive: false, off_inc: false };
        let shares = spread(1_000 * CENT, &[3 * 2_495 * CENT, 995 * CENT]);
        assert_eq!(shares, [883 * CENT, 117 * CENT]);
        let shirts = regime.line(2_495 * CENT, 3, shares[0]);
        let mug = regime.line(995 * CENT, 1, shares[1]);
        let shipping = regime.cost(999 * CENT);
        assert_eq!([shirts.tax, mug.tax, shipping.tax], [545 * CENT, 72 * CENT, 82 * CENT]);
        assert_eq!(shirts.charged + mug.charged + shipping.inc, 9_178 * CENT);
    }

    /// The sample order of the specification whose store enters prices with tax, at 8.25 %: 67.84 less
    /// 10.00 contains 4.41 of tax (the sample says 4.40, by a rate it does not give).
    #[test]
    fn prices_with_tax_keep_their_sum_and_estimate_the_rest() {
        let regime = Regime { rate: 82_500, inclusive: true, off_inc: false };
        let line = regime.line(6_784 * CENT, 1, 1_000 * CENT);
        assert_eq!((line.inc, line.charged, line.tax), (678_400, 578_400, 44_100));
        assert_eq!(line.price.ex + line.price.tax, line.price.inc);
    }

    #[test]
    fn shares_add_up_and_nothing_is_shared_over_nothing() {
        assert_eq!(spread(10 * CENT, &[1, 1, 1]).iter().sum::<i64>(), 10 * CENT);
        assert_eq!(spread(10 * CENT, &[0, 0]), [0, 0]);
        assert_eq!(spread(100, &[0, 5, 0]), [0, 100, 0]);
    }
}
