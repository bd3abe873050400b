"""Peers on loopback that behave and misbehave: TLS servers, silent ones, ports that are no TLS, an HTTP proxy.

Each listens on a port that the kernel chose and is ready when its constructor returns."""
import socket
import ssl
import struct
import threading


class Peer:
    """Accepts connections and hands each to `serve` on a thread of its own."""

    def __init__(self, host='127.0.0.1', family=socket.AF_INET):
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, 0))
        self.listener.listen(256)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.accepted = threading.Semaphore(0)  # released for each connection
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def name(self):
        return f'[{self.host}]:{self.port}' if ':' in self.host else f'{self.host}:{self.port}'

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            self.accepted.release()
            threading.Thread(target=self.guard, args=[connection], daemon=True).start()

    def guard(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass

    def serve(self, connection):
        """A peer that says nothing keeps the connection open."""

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Silent(Peer):
    pass


class Tls(Peer):
    """Presents the certificates of a PEM file, sends nothing, and keeps what it was sent."""

    def __init__(self, certificate, chain=None, version=None, client_certificate=False, **more):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain or certificate.pem, certificate.key)
        if version:
            self.context.maximum_version = version
        if client_certificate:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(certificate.pem)
        self.names = []      # the SNI of each client
        self.received = []   # application bytes of each connection
        self.ended = threading.Semaphore(0)
        self.context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        super().__init__(**more)

    def serve(self, connection):
        received = b''
        try:
            with self.context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as tls:
                while piece := tls.recv(65536):
                    received += piece
        except (ssl.SSLError, OSError):
            pass
        self.received.append(received)
        self.ended.release()


class Says(Peer):
    """Answers whatever comes with these bytes, then closes."""

    def __init__(self, answer, **more):
        self.answer = answer
        super().__init__(**more)

    def serve(self, connection):
        connection.recv(65536)
        connection.sendall(self.answer)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()


class Resets(Peer):
    """Resets the connection as soon as the first byte comes."""

    def serve(self, connection):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        connection.close()


class Proxy(Peer):
    """An HTTP proxy that knows CONNECT; with an answer it gives that instead of connecting."""

    def __init__(self, answer=None, **more):
        self.answer, self.asked = answer, []
        super().__init__(**more)

    def serve(self, connection):
        head = b''
        while b'\r\n\r\n' not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        self.asked.append(head.decode())
        if self.answer is not None:
            connection.sendall(self.answer)
            connection.close()
            return
        host, _, port = head.split()[1].decode().rpartition(':')
        with socket.create_connection((host.strip('[]'), int(port))) as far:
            connection.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
            back = threading.Thread(target=pump, args=[far, connection], daemon=True)
            back.start()
            pump(connection, far)
            back.join()


def pump(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def closed_port():
    """A port on which nobody listens."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
        return True
    except OSError:
        return False
