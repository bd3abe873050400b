"""Walks through a vCenter of the lab with pyVmomi and prints TAP: pyvmomi_walk.py LAB_DIR NAME ADDRESS. Reads every
first-level property that its release has; run by lab_pyvmomi with the Python that has pyVmomi."""
import hashlib
import json
import pathlib
import socket
import ssl
import sys

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl
from pyVmomi.VmomiSupport import F_OPTIONAL, IsChildVersion

DEADLINE = 60
DIRECTORY, NAME, ADDRESS = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
PORT = int((DIRECTORY / 'port').read_text())
number, failed = 0, 0


def say(ok, what, *why):
    global number, failed
    number += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {number} - {what}, {NAME}')
    for line in why if not ok else ():
        print(f'# {line}')


def control(**request):
    """Asks the lab over its control socket."""
    with socket.socket(socket.AF_UNIX) as lab:
        lab.connect(str(DIRECTORY / 'control'))
        lab.sendall(json.dumps(request).encode() + b'\n')
        answer = json.loads(lab.makefile().readline())
    assert answer['ok'], answer


def login(password):
    user = json.loads((DIRECTORY / 'credentials.json').read_text())[NAME]['user']
    context = ssl.create_default_context(cafile=str(DIRECTORY / 'roots/enterprise.pem'))
    return SmartConnect(host=ADDRESS, port=PORT, user=user, pwd=password, sslContext=context)


def wrong_password():
    try:
        login('wrong')
        say(False, 'a wrong password is refused')
    except vim.fault.InvalidLogin:
        say(True, 'a wrong password is refused')


def properties(thing):
    """The first-level properties that a type has in the release that is spoken."""
    found = {}
    for base in type(thing).__mro__:
        found.update(getattr(base, '_propInfo', {}))
    return {name: info for name, info in found.items() if IsChildVersion(thing._stub.version, info.version)}


def unset(value, path):
    """Required fields that are missing in what a property holds, as dotted paths."""
    if isinstance(value, vmodl.DynamicData):
        for info in type(value)._GetPropertyList():
            field = getattr(value, info.name, None)
            if field is None or (isinstance(field, list) and not field):
                if not info.flags & F_OPTIONAL and not issubclass(info.type, list):
                    yield f'{path}.{info.name}'
            else:
                yield from unset(field, f'{path}.{info.name}')
    elif isinstance(value, list) and value:
        yield from unset(value[0], f'{path}[0]')


def every_property(things):
    wrong, read = [], 0
    for thing in {type(t): t for t in things}.values():
        for name, info in properties(thing).items():
            path = f'{type(thing).__name__}.{name}'
            try:
                value = getattr(thing, name)
            except Exception as failure:
                wrong.append(f'{path}: {type(failure).__name__}')
                continue
            read += 1
            if value is None and not info.flags & F_OPTIONAL:
                wrong.append(f'{path} is not set')
            wrong += [f'{p} is not set' for p in unset(value, path)]
    say(not wrong and read > 200, f'every property of every type can be read and has what it must have ({read})', *wrong)


def presented(address):
    context = ssl._create_unverified_context()
    with socket.create_connection((address, PORT), DEADLINE) as plain, context.wrap_socket(plain) as tls:
        return tls.getpeercert(binary_form=True)


def certificates(hosts):
    for host in hosts:
        nic = host.config.network.vnic[0]
        pem = bytes(b & 255 for b in host.config.certificate).decode()
        say(ssl.PEM_cert_to_DER_cert(pem) == presented(nic.spec.ip.ipAddress), f'{host.name} presents what the inventory says')


def pages(content, view):
    traversal = vmodl.query.PropertyCollector.TraversalSpec(name='v', type=vim.view.ContainerView, path='view', skip=False)
    spec = vmodl.query.PropertyCollector.FilterSpec(
        propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, pathSet=['name'])],
        objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=view, skip=True, selectSet=[traversal])])
    options = vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=3)
    page = content.propertyCollector.RetrievePropertiesEx([spec], options)
    names, sizes = [], []
    while True:
        names += [o.propSet[0].val for o in page.objects]
        sizes.append(len(page.objects))
        if not page.token:
            break
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token)
    say(sorted(names) == [f'vm-{n}' for n in range(1, 9)] and sizes == [3, 3, 2], 'machines come in pages', names, sizes)


