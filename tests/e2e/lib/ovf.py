"""OVF packages as clients make them, and the upload of one as the SDKs do it (vcd-api.md 4.2), step by step."""
import contextlib
import http.client
import io
import os
import ssl
import struct
import tarfile
import time
import zlib
from xml.sax.saxutils import escape

from cell import VCLOUD, Answer
from harness import DEADLINE, check, check_equal

GRAIN = 65536
PARAMS = 'application/vnd.vmware.vcloud.uploadVAppTemplateParams+xml'


def vmdk(kb, grains):
    """A stream-optimised disk of that size with so many grains of chance: they can't be compressed."""
    def header(directory):
        flags = 1 | 1 << 16 | 1 << 17
        head = struct.pack('<4sIIQQQQIQQQB4sH', b'KDMV', 3, flags, kb * 2, 128, 1, 20, 512, 0, directory, 128, 0, b'\n \r\n', 1)
        return head.ljust(512, b'\0')

    def marker(sectors, kind):
        return struct.pack('<QII', sectors, 0, kind).ljust(512, b'\0')

    out = [header(2**64 - 1), b'# Disk DescriptorFile\nversion=1\n'.ljust(127 * 512, b'\0')]
    for n in range(grains):
        data = zlib.compress(os.urandom(GRAIN), 0)
        grain = struct.pack('<QI', n * 128, len(data)) + data
        out.append(grain + b'\0' * (-len(grain) % 512))
    out += [marker(4, 1), bytes(2048), marker(1, 2), bytes(512), marker(1, 3), header(300), marker(0, 0)]
    return b''.join(out)


def attribute(text):
    return escape(text, {chr(34): "&quot;"})


def machine(name, disks):
    """One VirtualSystem with the disks of these numbers."""
    items = ''.join(f'<Item><rasd:HostResource>ovf:/disk/d{n}</rasd:HostResource><rasd:ResourceType>17</rasd:ResourceType></Item>' for n in disks)
    return f'''<VirtualSystem ovf:id="{attribute(name)}"><Info/><Name>{escape(name)}</Name><OperatingSystemSection ovf:id="96" vmw:osType="debian12_64Guest"><Info/>
</OperatingSystemSection><VirtualHardwareSection><Info/><System><vssd:VirtualSystemType>vmx-14</vssd:VirtualSystemType></System>
<Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
<Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType>
<rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>{items}
<Item><rasd:Connection>inside</rasd:Connection><rasd:ResourceType>10</rasd:ResourceType></Item>
</VirtualHardwareSection></VirtualSystem>'''


def envelope(files, content, kb=8192, extra='', refs=''):
    """files: (href, size or None) of disks, d0, d1 ..; refs: more of References, which no disk has."""
    refs += ''.join(f'<File ovf:href="{attribute(href)}" ovf:id="f{n}"' + (f' ovf:size="{size}"' if size is not None else '') + '/>'
                   for n, (href, size) in enumerate(files))
    disks = ''.join(f'<Disk ovf:capacity="{kb}" ovf:capacityAllocationUnits="byte * 2^10" ovf:diskId="d{n}" ovf:fileRef="f{n}"/>'
                    for n in range(len(files)))
    return f'''<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
 xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
<References>{refs}</References><DiskSection><Info/>{disks}</DiskSection>{extra}
<NetworkSection><Info/><Network ovf:name="inside"/></NetworkSection>
{content}</Envelope>'''


def descriptor(files, kb=8192, name='small', extra='', refs=''):
    """One machine with all of these disks."""
    return envelope(files, machine(name, range(len(files))), kb, extra, refs)


def collection(files, machines):
    """Several machines: (name, the numbers of its disks)."""
    inside = ''.join(machine(name, disks) for name, disks in machines)
    return envelope(files, f'<VirtualSystemCollection ovf:id="all"><Info/><StartupSection><Info/></StartupSection>{inside}</VirtualSystemCollection>')


