"""Runs the snippets of docs/simulator.md that start a store from a test, with `baxter` on the PATH, and asks the
store something over the address that they end with."""

import re
import shutil
import subprocess
import sys

ASKED = "/v3/catalog/products?limit=1"
ENDINGS = {
    "python": f"""
import json, urllib.request
request = urllib.request.Request(api + "{ASKED}", headers={{"X-Auth-Token": "simtoken"}})
print(len(json.load(urllib.request.urlopen(request))["data"]))
sim.terminate()
""",
    "js": f"""
const answer = await fetch(api + '{ASKED}', {{ headers: {{ 'X-Auth-Token': 'simtoken' }} }});
console.log((await answer.json()).data.length);
sim.kill();
""",
}


def run(language, snippet):
    whole = snippet + ENDINGS[language]
    if language == "python":
        command = [sys.executable, "-c", whole]
    else:
        if shutil.which("node") is None:
            print("skipped the snippet for Node: there is no node")
            return True
        command = ["node", "--input-type=module", "-e", whole]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    good = done.returncode == 0 and done.stdout.strip() == "1"
    print(f"{'ok   ' if good else 'FAIL '} the snippet in {language} {done.stderr if not good else ''}")
    return good


def main():
    with open("docs/simulator.md", encoding="utf-8") as text:
        page = text.read()
    found = {language: re.search(f"```{language}\n(.*?)```", page, re.S) for language in ENDINGS}
    missing = [language for language, match in found.items() if match is None]
    if missing:
        sys.exit(f"docs/simulator.md has no snippet in {missing}")
    sys.exit(0 if all([run(language, match[1]) for language, match in found.items()]) else 1)


main()