def updates(content, host):
    spec = vmodl.query.PropertyCollector.FilterSpec(
        propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.HostSystem, pathSet=['runtime.connectionState'])],
        objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=host)])
    collector = content.propertyCollector.CreatePropertyCollector()
    collector.CreateFilter(spec, partialUpdates=False)
    wait = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=DEADLINE)
    first = collector.WaitForUpdatesEx('', wait)
    states = [first.filterSet[0].objectSet[0].changeSet[0].val]
    for change in ({'do': 'fault', 'fault': 'disconnected'}, {'do': 'clear'}):
        control(target=host.name, **change)
        first = collector.WaitForUpdatesEx(first.version, wait)
        states.append(first.filterSet[0].objectSet[0].changeSet[0].val)
    collector.DestroyPropertyCollector()
    say(states == ['connected', 'notResponding', 'connected'], 'changes come to who waits for them', states)


def tasks(content, machine):
    """A machine's power as tasks tell it, and a ticket for its console."""
    def done(task):
        collector = content.propertyCollector.CreatePropertyCollector()
        collector.CreateFilter(vmodl.query.PropertyCollector.FilterSpec(
            propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.Task, pathSet=['info.state'])],
            objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=task)]), partialUpdates=True)
        version, state = '', None
        while state not in ('success', 'error'):
            news = collector.WaitForUpdatesEx(version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=DEADLINE))
            version, state = news.version, news.filterSet[0].objectSet[0].changeSet[0].val
        collector.DestroyPropertyCollector()
        return task.info
    ticket = machine.AcquireTicket('webmks')
    thumbprint = hashlib.sha1(presented(ticket.host if ticket.host[0].isdigit() else machine.runtime.host.config.network.vnic[0].spec.ip.ipAddress))
    say(ticket.sslThumbprint.replace(':', '') == thumbprint.hexdigest().upper(), 'a ticket names what its host presents', ticket)
    off = done(machine.PowerOffVM_Task())
    say((off.state, machine.runtime.powerState) == ('success', 'poweredOff'), 'a task powers a machine off', off)
    again = done(machine.PowerOffVM_Task())
    say(isinstance(again.error, vim.fault.InvalidPowerState), 'a task fails with its fault', again)
    on = done(machine.PowerOnVM_Task())
    events = content.eventManager.QueryEvents(vim.event.EventFilterSpec(
        entity=vim.event.EventFilterSpec.ByEntity(entity=machine, recursion='self')))
    kinds = [type(e) for e in events]
    say(on.state == 'success' and vim.event.VmPoweredOnEvent in kinds and vim.event.VmPoweredOffEvent in kinds, 'events tell of it', kinds)


def main():
    wrong_password()
    service = login(json.loads((DIRECTORY / 'credentials.json').read_text())[NAME]['password'])
    content = service.content
    say(content.about.apiType == 'VirtualCenter', f'logs in, speaks {service._stub.version}')
    view = content.viewManager.CreateContainerView(content.rootFolder, [], True)
    hosts = [t for t in view.view if isinstance(t, vim.HostSystem)]
    machines = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    say((len(hosts), len(machines.view)) == (4, 8), 'lists hosts and machines', hosts, machines.view)
    every_property([service, content.rootFolder, content.sessionManager, content.propertyCollector, content.viewManager,
                    content.setting, content.searchIndex, content.certificateManager, view,
                    hosts[0].configManager.certificateManager, hosts[0].datastoreBrowser, content.taskManager, content.eventManager,
                    content.ovfManager, content.fileManager, content.guestOperationsManager, *view.view])
    tasks(content, machines.view[0])
    certificates(hosts)
    pages(content, machines)
    updates(content, hosts[0])
    found = content.searchIndex.FindByDnsName(dnsName=f'esx2.{NAME}', vmSearch=False)
    say(found == hosts[1], 'finds a host by its name', found)
    Disconnect(service)
    print(f'1..{number}')
    sys.exit(failed > 0)


main()
