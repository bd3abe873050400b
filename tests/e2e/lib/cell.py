"""A lab, a cell beside it, and a client of its API, for tests over the wire. Ports are the kernel's choice; readiness is a
line on a descriptor; everything lives in the test's directory and ends with it."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

import lab
import openapi
from harness import BUILD, DEADLINE, VOUCHSAFE, check, environment

VOUCHSAFED = BUILD / 'src/cell/vouchsafed'
DESCRIPTION = openapi.Description()
PASSWORD = 'correct horse: battery @staple'
VCLOUD = '{http://www.vmware.com/vcloud/v1.5}'


def await_ready(process, fd, log):
    """The rest of the line `ready ..`, read from a descriptor."""
    with os.fdopen(fd) as pipe:
        line = pipe.readline()
    if not line.startswith('ready '):
        process.wait(DEADLINE)
        raise AssertionError(f'{process.args[0]} did not start:\n{log.read_text(errors="replace")[-4000:]}')
    return line.removeprefix('ready ').strip()


def spawn(command, log):
    """Starts a program that says `ready ..` on the descriptor that is put behind its arguments."""
    read, write = os.pipe()
    with open(log, 'ab') as out:
        process = subprocess.Popen([*map(str, command), '--ready-fd', str(write)], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   pass_fds=[write], env=environment())
    os.close(write)
    return process, await_ready(process, read, pathlib.Path(log))


class Lab(lab.Lab):
    """A simulated estate beside a cell; scenario is the text of its file without [lab]."""

    def __init__(self, directory, scenario):
        super().__init__(directory, '[lab]\nname = test\nport = 0\nhost_keys = 1\n' + scenario)

    def pem(self, name):
        return self.root(name).read_text()

    def vcenter_url(self, name):
        return f'https://{name}.lab.test:{self.port}'

    def account(self, name):
        """(user, password) of vc1, nsx1 .."""
        return self.credentials(f'{name}.lab.test')

    stop = lab.Lab.end


class Cell:
    """A cell with a store of its own. `config` is added to its configuration."""

    def __init__(self, directory, hosts=None, lab=True, config=''):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data = self.dir / 'data'
        self.config = self.dir / 'cell.ini'
        self.log = self.dir / 'cell.log'
        self.lab = lab
        text = f'listen = 127.0.0.1:0\ndata_dir = {self.data}\n'
        if '[log]' not in config:
            config = '[log]\nlevel = debug\n' + config
        if hosts:
            config += f'[resolver]\nhosts = {hosts}\n'
        self.config.write_text(text + config)
        if not (self.data / 'store.db').exists():
            done = subprocess.run([str(VOUCHSAFE), 'init', '--config', str(self.config)], input=PASSWORD, capture_output=True,
                                  text=True, timeout=DEADLINE, env=environment())
            check(done.returncode == 0, done.stdout, done.stderr)
        self.start()

    def start(self):
        self.process, self.url = spawn([VOUCHSAFED, '--config', self.config, *(['--lab'] if self.lab else [])], self.log)
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port
        self.context = ssl.create_default_context(cafile=str(self.data / 'cell.pem'))
        self.context.check_hostname = False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(DEADLINE) == 0, self.log.read_text(errors='replace')[-3000:])

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)

    def client(self, **more):
        return Client(self, **more)


class Answer:
    """Status, headers (any case) and body of one answer."""

    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def xml(self):
        return ElementTree.fromstring(self.body)

    def __repr__(self):
        return f'{self.status}\n{self.headers}\n{self.body.decode(errors="replace")}'


class Client:
    """Talks to a cell as VCD's clients do; logged in unless user is None."""

    def __init__(self, cell, user='administrator@System', password=PASSWORD, version='37.0'):
        self.cell, self.version, self.headers = cell, version, {}
        if user:
            path = '/cloudapi/1.0.0/sessions' + ('/provider' if user.lower().endswith('@system') else '')
            credentials = base64.b64encode(f'{user}:{password}'.encode()).decode()
            done = self.call('POST', path, headers={'Authorization': f'Basic {credentials}'})
            check(done.status == 200, done)
            self.token = done.headers['X-VMWARE-VCLOUD-ACCESS-TOKEN']
            self.headers = {'Authorization': f'bearer {self.token}'}

    def call(self, method, path, body=None, headers=None, accept=None):
        """path may be an absolute URL of this cell. body: an object for JSON, or bytes/str as it is."""
        if path.startswith('https://'):
            check(path.startswith(self.cell.url + '/'), path, self.cell.url)
            path = path.removeprefix(self.cell.url)
        send = {**self.headers, 'Accept': accept or f'application/{"*+xml" if path.startswith("/api/") else "json"};version={self.version}',
                **(headers or {})}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            send.setdefault('Content-Type', 'application/json')
        link = http.client.HTTPSConnection(self.cell.host, self.cell.port, timeout=DEADLINE, context=self.cell.context)
        with contextlib.closing(link):
            link.request(method, path, body=body, headers=send)
            response = link.getresponse()
            answer = Answer(response, response.read())
        DESCRIPTION.hold(method, path, answer)
        return answer

    def get(self, path, **more):
        return self.call('GET', path, **more)

    def wait_task(self, href):
        """Polls a task to its end, as every client does; returns its XML element."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            done = self.get(href)
            check(done.status == 200, done)
            task = done.xml
            if task.get('status') not in ('queued', 'preRunning', 'running', 'postRunning'):
                return task
        raise AssertionError(f'{href} did not end:\n{done}')

    def finish(self, answer, state='success'):
        """A 202 and its task; returns the owner's URN."""
        check(answer.status == 202, answer)
        task = self.wait_task(answer.headers['Location'])
        check(task.get('status') == state, ElementTree.tostring(task).decode())
        owner = task.find(f'{VCLOUD}Owner')
        return owner.get('id') if owner is not None else None


@contextlib.contextmanager
def running(*things):
    """Stops what was started, the last first."""
    try:
        yield things
    finally:
        for thing in reversed(things):
            thing.stop()
