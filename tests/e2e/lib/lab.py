"""vsphere-lab as the tests drive it: started from a scenario's text, asked over its control socket, spoken to over HTTPS."""
import atexit
import base64
import http.client
import json
import os
import pathlib
import select
import signal
import socket
import ssl
import subprocess

from harness import BUILD, DEADLINE

PROGRAM = BUILD / 'src/lab/vsphere-lab'


class Answer:
    """One HTTP answer."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:2000]}'


class Lab:
    """A running estate. `scenario` is the text of its file; None starts the estate that the directory holds."""

    def __init__(self, directory, scenario=None, *options):
        self.directory = pathlib.Path(directory)
        words = []
        if scenario is not None:
            path = self.directory.with_suffix('.ini')
            path.write_text(scenario)
            words = [str(path)]
        ready, says = os.pipe()
        self.process = subprocess.Popen([str(PROGRAM), 'up', *words, '--dir', str(self.directory), '--ready-fd', str(says), *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[says])
        os.close(says)
        atexit.register(self.process.kill)  # nothing outlives the tests; a process that has ended is left alone
        self.url = self.wait_ready(ready)
        self.port = int(self.url.rpartition(':')[2])
        self.hosts = self.directory / 'hosts'

    def wait_ready(self, ready):
        said = b''
        while not said.endswith(b'\n') and select.select([ready], [], [], DEADLINE)[0]:
            piece = os.read(ready, 4096)
            if not piece:
                break
            said += piece
        os.close(ready)
        if not said.startswith(b'ready '):
            self.process.kill()
            raise AssertionError(f'the lab is not ready: {self.process.communicate()[0].decode()}')
        return said.decode().split()[1]

    def file(self, name):
        return self.directory / name

    def root(self, name):
        return self.directory / 'roots' / f'{name}.pem'

    def credentials(self, name):
        """(user, password) of an endpoint by its DNS name."""
        found = json.loads(self.file('credentials.json').read_text())[name]
        return found['user'], found['password']

    def address(self, name):
        for line in self.hosts.read_text().splitlines():
            if line.split()[1:] == [name]:
                return line.split()[0]
        raise AssertionError(f'{name} is not in the hosts file')

    def ask_line(self, line):
        """Sends one line over the control socket and returns the answer, parsed."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(DEADLINE)
            control.connect(str(self.file('control')))
            control.sendall(line.encode() + b'\n')
            with control.makefile('r') as answers:
                return json.loads(answers.readline())

    def ask(self, do, target=None, **more):
        request = {'do': do, **({'target': target} if target else {}), **more}
        answer = self.ask_line(json.dumps(request))
        if not answer['ok']:
            raise AssertionError(f'{request}: {answer["error"]}')
        return answer

    def connect(self, name, anchors=None):
        """A TLS connection to the endpoint of that DNS name; verified when anchors (a PEM file) are given."""
        context = ssl.create_default_context(cafile=str(anchors)) if anchors else ssl._create_unverified_context()
        if anchors:
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        plain = socket.create_connection((self.address(name), self.port), timeout=DEADLINE)
        return context.wrap_socket(plain, server_hostname=name)

    def leaf(self, name):
        """The DER of the certificate that the endpoint presents."""
        with self.connect(name) as tls:
            return tls.getpeercert(binary_form=True)

    def http(self, name, method, path, headers=None, body=None, anchors=None):
        connection = http.client.HTTPConnection(name)
        connection.sock = self.connect(name, anchors)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def rest(self, name, base='/api'):
        """A REST session: a function that GETs a path of that family."""
        user, password = self.credentials(name)
        login = '/api/session' if base == '/api' else '/rest/com/vmware/cis/session'
        answer = self.http(name, 'POST', login, {'Authorization': basic(user, password)})
        if answer.status not in (200, 201):
            raise AssertionError(answer)
        session = answer.json() if base == '/api' else answer.json()['value']
        return lambda path, method='GET': self.http(name, method, base + path, {'vmware-api-session-id': session})

    def end(self, how=signal.SIGTERM):
        """Ends it and returns its exit status."""
        self.process.send_signal(how)
        self.process.communicate(timeout=DEADLINE)
        return self.process.returncode

    def again(self, how=signal.SIGTERM):
        """The same estate, started anew."""
        self.end(how)
        self.__init__(self.directory)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()
