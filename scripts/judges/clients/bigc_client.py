"""The client `bigc` of the Python package index, unchanged, against a simulated store."""

import os

from bigc import BigCommerceAPI
from bigc.exceptions import BigCommerceException

from told import told

api = BigCommerceAPI("simstore", "simtoken")


def refused(status, call):
    try:
        call()
    except BigCommerceException as error:
        assert error.status_code == status, (status, error.status_code, error)
        return error
    raise AssertionError(f"nothing was refused, {status} expected")


@told
def products_make_the_round_trip():
    made = api.products_v3.create({"name": "Loom", "type": "physical", "weight": 2, "price": 7})
    assert api.products_v3.get(made["id"])["name"] == "Loom"
    assert api.products_v3.update(made["id"], {"price": 8.25})["price"] == 8.25
    assert made["id"] in [product["id"] for product in api.products_v3.all()]
    api.products_v3.delete(made["id"])
    refused(404, lambda: api.products_v3.get(made["id"]))


@told
def customers_are_walked_by_cursor():
    made = api.customers_v3.create_many(
        [{"email": f"walk{n}@example.com", "first_name": "W", "last_name": str(n)} for n in range(10)]
    )
    walked = list(api.api_v3.get_many("/customers", cursor=True, page_size=7))
    ids = [customer["id"] for customer in walked]
    assert len(ids) == len(set(ids)) and {customer["id"] for customer in made} <= set(ids)


@told
def orders_are_listed_to_the_end():
    orders = list(api.api_v2.get_many("/orders", page_size=7))
    assert len(orders) == api.api_v2.get("/orders/count")["count"]


@told
def groups_make_the_round_trip():
    group = api.api_v2.post("/customer_groups", data={"name": "Weavers"})
    assert api.api_v2.get(f"/customer_groups/{group['id']}")["name"] == "Weavers"
    api.api_v2.delete(f"/customer_groups/{group['id']}")
    refused(404, lambda: api.api_v2.get(f"/customer_groups/{group['id']}"))


@told
def refusals_carry_their_reasons():
    error = refused(422, lambda: api.products_v3.create({"name": "Half a loom"}))
    assert "weight" in error.errors, error.errors


@told
def the_quota_ends_in_429():
    os.environ["HTTPS_PROXY"] = "http://" + os.environ["JUDGE_TIGHT_FRONT"]
    tight = BigCommerceAPI("simstore", "simtoken")

    def all_of_it():
        for _ in range(10):
            tight.api_v2.get("/time")

    refused(429, all_of_it)


told.end()