def ova(members, form='ustar'):
    """An archive of (name, bytes) in that order; None: a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=getattr(tarfile, f'{form.upper()}_FORMAT')) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data or b''), tarfile.REGTYPE if data is not None else tarfile.SYMTYPE
            tar.addfile(info, io.BytesIO(data or b''))
        end = tar.offset
    return out.getvalue()[:end + 1024]  # without what fills a tape's record


class Upload:
    """One template on its way. api: the client; catalog: its href."""

    def __init__(self, api, catalog, name, manifest=False):
        self.api, self.name = api, name
        link = next(e.get('href') for e in api.get(catalog).xml.iter(f'{VCLOUD}Link') if e.get('type') == PARAMS)
        more = ' manifestRequired="true"' if manifest else ''
        self.answer = api.call('POST', link, f'<UploadVAppTemplateParams xmlns="{VCLOUD[1:-1]}" name="{name}"{more}><Description/>'
                               '</UploadVAppTemplateParams>', headers={'Content-Type': PARAMS})
        if self.answer.status == 201:
            self.item = self.answer.xml.get('href')
            self.href = self.answer.xml.find(f'{VCLOUD}Entity').get('href')
            self.task = self.template().find(f'{VCLOUD}Tasks/{VCLOUD}Task').get('href')

    def template(self):
        done = self.api.get(self.href)
        check_equal(done.status, 200, done)
        return done.xml

    def files(self):
        """name -> (href, size, bytesTransferred), in order."""
        return {f.get('name'): (f.find(f'{VCLOUD}Link').get('href'), int(f.get('size')), int(f.get('bytesTransferred')))
                for f in self.template().iter(f'{VCLOUD}File')}

    def archive(self):
        """The link for an OVA, or None."""
        links = [li.get('href') for li in self.template().iter(f'{VCLOUD}Link') if li.get('rel') == 'upload:ova']
        return links[0] if links else None

    def put(self, name, data, start=None, total=None, href=None, api=None):
        """The whole file, or the piece that begins at start."""
        headers = {'Content-Type': 'application/octet-stream'}
        if start is not None:
            headers['Content-Range'] = f'bytes {start}-{start + len(data) - 1}/{total}'
        return (api or self.api).call('PUT', href or self.files()[name][0], data, headers=headers)

    def describe(self, text):
        return self.put('descriptor.ovf', text.encode() if isinstance(text, str) else text, href=self.files()['descriptor.ovf'][0])

    def await_files(self):
        """More than one file, or the task's error, as the SDK waits for it."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            task = self.state()
            if task.get('status') == 'error' or len(self.files()) > 1:
                return task
        raise AssertionError(f'no files: {self.files()}')

    def state(self):
        done = self.api.get(self.task)
        check_equal(done.status, 200, done)
        return done.xml

    def begin(self, text):
        """Up to where the files may come."""
        done = self.describe(text)
        check_equal(done.status, 200, done)
        task = self.await_files()
        check_equal(task.get('status'), 'running', error_of(task))
        return self.files()

    def end(self, status='success'):
        task = self.api.wait_task(self.task)
        check_equal(task.get('status'), status, error_of(task))
        return error_of(task)

    def cancel(self):
        check_equal(self.api.call('POST', self.task + '/action/cancel').status, 204)


def error_of(task):
    error = task.find(f'{VCLOUD}Error')
    return '' if error is None else error.get('message')


def send_all(cell, api, href, data, chunked=False):
    """A PUT whose answer is read even when it comes, and the connection ends, before all of it was sent."""
    link = http.client.HTTPSConnection(cell.host, cell.port, timeout=DEADLINE, context=cell.context)
    body = (data[at:at + GRAIN] for at in range(0, len(data), GRAIN)) if chunked else data
    with contextlib.closing(link):
        try:
            link.request('PUT', href.removeprefix(cell.url), body=body, headers=api.headers, encode_chunked=chunked)
        except OSError:
            link._HTTPConnection__state = 'Request-sent'  # what http.client forgets: the answer is there to be read
        response = link.getresponse()
        return Answer(response, response.read())


class Slow:
    """A PUT whose bytes are sent by hand."""

    def __init__(self, cell, api, href, total):
        self.link = http.client.HTTPSConnection(cell.host, cell.port, timeout=DEADLINE, context=cell.context)
        self.link.putrequest('PUT', href.removeprefix(cell.url))
        for name, value in {**api.headers, 'Content-Length': str(total)}.items():
            self.link.putheader(name, value)
        self.link.endheaders()

    def send(self, data):
        self.link.send(data)

    def answer(self):
        response = self.link.getresponse()
        return Answer(response, response.read())

    def broken(self):
        """The cell ends the connection, or refuses; whatever was sent."""
        try:
            return self.answer().status
        except (OSError, http.client.HTTPException, ssl.SSLError):
            return None

    def close(self):
        with contextlib.suppress(OSError):
            self.link.close()
