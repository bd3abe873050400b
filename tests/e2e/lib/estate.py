"""A cell over a lab, as the tests of bulk trust and of the inbox drive it: registering, planning, running, reading what came of it."""
import configparser
import hashlib
import ssl
import time

from cell import VCLOUD
from harness import DEADLINE, check, check_equal

TRUSTED = '/cloudapi/1.0.0/ssl/trustedCertificates'
VCENTERS = '/cloudapi/1.0.0/virtualCenters'
NSXT = '/api/admin/extension/nsxtManagers'
OURS = '/cloudapi/vouchsafe/1.0.0'
INBOX, PLANS, RUNS = f'{OURS}/inbox', f'{OURS}/infrastructure/plans', f'{OURS}/infrastructure/runs'


def fingerprint(der):
    return ':'.join(f'{b:02X}' for b in hashlib.sha256(der).digest())


class Estate:
    def __init__(self, cell, lab):
        self.cell, self.lab = cell, lab
        self.api = cell.client()

    def stop(self):
        self.cell.stop()

    def again(self):
        """After the cell was started anew."""
        self.api = self.cell.client()

    # ---- making ----

    def trust(self, alias, pem):
        done = self.api.call('POST', TRUSTED, {'alias': alias, 'certificate': pem})
        check(done.status == 201 or 'Duplicate certificate' in done.text, done)

    def pin(self, name):
        """Step 1 with the leaf, granted for that host and port alone."""
        pem = ssl.DER_cert_to_PEM_cert(self.lab.leaf(f'{name}.lab.test'))
        done = self.api.call('POST', f'{OURS}/grants', {'alias': f'pin of {name}', 'certificate': pem,
                                                       'scope': f'host:{name}.lab.test:{self.lab.port}'})
        check_equal(done.status, 201, done)

    def register(self, name, enabled=True, nsxv=None, wait=True):
        user, password = self.lab.account(name)
        body = {'name': name, 'url': self.lab.vcenter_url(name), 'username': user, 'password': password, 'isEnabled': enabled}
        if nsxv:
            body['nsxVManager'] = {'name': nsxv, 'url': self.lab.vcenter_url(nsxv), 'username': 'admin', 'password': password}
        done = self.api.call('POST', VCENTERS, body)
        if not wait:
            return done
        return self.api.finish(done)

    def register_nsxt(self, name):
        user, password = self.lab.account(name)
        done = self.api.call('POST', NSXT, {'name': name, 'url': self.lab.vcenter_url(name), 'username': user, 'password': password,
                                            'networkProviderScope': name}, accept='application/*+json;version=37.0',
                             headers={'Content-Type': 'application/vnd.vmware.admin.nsxTManager+json'})
        check_equal(done.status, 201, done)

    def register_all(self):
        """Whatever the lab has, behind the enterprise's issuing CA."""
        self.trust('enterprise', self.lab.pem('enterprise-issuing'))
        said = configparser.ConfigParser()
        said.read(self.lab.directory.with_suffix('.ini'))
        names = [section.split() for section in said.sections() if ' ' in section]
        kinds = {name: said[f'nsx {name}'].get('kind', 't') for word, name in names if word == 'nsx'}
        behind = {said[f'nsx {name}']['vcenter']: name for name, kind in kinds.items() if kind == 'v'}
        for name in (name for word, name in names if word == 'vcenter'):
            self.register(name, nsxv=behind.get(name))
        for name in (name for name, kind in kinds.items() if kind == 't'):
            self.register_nsxt(name)

    def row(self, name):
        rows = self.api.get(f'{VCENTERS}?pageSize=128').json['values']
        return next(r for r in rows if r['name'] == name)

    def disable(self, name):
        row = self.row(name)
        self.api.finish(self.api.call('PUT', f'{VCENTERS}/{row["vcId"]}', {**row, 'isEnabled': False}))

    def verify_names(self, name, mode):
        row = self.row(name)
        self.api.finish(self.api.call('PUT', f'{VCENTERS}/{row["vcId"]}', {**row, 'verifyNames': mode, 'unpinnedAcknowledged': True}))

    def refresh(self, name):
        uuid = self.row(name)['vcId'].rpartition(':')[2]
        done = self.api.call('POST', f'/api/admin/extension/vimServer/{uuid}/action/refresh')
        check(done.status in (200, 202), done)
        return self.api.wait_task(done.headers['Location'] or done.xml.get('href')).get('status')

    # ---- bulk trust ----

    def start(self, path, body=None):
        done = self.api.call('POST', path, body)
        check_equal(done.status, 202, done)
        return done.headers['Location']

    def ended(self, task):
        return self.api.wait_task(task).get('status')

    def result(self, path, task):
        element = self.api.wait_task(task)
        error = element.find(f'{VCLOUD}Error')
        check_equal(element.get('status'), 'success', error.get('message') if error is not None else '')
        done = self.api.get(f'{path}/{task.rpartition("/")[2]}')
        check(done.status == 200 and done.json['ended'], done)
        return done.json

    def plan(self, **body):
        return self.result(PLANS, self.start(PLANS, body))

    def run(self, **body):
        return self.result(RUNS, self.start(RUNS, body))

    @staticmethod
    def lines(result):
        return {(line['kind'], line['name']): line for line in result['lines']}

    # ---- reading ----

    def runs(self):
        """How many runs of bulk trust the cell knows of."""
        answer = self.api.get('/api/query?type=adminTask&pageSize=128', accept='application/*+json;version=37.0')
        return sum(t.get('name') == 'infrastructureTrust' for t in answer.json['record'])

    def every(self, path):
        rows, page = [], 1
        while True:
            done = self.api.get(f'{path}?pageSize=128&page={page}')
            check_equal(done.status, 200, done)
            rows += done.json['values']
            if len(rows) >= done.json['resultTotal']:
                return rows
            page += 1

    def grants(self):
        """Without when one was last used: the watch uses them at any moment."""
        return [{k: v for k, v in g.items() if k != 'lastUsed'} for g in self.every(f'{OURS}/grants')]

    def await_carried(self, alias, *purposes):
        """Evidence that the certificate of this alias carried hosts for all of these; it is written each second."""
        sha256 = next(g['sha256'] for g in self.grants() if g['alias'] == alias).replace(':', '')
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            rows = {row['purpose']: row for row in self.api.get(f'{OURS}/anchors/{sha256}/evidence').json['values']}
            if set(purposes) <= set(rows):
                check(all('/' in rows[p]['endpoint'] and rows[p]['last'] >= rows[p]['first'] and rows[p]['count'] > 0 for p in purposes), rows)
                return rows
        raise AssertionError(f'{alias} has carried {sorted(rows)} and not {purposes}')

    def inbox(self):
        return self.every(INBOX)

    def advisories(self):
        return self.every('/cloudapi/1.0.0/advisories')

    def audit(self):
        """The actions that the audit trail holds."""
        return [line['eventType'].rpartition('/')[2] for line in self.every('/cloudapi/1.0.0/auditTrail')]

    def vmca(self, name):
        """The SHA-256 of the root that signs the hosts of this vCenter now."""
        pem = self.lab.pem(f'vmca-{name}')
        return fingerprint(ssl.PEM_cert_to_DER_cert(pem[:pem.index('-----END CERTIFICATE-----') + 26]))

    def trusted(self, name):
        """Would a connection to it be believed now?"""
        done = self.api.call('POST', f'{OURS}/inspect', {'host': f'{name}.lab.test', 'port': self.lab.port})
        check_equal(done.status, 200, done)
        return done.json['verdict']['ok']
