"""pyvcloud, unmodified, as a tenant: organization, VDC, vApp, machine, power, guest customization, catalogs. Reads a plan as JSON from
standard input and prints TAP."""
import json
import sys
import traceback

from pyvcloud.vcd.client import BasicLoginCredentials, Client
from pyvcloud.vcd.org import Org
from pyvcloud.vcd.vapp import VApp
from pyvcloud.vcd.vdc import VDC
from pyvcloud.vcd.vm import VM

plan = json.load(sys.stdin)
world = {}


def wait(task):
    return world['client'].get_task_monitor().wait_for_success(task)


def a_tenant_logs_in():
    client = Client(plan['Cell'], verify_ssl_certs=plan['Ca'])
    client.set_credentials(BasicLoginCredentials('bob', 'acme', plan['Tenant']))
    assert not client.is_sysadmin()
    world.update(client=client, org=Org(client, resource=client.get_org()))


def the_vdc_is_found_and_lists_what_stands_in_it():
    assert [v['name'] for v in world['org'].list_vdcs()] == ['v1']
    world['vdc'] = VDC(world['client'], resource=world['org'].get_vdc('v1'))
    assert plan['Vapp'] in [r['name'] for r in world['vdc'].list_resources()]


def a_machine_in_its_vapp():
    vapp = VApp(world['client'], resource=world['vdc'].get_vapp(plan['Vapp']))
    world['vm'] = VM(world['client'], resource=vapp.get_vm(plan['Vm']))
    assert world['vm'].get_cpus()['num_cpus'] > 0 and world['vm'].get_memory() > 0
    assert world['vm'].is_powered_off()


def power_on_and_off():
    vm = world['vm']
    wait(vm.power_on())
    vm.reload()
    assert vm.is_powered_on()
    wait(vm.undeploy(action='powerOff'))
    vm.reload()
    assert vm.is_powered_off()


def the_guests_section():
    vm = world['vm']
    wait(vm.update_guest_customization_section(enabled=True, customization_script='#!/bin/sh'))
    assert vm.list_gc_section()['CustomizationScript'] == '#!/bin/sh'
    assert str(vm.get_guest_customization_status()) == 'GC_COMPLETE'
    wait(vm.enable_guest_customization(False))


def catalogs():
    org = world['org']
    org.create_catalog('cat 1', 'made by a test')
    org.reload()
    assert [c['name'] for c in org.list_catalogs()] == ['cat 1']
    assert org.get_catalog('cat 1').get('name') == 'cat 1'
    org.delete_catalog('cat 1')


STEPS = [a_tenant_logs_in, the_vdc_is_found_and_lists_what_stands_in_it, a_machine_in_its_vapp, power_on_and_off, the_guests_section, catalogs]

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
