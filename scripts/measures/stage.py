"""What the measures stand on: programs, runs of them, simulated stores, daemons."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HASH, TOKEN = "benchstore", "bench0token0bench0token0bench000"
WIDE = "1000000/1s"  # a quota nobody waits for
CONCURRENCY = 4  # the client's ceiling, and so the floor's

# Streams that are read by requests of their own in a first sync: records per request, and whether the API is V2,
# whose lists have no total, so that a full last page costs one more request. The others are cut from these.
READ = {
    "products": (250, False),
    "brands": (250, False),
    "categories": (250, False),
    "customers": (250, False),
    "customer_addresses": (250, False),
    "orders": (250, True),
    "locations": (1000, False),
    "inventory_items": (1000, False),
    "store": (1, False),
}
# These, and those that are cut from them.
STREAMS = (*READ, "variants", "order_products", "order_shipping_addresses", "inventory_levels")


def build(given, package, kind, name, folder=""):
    """The path of a binary: the given one, or the release build; cargo's messages go to standard error."""
    if given:
        return os.path.abspath(given)
    command = ["cargo", "build", "--locked", "--release", "-p", package, kind, name]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release", folder, name)


class Finished:
    """A process that has ended: its wall and CPU seconds, its peak memory, its standard output."""

    def __init__(self, command, env, folder):
        with open(os.path.join(folder, "stdout"), "w+b") as out, open(os.path.join(folder, "stderr"), "w+b") as err:
            begun = time.monotonic()
            process = subprocess.Popen(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.stdout = out.read().decode()
            if process.returncode != 0:
                sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{err.read().decode()[-4000:]}")
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024


class Store:
    """A simulated store that is stopped at the end of its `with`."""

    def __init__(self, program, quota=WIDE, **options):
        """`options` are those of `baxter sim`: products=20_000, latency="80ms"."""
        self.folder = tempfile.TemporaryDirectory()
        self.program, ready = program, os.path.join(self.folder.name, "ready")
        generated = {} if "import" in options else {"customers": 100, "orders": 100, "seed": 1}
        options = generated | {"quota": quota} | options
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [program, "sim", "--port", "0", "--ready-file", ready, "--store-hash", HASH, "--token", TOKEN,
             *(word for name, value in options.items() for word in (f"--{name}", str(value)))],
            cwd=self.folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(ready):
            if self.process.poll() is not None:
                sys.exit(f"the simulated store ended with {self.process.returncode}")
            time.sleep(0.02)
        with open(ready) as file:
            self.url = file.readline().strip()
        self.start_seconds = time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def control(self, path):
        with urllib.request.urlopen(f"{self.url}/_sim/{path}", timeout=300) as answer:
            return json.load(answer)

    def cpu_seconds(self):
        return self.control("stats")["cpu_seconds"]

    def env(self, data):
        return {"PATH": os.environ["PATH"], "HOME": data, "BAXTER_API_URL": self.url, "BAXTER_STORE_HASH": HASH,
                "BAXTER_TOKEN": TOKEN, "BAXTER_DATA_DIR": os.path.join(data, "data")}

    def requests(self):
        return self.control("stats")["requests"]

    def fewest_requests(self, lists=READ):
        """What a first sync of these lists takes at least; an empty one is asked for, too."""
        fewest = 0
        for stream, (limit, is_v2) in lists.items():
            count = self.control(f"digest/{stream}")["count"]
            fewest += max(1, -(-count // limit)) + (1 if is_v2 and count and count % limit == 0 else 0)
        return fewest

    def run(self, data, *words, **more):
        """One run of the program, with `more` variables, and what it cost the store."""
        cpu, requests = self.cpu_seconds(), self.requests()
        run = Finished([self.program, *words], self.env(data) | more, data)
        run.store_cpu_seconds, run.requests = self.cpu_seconds() - cpu, self.requests() - requests
        return run

    def check(self, data, streams):
        """Ends the benchmark unless the mirror equals the store."""
        for stream in streams:
            ours = json.loads(self.run(data, "digest", stream, "-o", "json").stdout)
            theirs = self.control(f"digest/{stream}")
            if ours != theirs:
                sys.exit(f"{stream}: mirror and store differ: {ours}, {theirs}")

    def sync(self, *streams):
        """One `baxter sync` into an empty data directory, checked by digest."""
        with tempfile.TemporaryDirectory() as data:
            run = self.run(data, "sync", *streams)
            self.check(data, streams or STREAMS)
            return run


class Daemon:
    """A `baxter serve` with a complete mirror, polling seldom; stopped at the end of its `with`."""

    def __init__(self, store, data, *words):
        ready = os.path.join(data, "ready")
        store.run(data, "sync")
        self.process = subprocess.Popen(
            [store.program, "serve", "--listen", "127.0.0.1:0", "--ready-file", ready, "--poll", "1h", "--relist", "1h",
             *words], env=store.env(data) | {"BAXTER_CLIENT_SECRET": "bench"}, cwd=data, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(ready):
            if self.process.poll() is not None:
                sys.exit(f"baxter serve ended with {self.process.returncode}")
            time.sleep(0.02)
        with open(ready) as file:
            self.url = file.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self, what="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(what))


def ids_of(store, data, stream, most):
    sql = f"select id from {stream} order by id limit {most}"
    return [row["id"] for row in json.loads(store.run(data, "query", sql, "-o", "json").stdout)]
