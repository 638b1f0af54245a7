"""What schemathesis asks of every answer here: no 5xx, but for 501 of what the store says that it leaves out."""

import json
import os
import re
import urllib.request

import schemathesis

BASE = os.environ["JUDGE_BASE"]


def left_out():
    """Pattern of the path and method of everything that the store does not serve."""
    with urllib.request.urlopen(os.environ["JUDGE_URL"] + "/_sim/paths", timeout=10) as answer:
        told = json.load(answer)["left_out"]
    pairs = []
    for path, methods in told.items():
        pattern = re.compile(re.sub(r"\\\{[^/]*?\\\}", "[^/]*", re.escape(path)))
        pairs.extend((pattern, method) for method in methods)
    return pairs


LEFT_OUT = left_out()


@schemathesis.check
def answered(ctx, response, case):
    if response.status_code < 500:
        return
    method = response.request.method
    path = response.request.url.split("?")[0].removeprefix(BASE).rstrip("/")
    if response.status_code == 501:
        # No path of the API has these.
        if method in ("PATCH", "TRACE"):
            return
        asked = "GET" if method == "HEAD" else method
        if any(asked == left and pattern.fullmatch(path) for pattern, left in LEFT_OUT):
            return
    raise AssertionError(f"{method} {path} is answered {response.status_code}: {response.text[:500]}")
