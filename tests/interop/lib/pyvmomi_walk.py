"""Walks through a vCenter of the lab with pyVmomi and prints TAP: pyvmomi_walk.py LAB_DIR NAME ADDRESS. Reads every
first-level property that its release has; run by lab_pyvmomi with the Python that has pyVmomi."""
import hashlib
import importlib.metadata
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
BINDING = 'pyVmomi ' + importlib.metadata.version('pyvmomi')
number, failed = 0, 0


def say(ok, what, *why):
    global number, failed
    number += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {number} - {what}, {NAME}, {BINDING}')
    for line in why if not ok else ():
        print(f'# {line}')


def control(**request):
    """Asks the lab over its control socket."""
    with socket.socket(socket.AF_UNIX) as lab:
        lab.connect(str(DIRECTORY / 'control'))
        lab.sendall(json.dumps(request).encode() + b'\n')
        answer = json.loads(lab.makefile().readline())
    assert answer['ok'], answer
    return answer


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


def wait_for(content, task):
    """A task's info when it is over, as updates tell it."""
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


def tasks(content, machine):
    """A machine's power as tasks tell it, and a ticket for its console."""
    def done(task):
        return wait_for(content, task)
    ticket = machine.AcquireTicket('webmks')
    thumbprint = hashlib.sha1(presented(ticket.host if ticket.host[0].isdigit() else machine.runtime.host.config.network.vnic[0].spec.ip.ipAddress))
    say(ticket.sslThumbprint.replace(':', '') == thumbprint.hexdigest().upper(), 'a ticket names what its host presents', ticket)
    say(machine.AcquireMksTicket().port == 902, 'and one of the old kind')
    off = done(machine.PowerOffVM_Task())
    say((off.state, machine.runtime.powerState) == ('success', 'poweredOff'), 'a task powers a machine off', off)
    again = done(machine.PowerOffVM_Task())
    say(isinstance(again.error, vim.fault.InvalidPowerState), 'a task fails with its fault', again)
    on = done(machine.PowerOnVM_Task())
    events = content.eventManager.QueryEvents(vim.event.EventFilterSpec(
        entity=vim.event.EventFilterSpec.ByEntity(entity=machine, recursion='self')))
    kinds = [type(e) for e in events]
    say(on.state == 'success' and vim.event.VmPoweredOnEvent in kinds and vim.event.VmPoweredOffEvent in kinds, 'events tell of it', kinds)


def refused(fault, call, *args, **more):
    try:
        call(*args, **more)
        return False
    except fault:
        return True


def vmca_signed(address):
    """Whether it presents what the VMCA's newest root signed."""
    context = ssl.create_default_context(cafile=str(DIRECTORY / f'roots/vmca-{NAME.partition(".")[0]}.pem'))
    context.check_hostname = False
    try:
        with socket.create_connection((address, PORT), DEADLINE) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLCertVerificationError:
        return False


def certificate_tasks(content, host, foreign):
    """A host's certificate, from the vCenter's side."""
    manager, address = content.certificateManager, host.config.network.vnic[0].spec.ip.ipAddress

    def run(method, *hosts):
        return wait_for(content, getattr(manager, method)(list(hosts)))
    control(do='fault', target=foreign.name, fault='refuses-certificates')
    failed_task = run('CertMgrRefreshCertificates_Task', foreign)
    control(do='clear', target=foreign.name)
    say(isinstance(failed_task.error, vmodl.fault.HostCommunication), 'a host that takes nothing fails the task', failed_task.error)
    before = presented(address)
    control(do='rotate', target=NAME)
    say(not vmca_signed(address), 'a new root signed nothing yet')
    told, renewed = (run(f'CertMgrRefresh{what}_Task', host) for what in ('CACertificatesAndCRLs', 'Certificates'))
    say((told.state, renewed.state) == ('success', 'success') and presented(address) != before and vmca_signed(address),
        'a host is told the new root and gets a certificate of it S14', told, renewed)
    say(host.runtime.connectionState == 'connected' and run('CertMgrRefreshCertificates_Task', host, foreign).state == 'success',
        'several hosts at a time', host.runtime)
    revoked = run('CertMgrRevokeCertificates_Task', host)
    run('CertMgrRefreshCACertificatesAndCRLs_Task', host)
    crls = host.configManager.certificateManager.ListCACertificateRevocationLists()
    say(revoked.state == 'success' and all('X509 CRL' in crl for crl in crls) and len(crls) >= 2, 'a certificate is revoked S14', crls)


