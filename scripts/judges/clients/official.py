"""BigCommerce's own Python client (`bigcommerce`), unchanged, against a simulated store."""

import os

import bigcommerce
import requests
from bigcommerce.connection import OAuthConnection
from bigcommerce.exception import ClientRequestException, RateLimitingException

from told import told

api = bigcommerce.api.BigcommerceApi(client_id="simclient", store_hash="simstore", access_token="simtoken")
v3 = OAuthConnection("simclient", "simstore", "simtoken", api_path="/stores/{}/v3/{}")


def refused(status, call, kind=ClientRequestException):
    try:
        call()
    except kind as error:
        assert error.status_code == status, (status, error)
        return error
    raise AssertionError(f"nothing was refused, {status} expected")


@told
def the_store_and_its_clock():
    assert api.Store.all()["id"]
    assert int(api.Time.all()["time"]) > 1_600_000_000
    limit = api.connection.rate_limit
    assert limit["requests_quota"] >= limit["requests_remaining"] > 0 and limit["window_size_ms"] == 30000


@told
def customers_of_v2_make_the_round_trip():
    customer = api.Customers.create(first_name="Ada", last_name="Byron", email="ada@example.com")
    assert api.Customers.get(customer.id).email == "ada@example.com"
    assert customer.update(company="Analytical").company == "Analytical"
    assert customer.id in [found.id for found in api.Customers.iterall()]
    assert [found.id for found in api.Customers.all(email="ada@example.com")] == [customer.id]
    before = api.Customers.count()
    customer.delete()
    assert api.Customers.count() == before - 1
    refused(404, lambda: api.Customers.get(customer.id))


@told
def customer_groups_and_coupons_make_the_round_trip():
    group = api.CustomerGroups.create(name="Judges")
    assert group.update(name="Judges and kin").name == "Judges and kin"
    group.delete()
    refused(404, lambda: api.CustomerGroups.get(group.id))
    coupon = api.Coupons.create(
        name="Five", code="FIVE", type="per_total_discount", amount="5.0000", applies_to={"entity": "categories", "ids": [0]}
    )
    assert coupon.amount == "5.0000"
    assert coupon.update(name="Six", amount="6.0000").amount == "6.0000"
    assert coupon.id in [found.id for found in api.Coupons.all(code="FIVE")]
    assert api.Coupons.get(coupon.id).name == "Six"
    coupon.delete()


@told
def orders_with_what_belongs_to_them():
    address = {"first_name": "A", "last_name": "B", "street_1": "C", "city": "Austin", "state": "Texas", "zip": "78701",
               "country": "United States", "country_iso2": "US", "email": "a@example.com"}
    line = {"name": "By hand", "quantity": 2, "price_inc_tax": 11, "price_ex_tax": 10}
    order = api.Orders.create(billing_address=address, shipping_addresses=[address], products=[line], status_id=11)
    assert order.total_inc_tax == "22.0000"
    order = api.Orders.get(order.id)
    lines, addresses = order.products(), order.shipping_addresses()
    assert [found.quantity for found in lines] == [2] and len(addresses) == 1
    assert "id" not in order.shipments()
    shipment = api.OrderShipments.create(
        order.id, order_address_id=addresses[0].id, items=[{"order_product_id": lines[0].id, "quantity": 1}], tracking_number="T1"
    )
    assert [found.id for found in order.shipments()] == [shipment.id]
    assert order.update(status_id=2).status == "Shipped"
    assert order.id in [found.id for found in api.Orders.all(min_id=order.id)]
    before = api.Orders.count()
    order.delete()
    assert api.Orders.count() == before - 1
    assert api.Orders.get(order.id)["is_deleted"] is True
    assert len(list(api.Orders.iterall())) == before - 1


@told
def an_empty_list_is_empty():
    # The client makes an object without members of an answer without a body.
    assert "id" not in api.Orders.all(min_id=999_999_999)


