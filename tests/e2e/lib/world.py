"""A cell over a lab with tenants' machines in it, as the tests of what goes straight to hosts drive it: consoles, customization."""
import socket
import time

from cell import VCLOUD, Cell, Lab
from estate import OURS, TRUSTED, Estate
from harness import DEADLINE, check, check_equal
from rfb import Closed, Console, Refused, WebSocket

ONE = '[vcenter vc1]\nversion = 8.0\nendpoint = enterprise\nhosts = 2\nvms = 2\nvms_off = 1\n'
TWO = ONE + '[vcenter vc2]\nversion = 7.0\nendpoint = enterprise\nhosts = 1\nvms = 2\nvms_off = 1\n'
SESSIONS = f'{OURS}/consoleSessions'


class World(Estate):
    """An estate whose vCenters each have a VDC of one organization, with all their machines in it."""

    def __init__(self, directory, scenario=ONE, config=''):
        directory.mkdir()
        lab = Lab(directory / 'lab', scenario)
        super().__init__(Cell(directory / 'cell', hosts=lab.hosts, config=config), lab)
        self.register_all()
        done = self.api.call('POST', '/cloudapi/1.0.0/orgs', {'name': 'acme', 'displayName': 'Acme', 'isEnabled': True})
        check_equal(done.status, 201, done)
        self.vcenters = [name for name in ('vc1', 'vc2') if f'[vcenter {name}]' in scenario]
        for name in self.vcenters:
            done = self.api.call('POST', f'{OURS}/vdcs', {
                'name': f'vdc-{name}', 'org': {'name': 'acme'}, 'virtualCenter': {'name': name},
                'resourcePool': {'moref': 'resgroup-8'}, 'datastore': {'moref': 'datastore-9'}, 'network': {'moref': 'network-10'}})
            check_equal(done.status, 201, done)
        self.machines = self.await_machines()

    def rows(self):
        """The query's record of every machine, page by page."""
        found, page = [], 1
        while True:
            rows = self.api.get(f'/api/query?type=adminVM&format=records&pageSize=128&page={page}').xml
            found += [row for row in rows if row.tag.endswith('Record')]
            if page * 128 >= int(rows.get('total')):
                return found
            page += 1

    def await_machines(self):
        """By vCenter: the ids of machines that are on, and of those that are off."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            found = {name: {'POWERED_ON': [], 'POWERED_OFF': []} for name in self.vcenters}
            for row in self.rows():
                name = row.get('vdcName', '').removeprefix('vdc-')
                found[name].setdefault(row.get('status'), []).append((row.get('name'), row.get('href').rpartition('/')[2]))
            if all(len(each['POWERED_ON']) >= 1 and len(each['POWERED_OFF']) >= 1 for each in found.values()):
                return {name: {k: sorted(v) for k, v in each.items()} for name, each in found.items()}
        raise AssertionError(f'the machines did not appear: {[r.attrib for r in self.rows()]}')

    def until(self, ask):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            seen = ask()
            if seen:
                return seen
        raise AssertionError(f'it did not come: {ask()}')

    def record(self, vm):
        """The query's record of one machine, with what only a provider sees."""
        return next(row.attrib for row in self.rows() if row.get('href').endswith(vm))

    def task(self, done, state='success'):
        """Waits for the task of a 202; the text of its error, "" when there is none."""
        check_equal(done.status, 202, done)
        task = self.api.wait_task(done.xml.get('href'))
        error = task.find(f'{VCLOUD}Error')
        text = '' if error is None else error.get('message')
        check_equal(task.get('status'), state, text)
        return text

    def power(self, vm, op, state='success'):
        return self.task(self.api.call('POST', f'/api/vApp/{vm}/power/action/{op}'), state)

    def on(self, vcenter='vc1', n=0):
        return self.machines[vcenter]['POWERED_ON'][n][1]

    def off(self):
        return self.machines['vc1']['POWERED_OFF'][0][1]

    def vmca(self, name='vc1'):
        return self.api.get(f'/cloudapi/1.0.0/virtualCenters/{self.row(name)["vcId"]}/certificateAuthority/vmca').json['vmca']

    def trust_hosts(self, name='vc1'):
        done = self.api.call('POST', TRUSTED, {'alias': f'VMCA of {name}', 'certificate': self.vmca(name)})
        check_equal(done.status, 201, done)
        return done.json['id']

    def withdraw(self, grant, query=''):
        done = self.api.call('DELETE', f'{TRUSTED}/{grant}{query}')
        check_equal(done.status, 204, done)

    def acquire(self, vm, api=None, **more):
        return (api or self.api).call('POST', f'/api/vApp/{vm}/screen/action/acquireMksTicket', **more)

    def ticket(self, vm, api=None):
        done = self.acquire(vm, api)
        check_equal(done.status, 200, done)
        return {child.tag.removeprefix(VCLOUD): child.text or '' for child in done.xml}

    def wss(self, path, **more):
        plain = socket.create_connection((self.cell.host, self.cell.port), timeout=DEADLINE)
        return WebSocket(self.cell.context.wrap_socket(plain, server_hostname=self.cell.host), self.cell.host, path, **more)

    def open(self, ticket, slash='', **more):
        return self.wss(f'/{ticket["Port"]};{slash}{ticket["Ticket"]}', **more)

    def console(self, vm):
        return Console(self.open(self.ticket(vm)))

    def sessions(self, api=None):
        return (api or self.api).get(SESSIONS).json['values']

    def await_sessions(self, count):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if len(self.sessions()) == count:
                return self.sessions()
        raise AssertionError(f'not {count} sessions: {self.sessions()}')

    def event(self, text):
        found = self.api.get(f'{OURS}/events/{text.rstrip(")").split()[-1]}')
        check_equal(found.status, 200, text, found)
        return found.json

    def refusal(self, vm):
        """The rule that the ticket call names, and its event."""
        done = self.acquire(vm)
        check_equal(done.status, 400, done)
        event = self.event(done.xml.get('message'))
        check(event['kind'] == 'host.failed' or event['data']['rule'] in done.xml.get('message'), done, event)
        return event['data']['rule'], event

    def await_connected(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if all(self.row(name)['isConnected'] for name in self.vcenters):
                return
        raise AssertionError('the vCenter Servers did not come back')

    def log(self):
        return self.cell.log.read_text(errors='replace')


def closed(end):
    """What the server said when it ended the session; end: a WebSocket or a Console."""
    transport = getattr(end, 'transport', end)
    try:
        while True:
            transport.receive()
    except Closed as said:
        return said


def status_of(opening, *args, **more):
    try:
        opening(*args, **more)
    except Refused as refused:
        return refused.status
    return 101
