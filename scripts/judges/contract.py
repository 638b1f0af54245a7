"""Judges a simulated store by the OpenAPI descriptions of BigCommerce's management API; see scripts/contract."""

import argparse
import json
import os
import sys
import tomllib
import urllib.parse

import jsonschema
import yaml

import bodies
from openapi import Deviations, File, Loader, files
from store import Records, Store

HERE = os.path.dirname(os.path.abspath(__file__))
BAR = 98.0


class Verdict:
    """What was found about one operation."""

    def __init__(self, file, name):
        self.file = file
        self.name = name
        self.asked = []
        self.faults = []
        self.surplus = set()
        self.succeeded = False

    def conforms(self):
        return self.succeeded and not self.faults


class Judge:
    def __init__(self, folder, store, args):
        with open(os.path.join(HERE, "deviations.toml"), "rb") as text:
            self.deviations = Deviations(tomllib.load(text))
        with open(os.path.join(HERE, "bodies.yaml"), encoding="utf-8") as text:
            declared = yaml.load(text, Loader=Loader)
        self.files = [File(folder, name, self.deviations) for name in files(folder)]
        self.store = store
        self.records = Records(store, declared)
        self.queries = declared["queries"] or {}
        self.args = args
        self.left_out = {}
        answer = store.control("GET", "paths")
        for path, methods in answer.json["left_out"].items():
            self.left_out[plain(path)] = methods
        self.served = {plain(path): methods for path, methods in answer.json["served"].items()}
        self.verdicts = {}
        self.described = {}
        self.operations = {}
        self.validators = {}
        self.records.invent = self.invent

    def invent(self, name):
        """Bodies for an operation, made after its description."""
        method, template = name.split(" ", 1)
        found = self.operations.get((method, plain(template)))
        if found is None:
            return []
        file, operation, pointer = found
        return bodies.candidates(file, operation, pointer, self.records, method)

    def run(self):
        work = []
        for file in self.files:
            for method, template, operation, pointer in file.operations():
                self.described.setdefault(file.name, []).append(f"{method} {template}")
                name = f"{method} {template}"
                self.operations[method, plain(template)] = (file, operation, pointer)
                if method in self.served.get(plain(template), []):
                    if not self.args.only or self.args.only in name:
                        work.append((file, method, template, operation, pointer))
                elif method not in self.left_out.get(plain(template), []):
                    verdict = self.verdict(file, name)
                    verdict.faults.append("neither served nor listed as left out")
        depth = {template: template.count("/") for _, _, template, _, _ in work}
        first = [w for w in work if w[1] == "POST"]
        reads = [w for w in work if w[1] == "GET"]
        puts = [w for w in work if w[1] == "PUT"]
        deletes = [w for w in work if w[1] == "DELETE"]
        for group in (first, puts, reads):
            group.sort(key=lambda w: depth[w[2]])
        deletes.sort(key=lambda w: (-depth[w[2]], -w[2].count("{")))
        for file, method, template, operation, pointer in first + puts + reads + deletes:
            self.judge(file, method, template, operation, pointer)
        return list(self.verdicts.values())

    def verdict(self, file, name):
        return self.verdicts.setdefault((file.name, name), Verdict(file.name, name))

    def judge(self, file, method, template, operation, pointer):
        name = f"{method} {template}"
        verdict = self.verdict(file, name)
        path = self.records.fill(template, name)
        if path is None:
            verdict.faults.append("no record to ask for could be made")
            return
        query = self.query(name, file, operation, pointer)
        if method == "GET":
            answer = self.check(verdict, file, operation, pointer, method, path + query)
            verdict.succeeded = answer.ok()
            if not answer.ok():
                verdict.faults.append(f"GET {path}{query}: {answer.status} {answer.text[:200]}")
            includes = self.includes(file, operation, pointer)
            if includes and answer.ok():
                glue = "&" if query else "?"
                self.check(verdict, file, operation, pointer, method, f"{path}{query}{glue}include={includes}")
            if template.endswith("}"):
                self.absent(verdict, file, operation, pointer, path)
            return
        tried = []
        for body in self.records.candidates(name):
            answer = self.store.ask(method, path + query, body)
            if answer.ok():
                self.judge_answer(verdict, file, operation, pointer, f"{method} {path}{query}", answer, body)
                verdict.succeeded = True
                break
            tried.append(f"{answer.status} {answer.text[:300]} <- {json.dumps(body)[:400]}")
        if not verdict.succeeded:
            verdict.faults.append("no write was accepted: " + " | ".join(tried[:3]))
        if method == "DELETE":
            self.records.forget()
        elif body is not None:
            self.refused(verdict, file, operation, pointer, method, path + query)

    def query(self, name, file, operation, pointer):
        declared = self.queries.get(name)
        if declared:
            pairs = [(key, str(self.records.values(value))) for key, value in declared.items()]
            return "?" + urllib.parse.urlencode(pairs, safe=":,")
        return ""

    def includes(self, file, operation, pointer):
        for parameter in file.parameters(operation, pointer):
            if parameter.get("name") == "include" and parameter.get("in") == "query":
                schema = parameter.get("schema", {})
                schema, _ = file.follow(schema, ())
                items, _ = file.follow(schema.get("items", schema), ())
                return ",".join(str(v) for v in items.get("enum", []))
        return ""

    def check(self, verdict, file, operation, pointer, method, path, body=None):
        answer = self.store.ask(method, path, body)
        self.judge_answer(verdict, file, operation, pointer, f"{method} {path}", answer, body)
        return answer

    def absent(self, verdict, file, operation, pointer, path):
        """A record that is not there: 404 in the shape of its family."""
        parent = path.rsplit("/", 1)
        answer = self.store.ask("GET", parent[0] + "/987654321")
        if answer.status not in (404, 400, 422, 204):
            verdict.faults.append(f"GET {parent[0]}/987654321: status {answer.status} for what is not there")
        elif answer.status != 204:
            self.error_shape(verdict, f"GET {parent[0]}/987654321", answer)

    def refused(self, verdict, file, operation, pointer, method, path):
        """A body that is no JSON: 4xx in the shape of its family."""
        answer = self.store.ask(method, path, b"{")
        if not 400 <= answer.status < 500:
            verdict.faults.append(f"{method} {path}: status {answer.status} for a broken body")
        else:
            self.error_shape(verdict, f"{method} {path} with a broken body", answer)

    def error_shape(self, verdict, what, answer):
        body = answer.json
        if "/v2/" in what:
            fits = isinstance(body, list) and body and {"status", "message"} <= body[0].keys()
        else:
            fits = isinstance(body, dict) and (
                (isinstance(body.get("status"), int) and isinstance(body.get("type"), str)) or "batch_errors" in body
            )
        if not fits:
            verdict.faults.append(f"{what}: {answer.status} is no error body: {answer.text[:200]}")

    def judge_answer(self, verdict, file, operation, pointer, what, answer, body):
        verdict.asked.append(f"{answer.status} {what}")
        status = self.deviations.status(verdict.name, answer.status)
        documented, raw, at = file.answer(operation, pointer, status)
        known = ", ".join(str(key) for key in operation["responses"])
        if not documented:
            sent = "" if body is None else f" <- {json.dumps(body)[:300]}"
            verdict.faults.append(f"{what}: status {answer.status} is not described ({known}): {answer.text[:200]}{sent}")
            return
        if answer.status == 204 and answer.text:
            verdict.faults.append(f"{what}: 204 with a body")
        if raw is None or (answer.status == 204 and not answer.text):
            return
        media = (operation["responses"].get(str(status)) or {}).get("content", {})
        if any("json" not in kind and answer.headers.get("content-type", "").startswith(kind) for kind in media):
            return
        if answer.json is None:
            verdict.faults.append(f"{what}: no JSON: {answer.text[:100]!r}")
            return
        kind = answer.headers.get("content-type", "")
        if "json" not in kind:
            verdict.faults.append(f"{what}: content type {kind!r}")
        if (file.name, at) not in self.validators:
            self.validators[file.name, at] = jsonschema.Draft202012Validator(file.schema(raw, at))
        validator = self.validators[file.name, at]
        seen = set()
        for error in validator.iter_errors(answer.json):
            for text in leaves(error):
                if text not in seen and len(seen) < 12:
                    seen.add(text)
                    verdict.faults.append(f"{what}: {text}")
        self.surplus(verdict, file, raw, at, answer.json, "")

    def surplus(self, verdict, file, raw, at, value, where):
        """Members that no branch of the description has: told, not counted."""
        self.members_of(verdict, file, [(raw, at)], value, where, 0)

    def members_of(self, verdict, file, places, value, where, depth):
        if depth > 12:
            return
        if isinstance(value, list):
            items = [place for raw, at in places for place in file.elements(raw, at)]
            if items:
                for inner in value[:5]:
                    self.members_of(verdict, file, items, inner, where + "[]", depth + 1)
        elif isinstance(value, dict):
            known = {}
            for raw, at in places:
                for name, found in file.members(raw, at).items():
                    known.setdefault(name, []).extend(found)
            if not known:
                return
            for name, inner in value.items():
                if name in known:
                    self.members_of(verdict, file, known[name], inner, f"{where}.{name}", depth + 1)
                else:
                    verdict.surplus.add(f"{where}.{name}")


