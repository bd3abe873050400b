"""What the tests with VCD's clients share: a lab, a cell beside it, and the plan that a client's program reads."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE.parent / 'e2e/lib'))
import outside  # noqa: E402
from cell import PASSWORD, Cell, Lab, running  # noqa: E402

SIM = {'Name': 'vcsim', 'User': 'administrator@vsphere.local', 'Password': 'Sim<u>&lator!'}
PATIENCE = 900  # seconds for one client's program
SCENARIO = """
[vcenter vc1]
version = 7.0
hosts = 3
foreign_hosts = 1
[vcenter vc2]
version = 8.0
hosts = 1
endpoint = self-signed
[nsx nsx1]
vcenter = vc1
"""


def simulator(folder):
    cert, key = folder / 'sim.pem', folder / 'sim.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
                    '-out', cert, '-subj', '/CN=vcsim', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '30'], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return subprocess.Popen([outside.go_program('vcsim'), cert, key, SIM['User'], SIM['Password']], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def endpoint(lab, name):
    user, password = lab.account(name)
    return {'Name': name, 'URL': lab.vcenter_url(name), 'User': user, 'Password': password}


class Place:
    """A folder with a lab and a fresh cell."""

    def __init__(self, folder, lab, cell):
        self.folder, self.lab, self.cell = folder, lab, cell

    def plan(self, **more):
        return {'Cell': self.cell.url, 'User': 'administrator', 'Org': 'System', 'Password': PASSWORD,
                'Ca': str(self.cell.data / 'cell.pem'), 'VCenter': endpoint(self.lab, 'vc1'), **more}

    def trust(self, client, name, alias='enterprise'):
        """Trusts one of the lab's CAs as any client may; returns its URN."""
        done = client.call('POST', '/cloudapi/1.0.0/ssl/trustedCertificates', {'alias': alias, 'certificate': self.lab.pem(name)})
        assert done.status == 201, done
        return done.json['id']

    def run(self, command, plan, **env):
        """A client's program with the plan on its input; its output, TAP, is this test's. The exit status."""
        return subprocess.run([str(word) for word in command], input=json.dumps(plan), text=True, stderr=subprocess.STDOUT,
                              cwd=self.folder, env={**os.environ, **env}, timeout=PATIENCE).returncode


@contextlib.contextmanager
def place():
    with tempfile.TemporaryDirectory(prefix='vouchsafe-interop-') as name:
        folder = pathlib.Path(name)
        with running(Lab(folder / 'lab', SCENARIO)) as (lab,), running(Cell(folder / 'cell', hosts=lab.hosts)) as (cell,):
            yield Place(folder, lab, cell)
