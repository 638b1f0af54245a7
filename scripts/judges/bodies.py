"""Bodies of writes that ought to be accepted, made after a description."""

DEEPEST = 6


def candidates(file, operation, pointer, records, method):
    """Bodies in the order in which they are tried."""
    request = file.request(operation, pointer)
    if request is None:
        yield None
        return
    schema, at, examples = request
    maker = Maker(file, records)
    yield maker.make(schema, at, only_required=True)
    yield maker.make(schema, at, only_required=False)
    yield from examples
    if method == "DELETE":
        yield None


class Maker:
    """Values for schemas; members with a declared value (bodies.yaml, `members`) take that."""

    def __init__(self, file, records):
        self.file = file
        self.records = records

    def make(self, schema, at, only_required, name="", depth=0):
        if name in self.records.members:
            return self.records.values(self.records.members[name])
        schema, at = self.file.follow(schema, at)
        if "enum" in schema:
            return schema["enum"][0]
        for kind in ("oneOf", "anyOf"):
            if kind in schema:
                return self.make(schema[kind][0], at + (kind, 0), only_required, name, depth)
        if "allOf" in schema:
            whole = {}
            for n, branch in enumerate(schema["allOf"]):
                if not {"type", "properties", "$ref", "allOf", "oneOf", "anyOf", "enum"} & branch.keys():
                    continue
                part = self.make(branch, at + ("allOf", n), only_required, name, depth)
                if not isinstance(part, dict):
                    return part
                whole.update(part)
            return whole
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if kind == "object":
            wanted = schema.get("required", [])
            out = {}
            for member, inner in schema.get("properties", {}).items():
                target, _ = self.file.follow(inner, ())
                if target.get("readOnly") or depth > DEEPEST:
                    continue
                if member in wanted or (not only_required and "example" in target):
                    out[member] = self.make(inner, at + ("properties", member), only_required, member, depth + 1)
            return out
        if kind == "array":
            if "items" not in schema:
                return []
            return [self.make(schema["items"], at + ("items",), only_required, "", depth + 1)]
        if kind == "boolean":
            return schema.get("example", True) is True
        if kind in ("integer", "number"):
            example = schema.get("example", schema.get("minimum", 1))
            return example if isinstance(example, (int, float)) else 1
        if "date" in schema.get("format", ""):
            return "2027-01-02T03:04:05+00:00"
        if isinstance(schema.get("example"), str) and not ("name" in name or "code" in name or name == "sku"):
            return schema["example"]
        return self.records.values("${unique}")