def leaves(error):
    """The reasons at the end of a tree of alternatives: those of the branch that fits best."""
    if error.context:
        branches = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        best = min(branches.values(), key=lambda inner: (score(inner), len(inner)))
        return [text for inner in best for text in leaves(inner)]
    where = "/".join(str(step) if not isinstance(step, int) else "[]" for step in error.absolute_path)
    value = json.dumps(error.instance)
    value = value if len(value) < 80 else value[:77] + "..."
    if error.validator == "required":
        return [f"/{where}: {error.message.split(' is a required')[0]} is missing"]
    if error.validator == "type":
        return [f"/{where}: {value} is not {error.validator_value}"]
    return [f"/{where}: {value} against {error.validator} {json.dumps(error.validator_value)[:120]}"]


def score(errors):
    """A branch that fails at its own type is a worse explanation than one that fails deeper."""
    return sum(10 if e.validator == "type" and len(e.relative_path) == 0 else 1 for e in errors)


def plain(template):
    """A template without the names of its parameters."""
    return "/".join("{}" if part.startswith("{") else part for part in template.split("/"))


def share(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    parser = argparse.ArgumentParser(prog="scripts/contract")
    parser.add_argument("folder")
    parser.add_argument("url")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    parser.add_argument("--only", help="judge only operations whose name has this in it")
    parser.add_argument("--surplus", action="store_true", help="list members that the descriptions do not have")
    args = parser.parse_args()
    store = Store(args.url)
    judge = Judge(args.folder, store, args)
    verdicts = judge.run()
    report(judge, verdicts, args)
    checked = [v for v in verdicts if v.asked or v.faults]
    good = sum(v.conforms() for v in checked)
    sys.exit(0 if share(good, len(checked)) >= BAR else 1)


def report(judge, verdicts, args):
    rows = []
    for file in judge.files:
        described = judge.described.get(file.name)
        if not described:
            continue
        of_file = [v for v in verdicts if v.file == file.name]
        served = sum(name.split(" ", 1)[0] in judge.served.get(plain(name.split(" ", 1)[1]), []) for name in described)
        good = sum(v.conforms() for v in of_file)
        rows.append((file.name, len(described), served, len(of_file), good))
    checked = sum(row[3] for row in rows)
    good = sum(row[4] for row in rows)
    if args.output == "json":
        faults = {v.name: v.faults for v in verdicts if not v.conforms()}
        keys = ("file", "operations", "served", "checked", "conforming")
        document = {
            "files": [dict(zip(keys, row)) for row in rows],
            "operations": sum(row[1] for row in rows),
            "served": sum(row[2] for row in rows),
            "checked": checked,
            "conforming": good,
            "requests": judge.store.requests,
            "faults": faults,
        }
        print(json.dumps(document, indent=2))
        return
    for verdict in verdicts:
        if not verdict.conforms():
            print(verdict.name + "  (" + verdict.file + ")")
            for fault in verdict.faults:
                print("    " + fault)
        if args.surplus and verdict.surplus:
            print(f"{verdict.name}  surplus: {', '.join(sorted(verdict.surplus))}")
    print(f"{'file':<48} {'described':>9} {'served':>7} {'checked':>8} {'conforming':>11}")
    for name, described, served, tried, fine in rows:
        print(f"{name:<48} {described:>9} {served:>7} {tried:>8} {fine:>11}")
    total = (sum(row[1] for row in rows), sum(row[2] for row in rows))
    print(f"{'all':<48} {total[0]:>9} {total[1]:>7} {checked:>8} {good:>11}")
    if not args.only:
        for deviation in judge.deviations.unused():
            print(f"not needed: the deviation {deviation.get('reason', deviation)}")
    print(f"{share(good, checked):.1f} % of {checked} operations conform ({judge.store.requests} requests; bar {BAR} %)")


main()
