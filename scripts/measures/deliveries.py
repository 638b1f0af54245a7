"""How many notifications the simulated store delivers."""

import asyncio
import base64
import hmac
import json
import multiprocessing
import time
import urllib.request

from .stage import HASH, TOKEN, Store

class Receiver(asyncio.Protocol):
    """One connection that takes notifications: checks what is signed, answers 200 and notes when."""

    secret, told = b"", None  # since the first one: seconds, notifications, those wrongly signed

    def __init__(self):
        self.left = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.left += data
        while (end := self.left.find(b"\r\n\r\n")) >= 0:
            lines = self.left[:end].split(b"\r\n")[1:]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            size = end + 4 + int(headers.get(b"content-length", 0))
            if len(self.left) < size:
                return
            body, self.left = self.left[end + 4:size], self.left[size:]
            signed = b".".join((headers[b"webhook-id"], headers[b"webhook-timestamp"], body))
            good = base64.b64encode(hmac.digest(self.secret, signed, "sha256"))
            now, told = time.monotonic(), type(self).told
            told[0] = told[0] or now
            told[1], told[2] = now - told[0], told[2] + 1
            told[3] += b"v1," + good not in headers[b"webhook-signature"].split()
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def receive(secret, told, port):
    """A process that receives for ever; its port goes into `port`."""
    async def run():
        Receiver.secret, Receiver.told = secret, told
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()
    asyncio.run(run())


def deliveries(program, _floor, scale):
    """Signed notifications that the simulated store delivers, each checked by who takes it, in Python."""
    wanted, secret = 20_000 // scale, "bench0secret0bench0secret"
    told, port = multiprocessing.Array("d", 4, lock=False), multiprocessing.Value("i", 0)
    receiver = multiprocessing.Process(target=receive, args=(secret.encode(), told, port), daemon=True)
    receiver.start()
    try:
        while not port.value:
            time.sleep(0.01)
        with Store(program, products=2_000, **{"client-secret": secret}) as store:
            hook = {"scope": "store/product/updated", "destination": f"http://127.0.0.1:{port.value}/hook",
                    "is_active": True}
            ask(f"{store.url}/stores/{HASH}/v3/hooks", hook)
            ask(f"{store.url}/_sim/mutate", {"count": wanted, "seed": 1, "streams": ["products"], "kinds": ["update"]})
            while (numbers := store.control("stats")["webhooks"])["queued"]:
                time.sleep(0.05)
    finally:
        receiver.kill()
        receiver.join()
    _, seconds, count, wrong = told
    rate = count / max(seconds, 1e-9)
    whole = wanted == count == numbers["delivered"] and not wrong and not numbers["failed"]
    return {"measure": "deliveries", "deliveries": int(count), "wrongly_signed": int(wrong), "per_s": round(rate),
            "aim": "1,000 signed deliveries a second", "met": whole and rate >= 1000}


def ask(url, body):
    """A POST with JSON, which has to succeed."""
    headers = {"X-Auth-Token": TOKEN, "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)
