"""Writes an OpenAPI description as JSON, without the slips that schemathesis does not read over.

    described.py FOLDER/carts.v3.yml OUT.json
"""

import json
import sys

import yaml


def mended(node):
    if isinstance(node, list):
        return [mended(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    node = {str(key): mended(value) for key, value in node.items()}
    # A bound that excludes itself needs a bound.
    for exclusive, bound in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if isinstance(node.get(exclusive), bool) and bound not in node:
            del node[exclusive]
    return node


with open(sys.argv[1], encoding="utf-8") as text:
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump(mended(document), out, default=str)
