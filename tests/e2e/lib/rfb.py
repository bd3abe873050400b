"""A console as its user sees it: WebSocket (RFC 6455) and RFB 3.8 (RFC 6143), with the letters of its picture read back."""
import base64
import os
import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parents[3]
CELL = (6, 10)
MARGIN = 8


class Refused(Exception):
    """The upgrade was answered with something else; `status` says what, 0 for nothing at all."""

    def __init__(self, status, body=b''):
        super().__init__(f'{status} {body[:200]}')
        self.status = status


class Closed(Exception):
    """The server ended it, with `code` when it said one."""

    def __init__(self, code=None, reason=''):
        super().__init__(f'{code} {reason}')
        self.code, self.reason = code, reason


class WebSocket:
    """Over a socket that is connected, and TLS when it should be."""

    def __init__(self, sock, host, path, protocols=('binary',), headers=()):
        self.sock, self.pending = sock, b''
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f'GET {path} HTTP/1.1', f'Host: {host}', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
                 f'Sec-WebSocket-Key: {key}', *headers]
        if protocols:
            lines.append('Sec-WebSocket-Protocol: ' + ', '.join(protocols))
        sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        head = b''
        try:
            while b'\r\n\r\n' not in head:
                piece = sock.recv(4096)
                if not piece:
                    raise Refused(0)
                head += piece
        except ConnectionError as failure:
            raise Refused(0) from failure
        head, self.pending = head.split(b'\r\n\r\n', 1)
        status = int(head.split()[1])
        if status != 101:
            raise Refused(status, self.pending)
        fields = {name.strip().lower(): value.strip() for name, _, value in
                  (line.partition(':') for line in head.decode().split('\r\n')[1:])}
        self.protocol = fields.get('sec-websocket-protocol')

    def exactly(self, count):
        while len(self.pending) < count:
            piece = self.sock.recv(65536)
            if not piece:
                raise Closed()
            self.pending += piece
        found, self.pending = self.pending[:count], self.pending[count:]
        return found

    def send(self, payload, opcode=2):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | size]) if size < 126 else struct.pack('>BH', 0xfe, size) if size < 65536
                                         else struct.pack('>BQ', 0xff, size))
        whole = int.from_bytes(payload, 'big') ^ int.from_bytes((mask * (size // 4 + 1))[:size], 'big')
        self.sock.sendall(head + mask + whole.to_bytes(size, 'big'))

    def receive(self):
        """The payload of the next message."""
        message = b''
        while True:
            first, second = self.exactly(2)
            size = second & 0x7f
            if size > 125:
                size = int.from_bytes(self.exactly(2 if size == 126 else 8), 'big')
            payload = self.exactly(size)
            if first & 0x0f == 8:
                raise Closed(*((struct.unpack('>H', payload[:2])[0], payload[2:].decode()) if payload else ()))
            message += payload
            if first & 0x80:
                return message


def glyphs():
    """Which letter five columns are, from the table that draws them."""
    text = (ROOT / 'src/lab/glyph.c').read_text()
    columns = [tuple(int(n, 16) for n in re.findall(r'0x\w\w', row)) for row in re.findall(r'\{ (0x[^}]*) \}', text)]
    return {row: chr(32 + n) for n, row in enumerate(columns)}


def letters(pixels, width, height, step):
    """The lines that stand in a picture of so many bytes a dot."""
    known, lines, paper = glyphs(), [], pixels[:step]

    def dot(x, y):
        at = (y * width + x) * step
        return x < width and y < height and pixels[at:at + step] != paper
    for y in range(MARGIN, height - 7, CELL[1]):
        line = ''
        for x in range(MARGIN, width - MARGIN - CELL[0] + 1, CELL[0]):
            columns = tuple(sum(dot(x + i, y + j) << j for j in range(7)) for i in range(5))
            line += known.get(columns, '?')
        lines.append(line.rstrip())
    return lines


class Console:
    """RFB over something with send and receive."""

    def __init__(self, transport):
        self.transport, self.data = transport, b''
        self.pixels, self.bits = b'', 32
        if self.take(12) != b'RFB 003.008\n':
            raise AssertionError('not RFB 3.8')
        transport.send(b'RFB 003.008\n')
        if 1 not in self.take(self.take(1)[0]):
            raise AssertionError('security without None')
        transport.send(b'\x01')
        if self.take(4) != bytes(4):
            raise AssertionError('refused')
        transport.send(b'\x01')
        self.width, self.height = struct.unpack('>HH', self.take(4))
        self.format = self.take(16)
        self.name = self.take(struct.unpack('>I', self.take(4))[0]).decode()

    def take(self, count):
        while len(self.data) < count:
            self.data += self.transport.receive()
        found, self.data = self.data[:count], self.data[count:]
        return found

    def encodings(self, *numbers):
        self.transport.send(struct.pack('>BxH', 2, len(numbers)) + b''.join(struct.pack('>i', n) for n in numbers))

    def pixel_format(self, bits, maxima, shifts, big=0):
        self.bits = bits
        self.transport.send(struct.pack('>Bxxx', 0) + struct.pack('>BBBBHHHBBBxxx', bits, bits, big, 1, *maxima, *shifts))

    def key(self, keysym):
        for down in (1, 0):
            self.transport.send(struct.pack('>BBxxI', 4, down, keysym))

    def type(self, text):
        for letter in text:
            self.key(ord(letter))

    def pointer(self, x, y, buttons=0):
        self.transport.send(struct.pack('>BBHH', 5, buttons, x, y))

    def ask_size(self, width, height):
        self.transport.send(struct.pack('>BxHHBx', 251, width, height, 1) + struct.pack('>IHHHHI', 0, 0, 0, width, height, 0))

    def update(self, incremental=False):
        """Waits for one; returns the encodings of its rectangles."""
        self.transport.send(struct.pack('>BBHHHH', 3, incremental, 0, 0, self.width, self.height))
        kind, count = struct.unpack('>BxH', self.take(4))
        if kind != 0:
            raise AssertionError(f'message {kind}')
        seen = []
        for _ in range(count):
            x, _, width, height, encoding = struct.unpack('>HHHHi', self.take(12))
            seen.append(encoding)
            if encoding in (-223, -308):
                self.width, self.height = width, height
                self.reason = x
                if encoding == -308:
                    self.take(4 + 16 * self.take(4)[0] - 4)
            else:
                self.pixels = self.take(width * height * self.bits // 8)
        return seen

    def text(self):
        """The lines that stand in the picture."""
        return letters(self.pixels, self.width, self.height, self.bits // 8)
