"""What it costs to copy a store, to read it again, and to prove the copy equal."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from decimal import Decimal

from .stage import CONCURRENCY, HASH, READ, ROOT, STREAMS, Finished, Store

# What a copy of all streams reads besides: lists of their own, records per request as above.
LISTS = {name: (250, False) for name in (
    "product_category_assignments product_channel_assignments product_metafields variant_metafields brand_metafields "
    "category_metafields price_lists price_list_assignments customer_attributes customer_attribute_values "
    "customer_form_field_values customer_metafields subscribers segments shopper_profiles wishlists order_refunds "
    "order_metafields location_metafields channels channel_metafields sites promotions redirects pages store_logs "
    "pickup_methods"
).split()} | {name: (250, True) for name in "customer_groups coupons gift_certificates currencies tax_classes".split()
              } | {name: (10**9, False) for name in ("category_trees", "order_statuses", "order_pickups")}
# ... and lists of one parent each: how many parents there are to ask, as SQL over the mirror.
PARENTS = {
    "order_coupons": "select count(*) from orders where decimal_cmp(coupon_discount, '0') <> 0",
    "order_taxes": "select count(*) from orders",
    "order_shipments": "select count(*) from orders where items_shipped > 0",
    "order_messages": "select count(*) from orders",
    "order_transactions": "select count(*) from orders",
    "product_complex_rules": "select count(*) from products",
    "price_list_records": "select count(*) from price_lists",
    "channel_listings": "select count(*) from channels",
    "site_routes": "select count(*) from sites",
    "promotion_codes": "select count(*) from promotions where redemption_type = 'COUPON'",
}
# With options or modifiers, the API lists ten products at a time.
PRODUCTS_AT_ONCE = 10
# Streams walked by id ranges may be split into segments, each of which may end with a page of its own.
SEGMENTED = ("products", "orders")


def backfill(program, floor, scale, **options):
    products = 100_000 // scale
    with Store(program, products=products, **options) as store, tempfile.TemporaryDirectory() as folder:
        rounds = []
        for _ in range(1 if options else 3):
            before = store.cpu_seconds()
            down = Finished(
                [floor, store.url, HASH, "/v3/catalog/products?include=variants", "250", str(CONCURRENCY)],
                store.env(folder), folder)
            down.store_cpu_seconds = store.cpu_seconds() - before
            rounds.append((down, store.sync("products")))
        variants = store.control("digest/variants")["count"]
    report = json.loads(rounds[0][0].stdout)
    ratio = statistics.median(sync.seconds / down.seconds for down, sync in rounds)
    result = {"measure": "backfill", "products": products, "variants": variants, "rounds": len(rounds),
              "pages": report["requests"], "bytes": report["bytes"], "concurrency": CONCURRENCY}
    for name, runs in (("floor", [down for down, _ in rounds]), ("sync", [sync for _, sync in rounds])):
        for figure in ("seconds", "cpu_seconds", "store_cpu_seconds"):
            result[f"{name}_{figure}"] = round(statistics.median(getattr(run, figure) for run in runs), 3)
    return result | {"ratio": round(ratio, 3), "aim": "ratio at most 1.5", "met": ratio <= 1.5}


def distant(program, floor, scale):
    """The same where each answer takes as long as over a network."""
    latency = "80ms"
    return backfill(program, floor, scale, latency=latency) | {"measure": "distant", "latency": latency}


def incremental(program, _floor, scale):
    """A sync that finds nothing: what was modified is asked for, the other streams are listed again."""
    products = 100_000 // scale
    with Store(program, products=products) as store, tempfile.TemporaryDirectory() as data:
        entries = lambda: store.run(data, "query", "select max(seq) from changes", "-o", "json").stdout
        store.run(data, "sync")
        before = entries()
        run = store.run(data, "sync", "-o", "json")
        streams = json.loads(run.stdout)["streams"]
        ways = {stream["stream"]: stream["way"] for stream in streams if not stream["skipped"]}
        lists = {name: (READ | LISTS)[name] for name, way in ways.items() if way != "incremental"}
        fewest = store.fewest_requests(lists) + len(streams) - len(lists)
        met = entries() == before and run.requests <= 1.02 * fewest
        counts = {stream: store.control(f"digest/{stream}")["count"] for stream in ("variants", "inventory_levels")}
    return {"measure": "incremental", "products": products, **counts, "seconds": round(run.seconds, 2),
            "cpu_seconds": round(run.cpu_seconds, 2), "peak_mib": round(run.peak_mib, 1), "requests": run.requests,
            "fewest": fewest, "aim": "no entry of the change log, at most 1.02 of the fewest requests", "met": met}


def memory(program, _floor, scale):
    peaks = {}
    for products in (100_000 // scale, 1_000_000 // scale):
        with Store(program, products=products) as store:
            peaks[products] = round(store.sync("products").peak_mib, 1)
    small, large = peaks.values()
    return {"measure": "memory", "peak_mib": peaks, "growth": round(large / small, 3),
            "aim": "at most 96 MiB, and 1.1 of the smaller store's", "met": large <= 96 and large <= 1.1 * small}


def requests(program, _floor, scale):
    products = 20_000 // scale
    with Store(program, products=products, customers=products // 4, orders=products // 2) as store:
        used, fewest, by_route = store.sync(*READ).requests, store.fewest_requests(), store.control("stats")["by_route"]
    spare = len(SEGMENTED) * CONCURRENCY
    return {"measure": "requests", "used": used, "fewest": fewest, "segments_at_most": spare,
            "by_route": by_route, "aim": "used <= fewest + one for each segment", "met": used <= fewest + spare}


def copy(program, _floor, scale):
    """Everything that can be mirrored, once."""
    products, patterns = 5_000 // scale, ["*", "!cart_metafields"]
    with Store(program, products=products, customers=products // 4, orders=products // 2) as store, \
            tempfile.TemporaryDirectory() as data:
        used = store.run(data, "sync", *patterns).requests
        listed = json.loads(store.run(data, "streams", *patterns, "-o", "json").stdout)
        store.check(data, [stream["stream"] for stream in listed])
        lists = READ | LISTS | {"products": (PRODUCTS_AT_ONCE, False)}
        fewest = store.fewest_requests(lists)
        for sql in PARENTS.values():
            fewest += next(iter(json.loads(store.run(data, "query", sql, "-o", "json").stdout)[0].values()))
    ratio = used / (fewest + CONCURRENCY * len(SEGMENTED))
    return {"measure": "copy", "products": products, "streams": len(listed), "used": used, "fewest": fewest,
            "ratio": round(used / fewest, 4), "aim": "used <= 1.02 * (fewest + one for each segment)", "met": ratio <= 1.02}


def orders(program, _floor, scale):
    """Orders with their lines and addresses."""
    count = 10_000 // scale
    with Store(program, products=100, orders=count) as store, tempfile.TemporaryDirectory() as data:
        used = store.run(data, "sync", "orders", "order_products", "order_shipping_addresses").requests
        store.check(data, ["orders", "order_products", "order_shipping_addresses"])
    return {"measure": "orders", "orders": count, "used": used, "aim": "at most 42 for 10,000", "met": used <= 42}


def proof(program, _floor, scale):
    """A proof that an equal mirror is equal."""
    products = 100_000 // scale
    with Store(program, products=products) as store, tempfile.TemporaryDirectory() as data:
        store.run(data, "sync", "products", "variants")
        run = store.run(data, "verify", "products", "variants", "-o", "json")
        variants, fewest = store.control("digest/variants")["count"], -(-products // 250)
    report = json.loads(run.stdout)
    false = sum(stream["differences"] for stream in report["streams"])
    return {"measure": "proof", "products": products, "variants": variants, "requests": run.requests,
            "fewest": fewest, "ratio": round(run.requests / fewest, 4), "false_differences": false,
            "seconds": round(run.seconds, 1), "peak_mib": round(run.peak_mib, 1),
            "aim": "at most 1.02 of the fewest requests, no false difference",
            "met": report["equal"] and false == 0 and run.requests <= max(1.02 * fewest, fewest + CONCURRENCY)}


def sweep(program, _floor, scale):
    """A sweep of products of which none changed."""
    products = 1_000_000 // scale
    with Store(program, products=products) as store, tempfile.TemporaryDirectory() as data:
        store.run(data, "sync", "products")
        run = store.run(data, "sweep", "products", "-o", "json")
        fewest = -(-products // 250)
    return {"measure": "sweep", "products": products, "requests": run.requests, "fewest": fewest,
            "ratio": round(run.requests / fewest, 4), "seconds": round(run.seconds, 1),
            "peak_mib": round(run.peak_mib, 1), "aim": "at most 1.05 of the fewest requests and 96 MiB",
            "met": run.requests <= 1.05 * fewest and run.peak_mib <= 96}


def real(program, _floor, _scale, given=None):
    """All of the real data set, whatever the scale: equal in every stream, and to the cent."""
    with tempfile.TemporaryDirectory() as data:
        folder = given or os.path.join(data, "import")
        if not given:
            command = [os.path.join(ROOT, "scripts", "real-data"), "--full", folder]
            if subprocess.run(command, stdout=sys.stderr).returncode != 0:
                return {"measure": "real", "skipped": "the data set could not be obtained", "aim": "equal", "met": True}
        with open(os.path.join(folder, "summary.json")) as file:
            summary = json.load(file)
        with Store(program, **{"import": folder, "plan": "enterprise"}) as store:
            with open(f"/proc/{store.process.pid}/status") as status:
                store_mib = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
            run = store.run(data, "sync")
            store.check(data, STREAMS)
            again = store.run(data, "sync")
            query = "select count(*) n, decimal_sum(total_inc_tax) total from orders"
            sums = json.loads(store.run(data, "query", query, "-o", "json").stdout)[0]
            fewest = store.fewest_requests()
    counts = summary["counts"]
    met = sums["n"] == counts["orders"] and Decimal(sums["total"]) == Decimal(summary["total_inc_tax"])
    return {"measure": "real", "records": sum(counts.values()), "orders": sums["n"], "total_inc_tax": sums["total"],
            "store_start_s": round(store.start_seconds, 1), "store_mib": store_mib,
            "sync_s": round(run.seconds, 1), "sync_cpu_s": round(run.cpu_seconds, 1),
            "store_cpu_s": round(run.store_cpu_seconds, 1), "sync_peak_mib": round(run.peak_mib, 1),
            "again_s": round(again.seconds, 1), "requests": run.requests, "fewest": fewest,
            "aim": "every stream equal, and the sum of all orders", "met": met}
