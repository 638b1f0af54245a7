"""A simulated store to ask, and the records in it that requests need."""

import fnmatch
import http.client
import json
import urllib.parse


# A file as browsers send one.
FORM = ('--judge\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\nnot really\r\n--judge--\r\n")


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        self.json = None
        if text:
            try:
                self.json = json.loads(text)
            except ValueError as error:
                self.problem = str(error)

    def ok(self):
        return 200 <= self.status < 300

    def records(self):
        """The records of a list, whatever its envelope; None when it is no list."""
        body = self.json
        if isinstance(body, dict) and "data" in body:
            body = body["data"]
        if body is None and self.status == 204:
            return []
        return body if isinstance(body, list) else None


class Store:
    """Requests to one store, one after the other, over one connection."""

    def __init__(self, url, token="simtoken", store_hash="simstore"):
        self.host = urllib.parse.urlsplit(url).netloc
        self.prefix = f"/stores/{store_hash}"
        self.token = token
        self.connection = None
        self.requests = 0

    def ask(self, method, path, body=None, headers=None):
        """An answer; `body` is JSON to be, or bytes as they are."""
        sent = {"X-Auth-Token": self.token, "Accept": "application/json", **(headers or {})}
        data = None
        if isinstance(body, dict) and "$file" in body:
            data = FORM.format(name=body["$file"]).encode()
            sent["Content-Type"] = "multipart/form-data; boundary=judge"
        elif body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        return self.raw(method, self.prefix + path, data, sent)

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        return self.raw(method, "/_sim/" + path, data, {})

    def raw(self, method, path, data, headers):
        self.requests += 1
        for last in (False, True):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, timeout=20)
            try:
                self.connection.request(method, path, body=data, headers=headers)
                response = self.connection.getresponse()
                text = response.read().decode("utf-8")
                return Answer(response.status, response.headers, text)
            except (http.client.RemoteDisconnected, ConnectionError):
                self.connection.close()
                self.connection = None
                if last:
                    raise


class Records:
    """Ids and members of existing records, made on demand; how is declared in bodies.yaml."""

    def __init__(self, store, declared):
        self.store = store
        self.bodies = declared["bodies"] or {}
        self.members = declared["members"] or {}
        self.keys = declared["keys"] or {}
        self.fixed = declared["parameters"] or {}
        self.named = declared["records"] or {}
        self.number = 7000
        self.chosen = {}
        self.making = []
        # Bodies for an operation that none are declared for; set by who knows the descriptions.
        self.invent = lambda operation: []
        self.current = ""

    def forget(self):
        """Something was deleted."""
        self.chosen.clear()

    def one(self, template):
        """A record of a list; made when there is none. None when that fails."""
        if template in self.chosen:
            return self.chosen[template]
        if template in self.named:
            return self.remember(template, *self.named[template])
        path = self.fill(template, "")
        record = None
        if path is not None:
            record = self.listed(path)
            if record is None and template not in self.making:
                self.making.append(template)
                try:
                    record = self.make(template, path)
                finally:
                    self.making.pop()
        if record is not None:
            self.chosen[template] = record
        return record

    def remember(self, name, operation, body, listed=None):
        """A record with a name, made as declared: what the answer has, or the last of a list."""
        method, template = operation.split(" ", 1)
        path = self.fill(template, operation)
        answer = self.store.ask(method, path, self.values(body)) if path else None
        if answer is None or not answer.ok() or answer.json is None:
            return None
        if listed is not None:
            data = self.listed(self.fill(listed, ""))
            if data is not None:
                self.chosen[name] = data
            return data
        data = answer.json
        if isinstance(data, dict) and "data" in data:
            data = data["data"]
        if isinstance(data, list):
            data = data[0] if data else None
        if data is not None:
            self.chosen[name] = data
        return data

    def listed(self, path):
        answer = self.store.ask("GET", path)
        records = answer.records() if answer.ok() else None
        return records[-1] if records else None

    def make(self, template, path):
        """Creates a record as declared and finds it in the list, or else in the answer."""
        for method in ("POST", "PUT"):
            for body in self.candidates(f"{method} {template}"):
                answer = self.store.ask(method, path, body)
                if not answer.ok():
                    continue
                found = self.listed(path)
                if found is not None:
                    return found
                body = answer.json
                data = body.get("data", body) if isinstance(body, dict) else body
                if isinstance(data, list):
                    data = data[0] if data else None
                if data:
                    return data
        return None

    def candidates(self, operation):
        """Bodies that ought to be accepted, the declared ones before invented ones."""
        declared = self.bodies.get(operation)
        if declared is None:
            globs = (key for key in self.bodies if "*" in key and fnmatch.fnmatchcase(operation, key))
            declared = self.bodies.get(next(globs, None))
        if declared is None:
            yield from self.invent(operation)
            return
        for body in declared:
            before, self.current = self.current, operation.split(" ", 1)[1]
            filled = self.values(body)
            self.current = before
            yield filled

    def fill(self, template, operation):
        """A path with the ids of existing records; None when one is missing."""
        path = ""
        before = ""
        for part in template.split("/")[1:]:
            if part.startswith("{"):
                value = self.parameter(before, part[1:-1], operation)
                if value is None:
                    return None
                path += "/" + urllib.parse.quote(str(value), safe="")
            else:
                path += "/" + part
            before += "/" + part
        return path

    def parameter(self, before, name, operation):
        whole = f"{before}/{{{name}}}"
        for key in (operation, whole):
            declared = self.fixed.get(key)
            if isinstance(declared, dict):
                declared = declared.get(name)
            if declared is not None:
                return self.values(declared)
        record = self.one(before)
        if record is None:
            return None
        keys = [self.keys[whole]] if whole in self.keys else [name, "id", "uuid", "entity_id"]
        if isinstance(record, dict):
            return next((record[key] for key in keys if record.get(key) is not None), None)
        return None

    def values(self, value):
        """Placeholders replaced; see bodies.yaml."""
        if isinstance(value, dict):
            return {key: self.values(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.values(inner) for inner in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        if value.startswith("${") and value.endswith("}") and value.count("${") == 1:
            return self.placeholder(value[2:-1])
        out = ""
        rest = value
        while "${" in rest:
            head, rest = rest.split("${", 1)
            name, rest = self.inside(rest)
            out += head + str(self.placeholder(name))
        return out + rest

    @staticmethod
    def inside(text):
        """What stands before the brace that ends a placeholder, and the rest."""
        depth = 1
        for at, letter in enumerate(text):
            depth += (letter == "{") - (letter == "}")
            if depth == 0:
                return text[:at], text[at + 1:]
        raise ValueError(f"a placeholder does not end: {text}")

    def placeholder(self, name):
        if name == "number":
            self.number += 1
            return self.number
        if name == "unique":
            self.number += 1
            return f"Judge {self.number}"
        template, _, members = name.partition("|")
        if template == "self":
            template = self.current
        elif template == "parent":
            template = self.current.rsplit("/", 1)[0]
        record = self.one(template)
        for member in (members or "id").split("."):
            if isinstance(record, list):
                record = record[int(member)] if int(member) < len(record) else None
            elif isinstance(record, dict):
                record = record.get(member)
        return record
