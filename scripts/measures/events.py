"""What events cost, how fast they are taken in, and how soon a change is known."""

import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.request

from .stage import HASH, TOKEN, Daemon, Finished, Store, build, ids_of

CONNECTIONS = 32  # over which a burst of notifications comes


def send_burst(url, stream, ids):
    """Sends one notification for each id, signed, over many connections, and waits until they are settled."""
    noun, now, signed = stream.rstrip("s"), str(int(time.time())), []
    for at, record in enumerate(ids):
        # As old as the records themselves: what is older than its event would be looked at again.
        body = json.dumps({"scope": f"store/{noun}/updated", "store_id": "1", "hash": f"{at:040x}",
                           "created_at": 1, "producer": f"stores/{HASH}", "data": {"type": noun, "id": record}})
        proof = hmac.new(b"bench", f"msg_{at}.{now}.{body}".encode(), hashlib.sha256).digest()
        signed.append((body, {"content-type": "application/json", "webhook-id": f"msg_{at}", "webhook-timestamp": now,
                              "webhook-signature": f"v1,{base64.b64encode(proof).decode()}"}))

    def send(these):
        connection = http.client.HTTPConnection(url.split("//")[1], timeout=60)
        for body, headers in these:
            connection.request("POST", "/webhooks", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"a notification was answered {answer.status}")

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, (signed[first::CONNECTIONS] for first in range(CONNECTIONS))))
    while True:
        with urllib.request.urlopen(f"{url}/healthz", timeout=60) as answer:
            if all(store["pending"] == 0 for store in json.load(answer)["stores"]):
                return
        time.sleep(0.1)


def bursts(program, _floor, scale):
    """What notifications cost that come all at once: requests until the mirror is equal."""
    result, met = {"measure": "bursts"}, True
    for name, stream, records, events, most, chosen in (
        ("many_products", "products", 10_000, 10_000, 60, ["products"]),
        ("few_products", "products", 100, 10_000, 5, ["products"]),
        ("orders", "orders", 2_000, 2_000, 40, ["orders", "order_products", "order_shipping_addresses"]),
    ):
        records, events = max(100, records // scale), events // scale
        sizes = {"products": records} if stream == "products" else {"products": 100, "orders": records}
        watched = [word for name in chosen for word in ("--stream", name)]
        with Store(program, **sizes) as store, tempfile.TemporaryDirectory() as data, \
                Daemon(store, data, *watched) as daemon:
            ids, before = ids_of(store, data, stream, records), -1
            # The round of polling at the start is not the burst's.
            while before != store.requests():
                before = store.requests()
                time.sleep(1)
            send_burst(daemon.url, stream, [ids[at % len(ids)] for at in range(events)])
            used = store.requests() - before
            store.check(data, chosen)
        result |= {f"{name}_events": events, f"{name}_records": records, f"{name}_requests": used,
                   f"{name}_aim": most}
        met = met and used <= most
    return result | {"aim": "at most 60, 5 and 40 requests", "met": met}


def live(program, _floor, scale):
    """From a change in the store to its line from `baxter changes --follow`, at 50 a second, 100 ms from the API."""
    count, pace = 3_000 // scale, 50
    arrived, sent = {}, {}
    with Store(program, products=500, latency="100ms", **{"client-secret": "bench"}) as store, \
            tempfile.TemporaryDirectory() as data, Daemon(store, data) as daemon:
        store.run(data, "hooks", "sync", "--destination", f"{daemon.url}/webhooks")
        ids = ids_of(store, data, "products", 500)
        follower = subprocess.Popen([program, "changes", "--follow", "-o", "jsonl"], env=store.env(data), cwd=data,
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def read():
            for line in follower.stdout:
                for change in json.loads(line)["changes"] or []:
                    if change["path"] == "name":
                        arrived[change["new"]] = time.monotonic()

        def change(at, due):
            time.sleep(max(0, due - time.monotonic()))
            name, request = f"Change {at}", f"{store.url}/stores/{HASH}/v3/catalog/products/{ids[at % len(ids)]}"
            sent[name] = time.monotonic()
            with urllib.request.urlopen(urllib.request.Request(
                    request, json.dumps({"name": name}).encode(), method="PUT",
                    headers={"X-Auth-Token": TOKEN, "Content-Type": "application/json"}), timeout=60) as answer:
                answer.read()

        threading.Thread(target=read, daemon=True).start()
        begun = time.monotonic() + 2
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(change, range(count), (begun + at / pace for at in range(count))))
        until = time.monotonic() + 20
        while len(arrived) < count and time.monotonic() < until:
            time.sleep(0.05)
        follower.kill()
        follower.wait()
        store.check(data, ["products"])
    waits = sorted(1000 * (arrived[name] - at) for name, at in sent.items() if name in arrived)
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    return {"measure": "live", "changes": count, "per_s": pace, "latency": "100ms", "seen": len(waits),
            "p50_ms": round(p50), "p99_ms": round(p99), "aim": "p50 under 400 ms, p99 under 1,500 ms",
            "met": p50 < 400 and p99 < 1500 and len(waits) >= 0.95 * count}


def intake(program, _floor, scale):
    """Verified, durable events against the daemon's own listener that does nothing; answers at 1,000 a second."""
    events = build(None, "baxter-testkit", "--example", "events", "examples")
    noop = build(None, "baxter-server", "--example", "noop", "examples")
    count, sender = 20_000 // scale, {"PATH": os.environ["PATH"], "BAXTER_CLIENT_SECRET": "bench"}

    def send(url, *words):
        with tempfile.TemporaryDirectory() as folder:
            return json.loads(Finished([events, url, HASH, *map(str, words)], sender, folder).stdout)

    floor = subprocess.Popen([noop], stdout=subprocess.PIPE, text=True)
    try:
        url = floor.stdout.readline().strip()
        floor_fast, floor_steady = send(url, count, 64), send(url, count // 4, 64, 1000)
    finally:
        floor.kill()
        floor.wait()
    with Store(program, products=100) as store, tempfile.TemporaryDirectory() as data, Daemon(store, data) as daemon:
        steady = send(daemon.url, count // 4, 64, 1000)
        fast = send(daemon.url, count, 64)
        kept = json.load(urllib.request.urlopen(f"{daemon.url}/healthz"))["status"] == "ok"
    ratio = fast["per_s"] / floor_fast["per_s"]
    met = ratio >= 0.4 and steady["p50_ms"] < 5 and steady["p99_ms"] < 25 and not fast["refused"] and kept
    rounded = lambda report: {name: round(value, 2) for name, value in report.items()}
    return {"measure": "intake", "ratio": round(ratio, 3), "durable": rounded(fast), "noop": rounded(floor_fast),
            "at_1000_per_s": rounded(steady), "noop_at_1000_per_s": rounded(floor_steady),
            "aim": "0.4 of the floor; at 1,000 a second p50 < 5 ms, p99 < 25 ms", "met": met}


def idle(program, _floor, scale):
    """What a daemon takes that has nothing to do."""
    with Store(program, products=2_000 // scale) as store, tempfile.TemporaryDirectory() as data:
        with Daemon(store, data) as daemon:
            time.sleep(5)
            cpu, began = daemon.cpu_seconds(), time.monotonic()
            time.sleep(20)
            share = (daemon.cpu_seconds() - cpu) / (time.monotonic() - began)
            mib = daemon.memory_mib()
    return {"measure": "idle", "share_of_a_core": round(share, 4), "mib": round(mib, 1),
            "aim": "under 1 % of a core and 48 MiB", "met": share < 0.01 and mib < 48}
