"""What the tests that upload share: a scenario, one small package as a folder and as an archive, and a tenant with a catalog."""
import tarfile

import tenant
from ovf import descriptor, vmdk

SCENARIO = '[vcenter vc1]\nversion = 8.0\nsan = both\nby_ip_hosts = 1\nvms = 1\n'  # by address: govc can find it


def package(folder):
    """small/small.ovf with its disk, and small.ova; the disk's bytes."""
    disk = vmdk(8192, 20)
    (folder / 'small').mkdir()
    (folder / 'small/small-disk.vmdk').write_bytes(disk)
    (folder / 'small/small.ovf').write_text(descriptor([('small-disk.vmdk', len(disk))]))
    with tarfile.open(folder / 'small.ova', 'w') as ova:
        for name in ('small.ovf', 'small-disk.vmdk'):
            ova.add(folder / 'small' / name, name)
    return disk


def author(p, client):
    """Bob of acme, whose VDC stands at vc1 and who has the catalog c1; nobody trusts the hosts. The PEM that would."""
    p.trust(client, 'enterprise-issuing')
    user, password = p.lab.account('vc1')
    vc = tenant.register(client, 'vc1', p.lab.vcenter_url('vc1'), user, password)
    tenant.organization(client, 'acme')
    tenant.vdc(client, 'v1', 'acme', vc, 'Resources', 'shared1', 'VM Network')
    org = client.get('/cloudapi/1.0.0/orgs?filter=name==acme').json['values'][0]['id'].rpartition(':')[2]
    made = client.call('POST', f'/api/admin/org/{org}/catalogs', '<AdminCatalog xmlns="http://www.vmware.com/vcloud/v1.5" name="c1"/>',
                       headers={'Content-Type': 'application/vnd.vmware.admin.catalog+xml'})
    assert made.status == 201, made
    return client.get(f'/cloudapi/1.0.0/virtualCenters/{vc}/certificateAuthority/vmca').json['vmca']