def specs(content):
    """Customization specs under a name."""
    manager, customization = content.customizationSpecManager, vim.vm.customization
    spec = customization.Specification(
        globalIPSettings=customization.GlobalIPSettings(dnsServerList=['10.0.0.1']),
        identity=customization.LinuxPrep(hostName=customization.FixedName(name='web'), domain='example.test'),
        nicSettingMap=[customization.AdapterMapping(adapter=customization.IPSettings(ip=customization.DhcpIpGenerator()))])
    info = vim.CustomizationSpecInfo(name='linux & co', description='of a test', type='Linux')
    say(refused(vim.fault.NotFound, manager.GetCustomizationSpec, info.name), 'no spec is there yet')
    manager.CreateCustomizationSpec(vim.CustomizationSpecItem(info=info, spec=spec))
    kept = manager.GetCustomizationSpec(info.name)
    say(kept.spec.identity.hostName.name == 'web' and kept.spec.globalIPSettings.dnsServerList == ['10.0.0.1'] and
        [i.name for i in manager.info] == [info.name], 'a spec comes back as it went', kept)
    manager.OverwriteCustomizationSpec(kept)
    say(refused(vim.fault.ConcurrentAccess, manager.OverwriteCustomizationSpec, kept), 'an old version overwrites nothing')
    manager.DeleteCustomizationSpec(info.name)
    say(not manager.DoesCustomizationSpecExist(info.name), 'and is deleted')


def host_certificates(host):
    """The same from the host's side: HostCertificateManager."""
    manager, address = host.configManager.certificateManager, host.config.network.vnic[0].spec.ip.ipAddress
    info = manager.certificateInfo
    say(info.status == 'good' and info.notBefore < info.notAfter and host.name in info.subject and 'CN=CA' in info.issuer,
        'its certificate is described', info)
    by_address, by_dn = (manager.GenerateCertificateSigningRequest(True),
                         manager.GenerateCertificateSigningRequestByDn(f'CN={host.name},O=Own,C=US'))
    say(all('BEGIN CERTIFICATE REQUEST' in r for r in (by_address, by_dn)) and by_address != by_dn, 'requests are made', by_dn)
    others = control(do='csr', target=host.name.replace('esx2', 'esx1'))['csr']
    signed = [control(do='sign', target=NAME, csr=csr)['certificate'] for csr in (by_dn, others)]
    say(refused(vim.fault.HostConfigFault, manager.InstallServerCertificate, signed[1]) and
        refused(vim.fault.HostConfigFault, manager.InstallServerCertificate, 'nonsense'), 'a certificate for another key is refused')
    manager.InstallServerCertificate(signed[0])
    say(ssl.PEM_cert_to_DER_cert(signed[0]) == presented(address), 'what is installed is presented S14')
    roots = list(manager.ListCACertificates())
    own = (DIRECTORY / 'roots/somebody.pem').read_text()
    manager.ReplaceCACertificatesAndCRLs(caCert=[*roots, own])
    say(len(manager.ListCACertificates()) == len(roots) + 1, 'its CAs can be replaced', roots)
    if not hasattr(manager, 'NotifyAffectedServices'):
        return
    if NAME.startswith('vc80'):
        manager.NotifyAffectedServices()
        say(len(manager.RetrieveCertificateInfoList()) == 1, 'services take the certificate at once')
    else:
        say(refused((vmodl.fault.MethodNotFound, vmodl.fault.NotSupported), manager.NotifyAffectedServices), 'older hosts have no such method')


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
                    content.authorizationManager, content.licenseManager, content.licenseManager.licenseAssignmentManager, content.perfManager,
                    content.diagnosticManager, hosts[0].configManager.autoStartManager, hosts[0].configManager.serviceSystem,
                    hosts[0].configManager.dateTimeSystem, hosts[0].configManager.networkSystem,
                    hosts[0].configManager.certificateManager, hosts[0].datastoreBrowser, content.taskManager, content.eventManager,
                    content.ovfManager, content.customizationSpecManager, content.fileManager, content.guestOperationsManager, *view.view])
    tasks(content, machines.view[0])
    certificates(hosts)
    pages(content, machines)
    updates(content, hosts[0])
    found = content.searchIndex.FindByDnsName(dnsName=f'esx2.{NAME}', vmSearch=False)
    say(found == hosts[1], 'finds a host by its name', found)
    specs(content)
    certificate_tasks(content, hosts[1], hosts[0])
    host_certificates(hosts[1])
    happened = [type(e).__name__ for e in content.eventManager.QueryEvents(vim.event.EventFilterSpec())]
    say(len(happened) > 4, 'every event can be read', happened)
    Disconnect(service)
    print(f'1..{number}')
    sys.exit(failed > 0)


main()
