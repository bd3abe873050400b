"""A cell of a few lines for tests of the command line alone: it answers what a test tells it to, keeps what it was asked, and
checks nothing but the session. What a real cell does is tested against a real cell (lib/cell.py)."""
import base64
import http.server
import json
import ssl
import threading
import urllib.parse

PASSWORD = 'correct horse: battery @staple'
TOKEN = 'header.' + 'payload' * 8 + '.signature'
USER = 'administrator@System'


class Refusal(Exception):
    def __init__(self, status, minor, message):
        self.answer = (status, {'minorErrorCode': minor, 'message': message, 'stackTrace': None})


class Asked:
    """One request: method, path without query, query (dict), body (JSON, other bytes, or None), headers."""

    def __init__(self, handler):
        parts = urllib.parse.urlsplit(handler.path)
        self.method, self.path = handler.command, urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        raw = handler.rfile.read(int(handler.headers.get('Content-Length') or 0))
        self.headers = handler.headers
        self.body = (json.loads(raw) if 'json' in self.headers.get('Content-Type', '') else raw) if raw else None

    def __repr__(self):
        return f'{self.method} {self.path} {self.query} {self.body}'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def answer(self):
        asked = Asked(self)
        self.server.cell.asked.append(asked)
        try:
            done = self.server.cell.answer(asked)
        except Refusal as refusal:
            done = refusal.answer
        status, body, *headers = done
        raw = b'' if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers[0] if headers else {}).items():
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json;version=37.0')
        if status != 204:
            self.send_header('Content-Length', str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes away, or that believes nothing, is part of the tests."""


class FakeCell:
    """routes: {(method, path): function(asked) -> (status, body[, headers])}; a path that ends in / takes all below it."""

    def __init__(self, certificate, chain=None):
        self.asked, self.routes, self.token = [], {}, TOKEN
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.cell = self
        self.port = self.server.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain or certificate.pem, certificate.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f'https://127.0.0.1:{self.port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def route(self, method, path):
        def add(function):
            self.routes[method, path] = function
            return function
        return add

    def paths(self, method=None):
        return [a.path for a in self.asked if method in (None, a.method)]

    def login(self, asked):
        wanted = 'Basic ' + base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()
        if asked.headers.get('Authorization') != wanted or asked.path != '/cloudapi/1.0.0/sessions/provider':
            raise Refusal(401, 'UNAUTHORIZED', 'wrong user or password')
        return 200, {'id': 'urn:vcloud:session:1', 'user': {'name': 'administrator'}, 'roles': ['System Administrator']}, {
            'X-VMWARE-VCLOUD-ACCESS-TOKEN': self.token, 'X-VMWARE-VCLOUD-TOKEN-TYPE': 'Bearer'}

    def answer(self, asked):
        if asked.method == 'POST' and asked.path.startswith('/cloudapi/1.0.0/sessions'):
            return self.login(asked)
        if asked.headers.get('Authorization') != f'bearer {self.token}':
            raise Refusal(401, 'UNAUTHORIZED', 'no session')
        if (asked.method, asked.path) == ('DELETE', '/cloudapi/1.0.0/sessions/current'):
            return 204, None
        found = self.routes.get((asked.method, asked.path))
        for (method, path), function in self.routes.items():
            if not found and method == asked.method and path.endswith('/') and asked.path.startswith(path):
                found = function
        if not found:
            raise Refusal(403, 'ACCESS_TO_RESOURCE_IS_FORBIDDEN', f'there is no {asked.method} {asked.path}')
        return found(asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def page(rows, asked):
    """One page of a list, as asked for."""
    size, number = int(asked.query.get('pageSize', 25)), int(asked.query.get('page', 1))
    return 200, {'resultTotal': len(rows), 'pageCount': -(-len(rows) // size), 'page': number, 'pageSize': size,
                 'associations': None, 'values': rows[(number - 1) * size:number * size]}
