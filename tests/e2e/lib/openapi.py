"""Holds each JSON answer of the cell against the OpenAPI description that it serves (src/api/openapi.json): the kinds of values,
members that nobody described, members that must be there. A small part of JSON Schema, the part that the file uses."""
import json
import re

from harness import ROOT, check

FILE = ROOT / 'src/api/openapi.json'
TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'integer': int, 'number': (int, float)}


class Description:
    def __init__(self):
        self.all = json.loads(FILE.read_text())
        self.paths = [(re.compile(re.sub(r'\{[^}]+\}', '[^/]+', path) + '/?'), operations)
                      for path, operations in sorted(self.all['paths'].items(), key=lambda item: item[0].count('{'))]

    def schema_of(self, method, path, status):
        """The schema of an answer, or None when the file has none for it."""
        for pattern, operations in self.paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                responses = operations[method.lower()]['responses']
                found = responses.get(str(status), responses.get('default', {}))
                contents = found.get('content', {})
                return next((v['schema'] for k, v in contents.items() if 'json' in k), None)
        return None

    def resolve(self, schema):
        while '$ref' in schema:
            schema = self.all['components']['schemas'][schema['$ref'].rpartition('/')[2]]
        if 'allOf' in schema:
            merged = {**schema, 'properties': {}}
            for part in (*schema['allOf'], {k: v for k, v in schema.items() if k != 'allOf'}):
                part = self.resolve(part)
                merged['properties'].update(part.get('properties', {}))
                merged.setdefault('type', part.get('type'))
            del merged['allOf']
            return merged
        return schema

    def problems(self, value, schema, where):
        schema = self.resolve(schema)
        kind = schema.get('type')
        if value is None:
            return [] if schema.get('nullable') or not kind else [f'{where}: null, and not nullable']
        if kind and (not isinstance(value, TYPES[kind]) or (kind in ('integer', 'number') and isinstance(value, bool))):
            return [f'{where}: {type(value).__name__} where {kind} is described']
        if 'enum' in schema and value not in schema['enum']:
            return [f'{where}: {value!r} is none of {schema["enum"]}']
        if isinstance(value, list):
            return [p for i, item in enumerate(value) for p in self.problems(item, schema.get('items', {}), f'{where}[{i}]')]
        if not isinstance(value, dict) or not schema.get('properties'):
            return []
        known = schema['properties']
        found = [f'{where}: {name} is missing' for name in schema.get('required', []) if name not in value]
        for name, member in value.items():
            if name in known:
                found += self.problems(member, known[name], f'{where}.{name}')
            elif not schema.get('additionalProperties'):
                found.append(f'{where}: {name} is not described')
        return found

    def hold(self, method, path, answer):
        """Fails when the answer is not what the file says."""
        kind = answer.headers.get('Content-Type', '')
        schema = self.schema_of(method, path.partition('?')[0], answer.status)
        if schema is None or 'json' not in kind or not answer.body:
            return
        found = self.problems(answer.json, schema, f'{method} {path} {answer.status}')
        check(not found, *found[:20])