@told
def webhooks_of_v2_are_served_or_named():
    try:
        hook = api.Webhooks.create(scope="store/order/*", destination="https://hooks.example.com/in")
        assert hook.id in [found.id for found in api.Webhooks.all()]
        hook.delete()
    except bigcommerce.exception.ServerException as error:
        assert error.status_code == 501, error


@told
def the_catalog_of_v2_makes_the_round_trip():
    made = api.Products.create(
        name="Mill", type="physical", price="9.50", weight="1", categories=[18], availability="available"
    )
    assert (made.price, made.categories) == ("9.5000", [18])
    assert api.Products.get(made.id).name == "Mill"
    assert made.update(price="12.00").price == "12.0000"
    assert [found.id for found in api.Products.all(name="Mill")] == [made.id]
    assert v3.get("catalog/products", made.id)["data"]["price"] == 12
    before = api.Products.count()
    assert len(list(api.Products.iterall())) == before
    made.delete()
    assert api.Products.count() == before - 1
    refused(404, lambda: api.Products.get(made.id))
    for kind in (api.Brands, api.Categories):
        record = kind.create(name="By hand")
        assert record.update(name="By many hands").name == "By many hands"
        assert record.id in [found.id for found in kind.all(name="By many hands")]
        record.delete()
        refused(404, lambda: kind.get(record.id))


@told
def products_of_v3_make_the_round_trip():
    made = v3.create("catalog/products", {"name": "Engine", "type": "physical", "weight": 1, "price": 9.5})["data"]
    assert v3.get("catalog/products", made["id"])["data"]["price"] == 9.5
    assert v3.update("catalog/products", made["id"], {"price": 12})["data"]["price"] == 12
    assert [p["id"] for p in v3.get("catalog/products", **{"id:in": made["id"]})["data"]] == [made["id"]]
    v3.delete("catalog/products", made["id"])
    refused(404, lambda: v3.get("catalog/products", made["id"]))


@told
def refusals_are_told_apart():
    refused(422, lambda: v3.create("catalog/products", {"name": "Half"}))
    refused(400, lambda: api.Orders.create(status_id=1))
    wrong = bigcommerce.api.BigcommerceApi(client_id="simclient", store_hash="simstore", access_token="wrong")
    refused(401, wrong.Store.all)


@told
def an_app_is_installed_and_opened():
    client = bigcommerce.api.BigcommerceApi(client_id="simclient", store_hash="simstore")
    grant = ("simsecret", "code-for-tests", "stores/simstore", "store_v2_products", "https://app.example.com/auth")
    assert client.oauth_fetch_token(*grant)["access_token"] == "simtoken"
    assert client.Store.all()["id"]
    told_to_app = requests.get(os.environ["JUDGE_STORE"] + "/_sim/payload?user_id=7", timeout=10).json()
    opened = client.oauth_verify_payload_jwt(told_to_app["signed_payload_jwt"], "simsecret", "simclient")
    assert (opened["sub"], opened["user"]["id"]) == ("stores/simstore", 7)
    older = client.oauth_verify_payload(told_to_app["signed_payload"], "simsecret")
    assert (older["store_hash"], older["user"]["id"]) == ("simstore", 7)
    assert not client.oauth_verify_payload(told_to_app["signed_payload"], "another")


@told
def the_quota_ends_in_429():
    os.environ["HTTPS_PROXY"] = "http://" + os.environ["JUDGE_TIGHT_FRONT"]
    tight = bigcommerce.api.BigcommerceApi(client_id="simclient", store_hash="simstore", access_token="simtoken")

    def all_of_it():
        for _ in range(10):
            tight.Time.all()

    error = refused(429, all_of_it, RateLimitingException)
    assert int(error.headers["X-Retry-After"]) >= 1 and int(error.headers["X-Rate-Limit-Time-Reset-Ms"]) > 0


told.end()
