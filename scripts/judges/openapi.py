"""OpenAPI 3.0 descriptions as JSON Schema (2020-12), with the known deviations of the real API laid over them."""

import fnmatch
import os
import re

import yaml

KEPT = {
    "type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "uniqueItems", "minProperties", "maxProperties", "required",
}


def files(folder):
    """Relative names of the description files, sorted."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".yml", ".yaml")):
                found.append(os.path.relpath(os.path.join(base, name), folder))
    return sorted(found)


class Deviations:
    """What the real API does otherwise than described; see deviations.toml."""

    def __init__(self, table):
        self.schemas = table.get("schema", [])
        self.statuses = table.get("status", [])
        self.used = set()

    def patch(self, file, pointer, schema):
        """The schema at a place of a file, changed by what is declared for it."""
        name = pointer[-1] if len(pointer) > 1 and pointer[-2] == "properties" else None
        where = " > ".join(str(step) for step in pointer)
        for deviation in self.schemas:
            if not fnmatch.fnmatch(file, deviation.get("file", "*")):
                continue
            if "properties" in deviation and not any(fnmatch.fnmatchcase(name or "", p) for p in deviation["properties"]):
                continue
            if not fnmatch.fnmatch(where, deviation.get("at", "*")):
                continue
            if "properties" not in deviation and "at" not in deviation:
                continue
            self.used.add(id(deviation))
            if "replace" in deviation:
                return deviation["replace"]
            schema = {key: value for key, value in schema.items() if key not in deviation.get("drop", [])}
            if "optional" in deviation:
                left = [name for name in schema.get("required", []) if name not in deviation["optional"]]
                schema["required"] = left
            if "also" in deviation:
                schema["x-also"] = deviation["also"]
            schema.update(deviation.get("set", {}))
        return schema

    def status(self, operation, status):
        """The described status under which an answer with another one is judged."""
        for deviation in self.statuses:
            if fnmatch.fnmatch(operation, deviation["operation"]) and status == deviation["status"]:
                self.used.add(id(deviation))
                return deviation["as"]
        return status

    def unused(self):
        return [d for d in self.schemas + self.statuses if id(d) not in self.used]


class File:
    """One description file."""

    def __init__(self, folder, name, deviations):
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            self.doc = yaml.load(text, Loader=Loader)
        self.name = name
        self.deviations = deviations
        self.defs = {}

    def base(self):
        """`/v2`, `/v3` or nothing; None for what is no management API."""
        url = (self.doc.get("servers") or [{}])[0].get("url", "")
        if "/stores/" not in url:
            return None
        found = re.search(r"/v[23]$", url)
        return found[0] if found else ""

    def operations(self):
        """Method, template and description of every operation."""
        base = self.base()
        if base is None:
            return
        for path, item in self.doc["paths"].items():
            for method in ("post", "get", "put", "delete"):
                if method in item:
                    yield method.upper(), base + path.rstrip("/"), item[method], ("paths", path, method)

    def follow(self, node, pointer):
        """A node and where it stands, references followed."""
        while isinstance(node, dict) and "$ref" in node:
            pointer = tuple(step.replace("~1", "/").replace("~0", "~") for step in node["$ref"][2:].split("/"))
            node = self.doc
            for step in pointer:
                node = node[step]
        return node, pointer

    def parameters(self, operation, pointer):
        item = self.doc["paths"][pointer[1]]
        return [self.follow(p, ())[0] for p in item.get("parameters", []) + operation.get("parameters", [])]

    def answer(self, operation, pointer, status):
        """(documented, raw schema or None, its place) of an answer."""
        responses = operation["responses"]
        key = next((k for k in responses if str(k) == str(status)), None)
        if key is None:
            return False, None, ()
        response, at = self.follow(responses[key], pointer + ("responses", key))
        content = response.get("content") or {}
        names = [n for n in ("application/json", "application/problem+json") if "schema" in content.get(n, {})]
        names += [n for n in content if "schema" in (content[n] or {})]
        if not names:
            return True, None, ()
        return True, content[names[0]]["schema"], at + ("content", names[0], "schema")

    def request(self, operation, pointer):
        """The JSON request body: schema, place, examples; None without one."""
        if "requestBody" not in operation:
            return None
        body, at = self.follow(operation["requestBody"], pointer + ("requestBody",))
        media = body.get("content", {}).get("application/json")
        if media is None or "schema" not in media:
            return None
        examples = [media["example"]] if "example" in media else []
        for example in (media.get("examples") or {}).values():
            example, _ = self.follow(example, ())
            if "value" in example:
                examples.append(example["value"])
        return media["schema"], at + ("content", "application/json", "schema"), examples

    def schema(self, raw, pointer):
        """A whole JSON Schema for answers."""
        converted = self.convert(raw, pointer)
        return {"$defs": self.defs, "allOf": [converted]}

    def reference(self, raw):
        """A reference to the converted target of a reference."""
        target, at = self.follow(raw, ())
        name = re.sub(r"[^A-Za-z0-9._-]", "_", ".".join(str(step) for step in at))
        if name not in self.defs:
            self.defs[name] = {}
            self.defs[name] = self.convert(target, at)
        return {"$ref": "#/$defs/" + name}

    def convert(self, raw, pointer):
        raw = self.deviations.patch(self.name, pointer, raw)
        if "x-also" in raw:
            also = raw["x-also"]
            return {"anyOf": [self.plain({k: v for k, v in raw.items() if k != "x-also"}, pointer), also]}
        return self.plain(raw, pointer)

    def plain(self, raw, pointer):
        """A schema that is as it should be, but for those within it."""
        if "$ref" in raw:
            reference = self.reference({"$ref": raw["$ref"]})
            nullable = raw.get("nullable") or raw.get("x-nullable")
            return {"anyOf": [{"type": "null"}, reference]} if nullable else reference
        out = {key: value for key, value in raw.items() if key in KEPT}
        if not isinstance(out.get("required", []), list):
            out.pop("required")
        for name, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if raw.get(exclusive) is True and name in out:
                out[exclusive] = out.pop(name)
        if "properties" in raw:
            properties = {}
            for name, value in raw["properties"].items():
                properties[str(name)] = self.convert(value, pointer + ("properties", name))
            out["properties"] = properties
            unsent = {n for n, v in raw["properties"].items() if self.follow(v, ())[0].get("writeOnly")}
            if "required" in out:
                out["required"] = [name for name in out["required"] if name not in unsent]
        if isinstance(raw.get("additionalProperties"), dict):
            at = pointer + ("additionalProperties",)
            out["additionalProperties"] = self.convert(raw["additionalProperties"], at)
        if isinstance(raw.get("items"), dict):
            out["items"] = self.convert(raw["items"], pointer + ("items",))
        for kind in ("allOf", "anyOf", "oneOf"):
            if kind in raw:
                # Overlapping alternatives are common in the files; one that fits is enough.
                name = "anyOf" if kind == "oneOf" else kind
                branches = [self.convert(b, pointer + (kind, n)) for n, b in enumerate(raw[kind])]
                if name in out:
                    out.setdefault("allOf", []).append({name: branches})
                else:
                    out[name] = branches
        if isinstance(raw.get("not"), dict):
            out["not"] = self.convert(raw["not"], pointer + ("not",))
        if raw.get("nullable") or raw.get("x-nullable"):
            if isinstance(out.get("type"), str):
                out["type"] = [out["type"], "null"]
                if "enum" in out and None not in out["enum"]:
                    out["enum"] = out["enum"] + [None]
            elif "type" not in out:
                out = {"anyOf": [{"type": "null"}, out]}
        return out

    def members(self, raw, pointer, seen=()):
        """The documented members of an object schema, through every branch; None when anything goes."""
        raw, pointer = self.follow(raw, pointer)
        raw = self.deviations.patch(self.name, pointer, raw)
        raw, pointer = self.follow(raw, pointer)
        if pointer in seen:
            return {}
        out = {}
        for name, value in (raw.get("properties") or {}).items():
            out.setdefault(str(name), []).append((value, pointer + ("properties", name)))
        for kind in ("allOf", "anyOf", "oneOf"):
            for n, branch in enumerate(raw.get(kind, [])):
                inner = self.members(branch, pointer + (kind, n), seen + (pointer,))
                for name, places in inner.items():
                    out.setdefault(name, []).extend(places)
        return out

    def elements(self, raw, pointer, seen=()):
        """The schemas of an array's items, through every branch."""
        raw, pointer = self.follow(raw, pointer)
        raw = self.deviations.patch(self.name, pointer, raw)
        raw, pointer = self.follow(raw, pointer)
        if pointer in seen:
            return []
        out = []
        if isinstance(raw.get("items"), dict):
            out.append((raw["items"], pointer + ("items",)))
        for kind in ("allOf", "anyOf", "oneOf"):
            for n, branch in enumerate(raw.get(kind, [])):
                out += self.elements(branch, pointer + (kind, n), seen + (pointer,))
        return out


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without the types of YAML 1.1 that OpenAPI does not mean: dates stay text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}
