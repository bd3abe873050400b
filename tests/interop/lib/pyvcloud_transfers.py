"""pyvcloud, unmodified, as a tenant: an OVA and an ISO go up, lie on the datastore as they were sent, come down, and are deleted. Reads a plan as JSON from
standard input and prints TAP."""
import contextlib
import io
import json
import pathlib
import sys
import tarfile
import time
import traceback

import requests
from pyvcloud.vcd.client import BasicLoginCredentials, Client
from pyvcloud.vcd.exceptions import EntityNotFoundException
from pyvcloud.vcd.org import Org

plan = json.load(sys.stdin)
world = {}
FOLDER, DATASTORE = pathlib.Path(plan['Folder']), pathlib.Path(plan['Datastore'])
OVA, ISO = FOLDER / 'small.ova', FOLDER / 'disc.iso'
PIECE = 300_001
PATIENCE = 60


def member(archive, name):
    with tarfile.open(archive) as tar:
        return tar.extractfile(name).read()


def paths(pattern):
    return [path for path in DATASTORE.rglob(pattern) if not path.name.startswith('.')]


def stored(pattern):
    """The bytes of what lies on the datastore under such names."""
    return [path.read_bytes() for path in paths(pattern)]


def task_of(item_name):
    """The task that an item's entity names, at its end."""
    client = world['client']
    found = [r for r in client.get_resource(f'{plan["Cell"]}/api/query?type=task&format=records&pageSize=128&sortDesc=startDate').getchildren()
             if r.get('objectName') == item_name]
    task = client.get_resource(found[0].get('href'))
    end = time.monotonic() + PATIENCE
    while task.get('status') in ('queued', 'preRunning', 'running'):
        assert time.monotonic() < end, task.get('status')
        task = client.get_resource(task.get('href'))
    return task


def resolved(item_name, status):
    """The entity of an item that was taken in to the end."""
    task = task_of(item_name)
    assert task.get('status') == 'success', task.Error.get('message')
    item = world['org'].get_catalog_item('c1', item_name)
    entity = world['client'].get_resource(item.Entity.get('href'))
    assert entity.get('status') == status, entity.get('status')
    return entity


def counted(total):
    """A callback of progress, and what it was told."""
    seen = []
    return (lambda done, of: seen.append((done, int(of)))), lambda: seen[-1] == (total, total) and sorted(seen) == seen


def refused(upload):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):  # it prints the traceback as well
            upload()
    except Exception:
        return
    raise AssertionError('it went through')


def a_tenant_logs_in():
    client = Client(plan['Cell'], verify_ssl_certs=plan['Ca'])
    client.set_credentials(BasicLoginCredentials('bob', 'acme', plan['Tenant']))
    world.update(client=client, org=Org(client, resource=client.get_org()))
    assert world['org'].get_catalog('c1').get('name') == 'c1'


def before_trust_an_ova_fails_and_its_task_says_why_S8():
    refused(lambda: world['org'].upload_ovf('c1', str(OVA), 'early', chunk_size=PIECE))
    task = task_of('early')
    assert task.get('status') == 'error'
    said = task.Error.get('message')
    assert 'OVF import' in said and ('unknown-issuer' in said or 'self-signed' in said), said
    assert not stored('*.vmdk')


def before_trust_a_medium_fails_and_its_task_says_why_S8():
    refused(lambda: world['org'].upload_media('c1', str(ISO), 'early.iso', chunk_size=PIECE))
    task = task_of('early.iso')
    assert task.get('status') == 'error'
    said = task.Error.get('message')
    assert 'Media upload' in said and ('unknown-issuer' in said or 'self-signed' in said), said
    assert not stored('*.iso')


def what_failed_is_no_part_of_the_catalog():
    assert not list(world['org'].list_catalog_items('c1'))
    try:
        world['org'].download_catalog_item('c1', 'early.iso', str(FOLDER / 'nothing'))
    except EntityNotFoundException:
        return
    raise AssertionError('it is there')


def the_provider_trusts_the_hosts():
    done = requests.post(f'{plan["Cell"]}/cloudapi/1.0.0/ssl/trustedCertificates', verify=plan['Ca'], timeout=PATIENCE,
                         headers={'Authorization': f'Bearer {plan["Token"]}', 'Accept': 'application/json;version=37.0'},
                         json={'alias': 'VMCA of vc1', 'certificate': plan['Trust']})
    assert done.status_code == 201, done.text


