"""What the tests with VCD's clients share about tenants: two organizations, a VDC each, one at a lab's vCenter and one at another, and what
stands in them."""
import time

PASSWORD = 'a password: of @ bob'
OURS, VCENTERS = '/cloudapi/vouchsafe/1.0.0/vdcs', '/cloudapi/1.0.0/virtualCenters'


def register(client, name, url, user, password):
    return client.finish(client.call('POST', VCENTERS, {'name': name, 'username': user, 'password': password, 'url': url, 'isEnabled': True}))


def organization(client, name):
    made = client.call('POST', '/cloudapi/1.0.0/orgs', {'name': name, 'displayName': name})
    assert made.status == 201, made
    made = client.call('POST', '/cloudapi/1.0.0/users', {'username': 'bob', 'password': PASSWORD, 'orgEntityRef': {'id': made.json['id']},
                                                         'roleEntityRefs': [{'name': 'Organization Administrator'}]})
    assert made.status == 201, made


def vdc(client, name, org, vcenter, pool, datastore, network):
    made = client.call('POST', OURS, {'name': name, 'org': {'name': org}, 'virtualCenter': {'id': vcenter}, 'resourcePool': {'name': pool},
                                      'datastore': {'name': datastore}, 'network': {'name': network}})
    assert made.status == 201, made


def machines(client, name, patience=60):
    """The records of what stands in a VDC, as soon as something does."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        seen = client.get(f'/api/query?type=adminVM&filter=vdcName=={name}&sortAsc=name')
        rows = [row.attrib for row in seen.xml if row.tag.endswith('Record')]
        if rows:
            return rows
    raise AssertionError(f'nothing appears in {name}: {seen}')


def power(client, href, op):
    done = client.call('POST', f'{href}/power/action/{op}')
    assert done.status == 202, done
    task = client.wait_task(done.xml.get('href'))
    assert task.get('status') == 'success', done
