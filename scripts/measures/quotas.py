"""How a store's quota is used, alone and beside another client."""

import http.client
import tempfile
import threading
import time

from .stage import HASH, STREAMS, TOKEN, Finished, Store

LIMIT, WINDOW = 150, 3  # a plan's window of 30 seconds, in a tenth of the time


def quota(program, _floor, scale):
    """How much of a quota is used, when none is to be left to others, and whether it is ever overdrawn."""
    with Store(program, products=100_000 // scale, quota=f"{LIMIT}/{WINDOW}s") as store, \
            tempfile.TemporaryDirectory() as data:
        run = store.run(data, "sync", BAXTER_RESERVE="0")
        stats = store.control("stats")
        store.check(data, STREAMS)
    fewest = -(-run.requests // LIMIT) * WINDOW
    ratio = run.seconds / fewest
    return {"measure": "quota", "quota": f"{LIMIT}/{WINDOW}s", "requests": run.requests,
            "throttled": stats["throttled"], "seconds": round(run.seconds, 2), "fewest_windows_seconds": fewest,
            "ratio": round(ratio, 3), "aim": "no 429, at most 1.05 of the fewest windows",
            "met": stats["throttled"] == 0 and ratio <= 1.05}


class Competitor:
    """Another client of the same store that asks evenly for half of the quota, until the end of its `with`."""

    def __init__(self, store):
        self.store, self.stopped = store, threading.Event()
        self.answered = self.refused = 0
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        connection = http.client.HTTPConnection(self.store.url.split("//")[1], timeout=60)
        due = time.monotonic()
        while not self.stopped.is_set():
            connection.request("GET", f"/stores/{HASH}/v2/time", headers={"X-Auth-Token": TOKEN})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 429:
                self.refused += 1
            else:
                self.answered += 1
            due += WINDOW / LIMIT * 2
            self.stopped.wait(max(0, due - time.monotonic()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def shared(program, _floor, scale):
    """The same, while another client takes half of the quota."""
    with Store(program, products=100_000 // scale, quota=f"{LIMIT}/{WINDOW}s") as store, \
            tempfile.TemporaryDirectory() as data:
        with Competitor(store) as other:
            run = Finished([program, "sync"], store.env(data), data)
            asked, refused = other.answered + other.refused, other.refused
        stats = store.control("stats")
        store.check(data, STREAMS)
    ours = stats["requests"] - other.answered - other.refused
    throttled = stats["throttled"] - other.refused
    share = throttled / ours
    return {"measure": "shared", "quota": f"{LIMIT}/{WINDOW}s", "requests": ours, "throttled": throttled,
            "throttled_share": round(share, 4), "seconds": round(run.seconds, 2),
            "other_requests": asked, "other_throttled": refused,
            "aim": "429s under 1 % of requests, both go on", "met": share < 0.01 and refused < asked / 2}
