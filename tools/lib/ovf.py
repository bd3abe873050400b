"""A machine to bring along: an OVF descriptor and a stream-optimised disk (Virtual Disk Format 5.0), made from nothing."""
import random
import struct
import zlib

SECTOR, GRAIN = 512, 128  # bytes; sectors of a grain
GRAINS_OF_A_TABLE = 512

DESCRIPTOR = '''<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
 xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
<References><File ovf:href="{disk}" ovf:id="file1" ovf:size="{size}"/></References>
<DiskSection><Info>Disks</Info><Disk ovf:capacity="{capacity}" ovf:diskId="disk1" ovf:fileRef="file1"
 ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
<NetworkSection><Info>Networks</Info><Network ovf:name="VM Network"><Description>The network</Description></Network></NetworkSection>
<VirtualSystem ovf:id="{name}"><Info>A machine</Info><Name>{name}</Name>
<OperatingSystemSection ovf:id="96" vmw:osType="debian11_64Guest"><Info>Debian</Info></OperatingSystemSection>
<VirtualHardwareSection><Info>Hardware</Info><System><vssd:ElementName>Virtual Hardware Family</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>
<vssd:VirtualSystemType>vmx-14</vssd:VirtualSystemType></System>
<Item><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
<rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
<Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>Memory</rasd:ElementName><rasd:InstanceID>2</rasd:InstanceID>
<rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>256</rasd:VirtualQuantity></Item>
<Item><rasd:Address>0</rasd:Address><rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>
<rasd:ResourceSubType>lsilogic</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
<Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Disk</rasd:ElementName><rasd:HostResource>ovf:/disk/disk1</rasd:HostResource>
<rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
</VirtualHardwareSection></VirtualSystem></Envelope>
'''


def padded(data):
    return data + bytes(-len(data) % SECTOR)


def marker(sectors, kind):
    return padded(struct.pack('<QII', sectors, 0, kind))


def header(capacity, directory):
    return padded(struct.pack('<4sIIQQQQIQQQB4sH', b'KDMV', 3, 0x30001, capacity, GRAIN, 1, 1, GRAINS_OF_A_TABLE, 0, directory, GRAIN, 0,
                              b'\n \r\n', 1))


def disk(megabytes, seed=1):
    """A disk of that size, full of bytes that do not compress; as many bytes and some are sent."""
    chance, capacity = random.Random(seed), megabytes * 2048
    text = (f'# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="streamOptimized"\n'
            f'RW {capacity} SPARSE "disk.vmdk"\nddb.adapterType = "lsilogic"\n').encode()
    out = bytearray(header(capacity, 0xffffffffffffffff) + padded(text))
    out += bytes(GRAIN * SECTOR - len(out))
    grains = []
    for lba in range(0, capacity, GRAIN):
        grains.append(len(out) // SECTOR)
        packed = zlib.compress(chance.randbytes(GRAIN * SECTOR))
        out += padded(struct.pack('<QI', lba, len(packed)) + packed)
    tables = []
    for first in range(0, len(grains), GRAINS_OF_A_TABLE):
        some = grains[first:first + GRAINS_OF_A_TABLE]
        out += marker(GRAINS_OF_A_TABLE * 4 // SECTOR, 1)
        tables.append(len(out) // SECTOR)
        out += padded(struct.pack(f'<{GRAINS_OF_A_TABLE}I', *some, *[0] * (GRAINS_OF_A_TABLE - len(some))))
    body = padded(struct.pack(f'<{len(tables)}I', *tables))
    out += marker(len(body) // SECTOR, 2)
    directory = len(out) // SECTOR
    out += body + marker(1, 3) + header(capacity, directory) + marker(0, 0)
    return bytes(out)


def machine(name, megabytes=2):
    """(descriptor, {file name: bytes}) of a machine with one disk."""
    data = disk(megabytes)
    return DESCRIPTOR.format(name=name, disk='disk.vmdk', size=len(data), capacity=megabytes << 20), {'disk.vmdk': data}
