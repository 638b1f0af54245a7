"""The Singer connector `tap-bigcommerce`, unchanged, against a simulated store: what it copies is what the store has."""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import requests

from told import told

API = "https://api.bigcommerce.com/stores/simstore/"
TOKEN = {"X-Auth-Token": "simtoken"}
DAYS = 300
START = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=DAYS)
# It asks for customers day by day and never for what is left of today.
END = START + timedelta(days=DAYS)
LISTS = {"products": "v3/catalog/products", "customers": "v3/customers", "orders": "v2/orders"}
work = tempfile.TemporaryDirectory()


def read(path):
    answer = requests.get(API + path, headers=TOKEN, timeout=30)
    return answer.json()


def file(name, content):
    path = os.path.join(work.name, name)
    with open(path, "w") as out:
        json.dump(content, out)
    return path


def tap(*arguments, front="JUDGE_FRONT"):
    config = file("config.json", {"client_id": "simclient", "access_token": "simtoken", "store_hash": "simstore",
                                  "start_date": START.isoformat()})
    ran = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "tap-bigcommerce"), "--config", config, *arguments],
        env={**os.environ, "HTTPS_PROXY": "http://" + os.environ[front]}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and "exception" not in ran.stderr.lower(), ran.stderr[-2000:]
    return ran.stdout


def discover(*streams):
    catalog = json.loads(tap("--discover"))
    for stream in catalog["streams"]:
        selected = stream["stream"] in streams
        stream["schema"]["selected"] = selected
        for field in stream["metadata"]:
            field["metadata"]["selected"] = selected
    return file("catalog.json", catalog)


def sync(catalog, *arguments, front="JUDGE_FRONT"):
    found, state = {}, {}
    for line in tap("--catalog", catalog, *arguments, front=front).splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], {})[message["record"]["id"]] = message["record"]
        elif message["type"] == "STATE":
            state = message["value"]
    return found, state


def changed(record):
    date = record["date_modified"]
    return parsedate_to_datetime(date) if "," in date else datetime.fromisoformat(date.replace("Z", "+00:00"))


@told
def everything_that_changed_is_copied_and_then_only_what_changes():
    catalog = discover("products", "customers", "orders", "coupons")
    found, state = sync(catalog)
    for stream, path in LISTS.items():
        records = read(path + "?limit=250")
        records = records["data"] if isinstance(records, dict) else records
        expected = {record["id"] for record in records if START < changed(record) <= END}
        assert set(found[stream]) == expected and expected, (stream, set(found[stream]) ^ expected)
    assert set(found["coupons"]) == {coupon["id"] for coupon in read("v2/coupons?limit=250")}
    for order in found["orders"].values():
        lines = read(f"v2/orders/{order['id']}/products?limit=250")
        assert [line["id"] for line in order["products"]] == [line["id"] for line in lines], order["id"]

    product = max(found["products"])
    requests.put(f"{API}v3/catalog/products/{product}", headers=TOKEN, json={"price": 1.25}, timeout=30).raise_for_status()
    again, _ = sync(catalog, "--state", file("state.json", state))
    assert {key: float(record["price"]) for key, record in again["products"].items()} == {product: 1.25}
    assert "orders" not in again, again


@told
def it_waits_for_the_quota_that_it_is_told():
    global START
    START = datetime.now(timezone.utc) - timedelta(days=5)
    sync(discover("customers"), front="JUDGE_TIGHT_FRONT")


told.end()