def an_ova_goes_up_S16_E13():
    disk = member(OVA, 'small-disk.vmdk')
    callback, whole = counted(len(disk))
    sent = world['org'].upload_ovf('c1', str(OVA), 'early', 'from pyvcloud', chunk_size=PIECE, callback=callback)
    assert sent == len(disk) + len(member(OVA, 'small.ovf')) and whole(), sent
    assert len(resolved('early', '8').Children.Vm) == 1
    assert stored('*.vmdk') == [disk]


def a_medium_goes_up_S16_E13():
    size = ISO.stat().st_size
    callback, whole = counted(size)
    assert world['org'].upload_media('c1', str(ISO), 'early.iso', 'from pyvcloud', chunk_size=PIECE, callback=callback) == size and whole()
    assert int(resolved('early.iso', '1').get('size')) == size
    assert stored('*.iso') == [ISO.read_bytes()]


def the_catalog_lists_both():
    assert sorted(i['name'] for i in world['org'].list_catalog_items('c1')) == ['early', 'early.iso']


def a_name_is_taken_once():
    refused(lambda: world['org'].upload_media('c1', str(ISO), 'early.iso'))
    assert stored('*.iso') == [ISO.read_bytes()]


def a_medium_comes_down_as_it_was_sent_S16():
    size, target, told = ISO.stat().st_size, FOLDER / 'down.iso', []
    for _ in range(2):  # the second time it is in the spool already
        callback, whole = counted(size)
        assert world['org'].download_catalog_item('c1', 'early.iso', str(target), PIECE, callback, lambda task: told.append(task.get('status'))) == size
        assert whole()
        assert target.read_bytes() == ISO.read_bytes() == stored('*.iso')[0]
    assert told.count('success') == 1, told


def an_ova_comes_down_with_the_datastores_disk_S16():
    target, disk = FOLDER / 'down.ova', member(OVA, 'small-disk.vmdk')
    callback, whole = counted(len(disk))
    written = world['org'].download_catalog_item('c1', 'early', str(target), PIECE, callback)
    assert written == target.stat().st_size and whole(), written
    with tarfile.open(target) as tar:
        names = tar.getnames()
        assert names[0] == 'descriptor.ovf' and len(names) == 2, names
        assert tar.extractfile(names[1]).read() == disk == stored('*.vmdk')[0]
        assert f'ovf:size="{len(disk)}"'.encode() in tar.extractfile(names[0]).read()


def what_came_down_goes_up_again():
    world['org'].upload_ovf('c1', str(FOLDER / 'down.ova'), 'again', chunk_size=PIECE)
    resolved('again', '8')
    assert stored('*.vmdk') == 2 * [member(OVA, 'small-disk.vmdk')]


def deleted_items_leave_the_datastore():
    for name in ('early', 'early.iso', 'again'):
        world['org'].delete_catalog_item('c1', name)
    end = time.monotonic() + PATIENCE
    while paths('*.vmdk') + paths('*.iso') + list(world['org'].list_catalog_items('c1')):
        assert time.monotonic() < end, paths('*')
    try:
        world['org'].delete_catalog_item('c1', 'early')
    except EntityNotFoundException:
        return
    raise AssertionError('deleted twice')


STEPS = [a_tenant_logs_in, before_trust_an_ova_fails_and_its_task_says_why_S8, before_trust_a_medium_fails_and_its_task_says_why_S8,
         what_failed_is_no_part_of_the_catalog, the_provider_trusts_the_hosts, an_ova_goes_up_S16_E13, a_medium_goes_up_S16_E13, the_catalog_lists_both,
         a_name_is_taken_once, a_medium_comes_down_as_it_was_sent_S16, an_ova_comes_down_with_the_datastores_disk_S16, what_came_down_goes_up_again,
         deleted_items_leave_the_datastore]

print(f'1..{len(STEPS)}')
failed = False
for number, step in enumerate(STEPS, 1):
    try:
        step()
        print(f'ok {number} - {step.__name__}', flush=True)
    except Exception:
        failed = True
        print(f'not ok {number} - {step.__name__}')
        print(''.join(f'# {line}\n' for line in traceback.format_exc().splitlines()), end='', flush=True)
sys.exit(failed)
