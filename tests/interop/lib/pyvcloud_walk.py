"""pyvcloud, unmodified, against a cell: attach, list, disable and detach a vCenter Server, register an NSX-T manager.
Reads a plan as JSON from standard input and prints TAP; run by vcd_clients within an environment that has pyvcloud."""
import json
import sys
import traceback

from pyvcloud.vcd.client import BasicLoginCredentials, Client
from pyvcloud.vcd.platform import Platform

plan = json.load(sys.stdin)
world = {}


def login_with_a_password():
    client = Client(plan['Cell'], verify_ssl_certs=plan['Ca'])
    client.set_credentials(BasicLoginCredentials(plan['User'], plan['Org'], plan['Password']))
    assert client.is_sysadmin()
    world.update(client=client, platform=Platform(client))


def a_wrong_password_is_refused():
    client = Client(plan['Cell'], verify_ssl_certs=plan['Ca'])
    try:
        client.set_credentials(BasicLoginCredentials(plan['User'], plan['Org'], 'wrong'))
    except Exception as refusal:
        assert 'Login failed' in str(refusal) or '401' in str(refusal), refusal
        return
    raise AssertionError('logged in')


def organizations_are_listed():
    assert 'System' in [org.get('name') for org in world['client'].get_org_list()]


def an_untrusted_vcenter_is_refused_S1():
    vc = plan['Untrusted']
    try:
        world['platform'].attach_vcenter('untrusted', vc['URL'], vc['User'], vc['Password'], 'true')
    except Exception as refusal:
        assert 'unknown-issuer' in str(refusal) or 'not trusted' in str(refusal).lower() or 'untrusted' in str(refusal).lower(), refusal
        assert not list(world['platform'].list_vcenters())
        return
    raise AssertionError('attached')


def wait(task):
    return world['client'].get_task_monitor().wait_for_success(task)


def a_vcenter_is_attached_S2():
    vc = plan['VCenter']
    made = world['platform'].attach_vcenter(vc['Name'], vc['URL'], vc['User'], vc['Password'], 'true')
    server = made.VimServer
    assert server.get('name') == vc['Name'] and '/vimServer/' in server.get('href')
    wait(server['{http://www.vmware.com/vcloud/v1.5}Tasks'].Task[0])  # of the base type, as in pyvcloud's own tests


def it_is_listed_and_found():
    names = [ref.get('name') for ref in world['platform'].list_vcenters()]
    assert names == [plan['VCenter']['Name']], names
    vc = world['platform'].get_vcenter(plan['VCenter']['Name'])
    assert str(vc.Url).startswith('https://') and bool(vc.IsEnabled) and bool(vc.IsConnected)


def it_is_disabled_and_detached():
    name = plan['VCenter']['Name']
    wait(world['platform'].enable_disable_vcenter(name, False))
    assert not bool(world['platform'].get_vcenter(name).IsEnabled)
    wait(world['platform'].detach_vcenter(name))
    assert not list(world['platform'].list_vcenters())


def an_nsxt_manager_is_registered_and_unregistered_S2():
    nsx = plan['NsxT']
    world['platform'].register_nsxt_manager(nsx['Name'], nsx['URL'], nsx['User'], nsx['Password'], 'made by a test')
    rows = list(world['platform'].list_nsxt_managers())
    assert [row.get('name') for row in rows] == [nsx['Name']], rows
    world['platform'].unregister_nsxt_manager(nsx['Name'])
    assert not list(world['platform'].list_nsxt_managers())


def logout():
    world['client'].logout()


STEPS = [login_with_a_password, a_wrong_password_is_refused, organizations_are_listed, an_untrusted_vcenter_is_refused_S1,
         a_vcenter_is_attached_S2, it_is_listed_and_found, it_is_disabled_and_detached,
         an_nsxt_manager_is_registered_and_unregistered_S2, logout]

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
