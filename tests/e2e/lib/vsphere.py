"""vSphere's SOAP as bytes, without any client library: for tests of the lab that say exactly what is sent."""
import re
import xml.etree.ElementTree as ET

from lab import Lab  # noqa: F401 (what it is about)

XSI = '{http://www.w3.org/2001/XMLSchema-instance}'
VIM = '{urn:vim25}'


class Fault(Exception):
    def __init__(self, kind, detail, text):
        super().__init__(f'{kind} {text}')
        self.kind, self.detail, self.text = kind, detail, text


def field(element, *path):
    """The text at that path of local names, or None."""
    for name in path:
        element = element.find(VIM + name) if element is not None else None
    return None if element is None else element.text or ''


class Vim:
    """One session of a vCenter over one way of saying its version."""

    def __init__(self, lab, name, version='urn:vim25/8.0.2.0', login=True):
        self.lab, self.name, self.version, self.cookie = lab, name, version, None
        if login:
            user, password = lab.credentials(name)
            self.call('Login', 'SessionManager', 'SessionManager', f'<userName>{user}</userName><password>{password}</password>')

    def call(self, method, kind, moid, arguments=''):
        """The <XxxResponse> element."""
        body = (f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
                f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><{method} xmlns="urn:vim25">'
                f'<_this type="{kind}">{moid}</_this>{arguments}</{method}></soapenv:Body></soapenv:Envelope>')
        headers = {'Content-Type': 'text/xml; charset="utf-8"', 'SOAPAction': self.version}
        if self.cookie:
            headers['Cookie'] = self.cookie
        answer = self.lab.http(self.name, 'POST', '/sdk', headers, body)
        if 'Set-Cookie' in answer.headers:
            self.cookie = answer.headers['Set-Cookie'].split(';')[0]
        found = ET.fromstring(answer.body)[0][0]
        if answer.status == 200:
            return found
        detail = found.find('detail')[0]
        raise Fault(detail.get(XSI + 'type'), detail, found.findtext('faultstring'))

    def value(self, method, kind, moid, arguments=''):
        """What <returnval> says."""
        return self.call(method, kind, moid, arguments).findtext(VIM + 'returnval')

    def property(self, kind, moid, path):
        """The element of one property's value, or None when it is unset."""
        found = self.call('RetrievePropertiesEx', 'PropertyCollector', 'propertyCollector',
                          f'<specSet><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>'
                          f'<objectSet><obj type="{kind}">{moid}</obj></objectSet></specSet><options/>')
        return found.find(f'.//{VIM}propSet/{VIM}val')

    def text(self, kind, moid, path):
        value = self.property(kind, moid, path)
        return None if value is None else value.text

    def until(self, kind, moid, path, good):
        """Waits for updates until that property's value is good; returns it."""
        own = self.value('CreatePropertyCollector', 'PropertyCollector', 'propertyCollector')
        self.call('CreateFilter', 'PropertyCollector', own,
                  f'<spec><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>'
                  f'<objectSet><obj type="{kind}">{moid}</obj></objectSet></spec><partialUpdates>false</partialUpdates>')
        version = ''
        try:
            while True:
                news = self.call('WaitForUpdatesEx', 'PropertyCollector', own,
                                 f'<version>{version}</version><options><maxWaitSeconds>30</maxWaitSeconds></options>')
                version = news.findtext(f'{VIM}returnval/{VIM}version')
                if version is None:
                    raise AssertionError(f'{path} of {moid} did not become what it should')
                value = news.find(f'.//{VIM}changeSet/{VIM}val')
                if value is not None and good(value):
                    return value
        finally:
            self.call('DestroyPropertyCollector', 'PropertyCollector', own)

    def task(self, method, kind, moid, arguments=''):
        """Runs a *_Task to its end; returns what info.result says, or raises the Fault it failed with."""
        task = self.value(method, kind, moid, arguments)
        info = self.until('Task', task, 'info', lambda v: field(v, 'state') in ('success', 'error'))
        if field(info, 'state') == 'success':
            return field(info, 'result')
        fault = info.find(f'{VIM}error/{VIM}fault')
        raise Fault(fault.get(XSI + 'type'), fault, field(info, 'error', 'localizedMessage'))

    def power(self, moid):
        return self.text('VirtualMachine', moid, 'runtime.powerState')

    def booted(self, moid):
        """Waits until the guest's tools run."""
        self.until('VirtualMachine', moid, 'guest.toolsRunningStatus', lambda v: v.text == 'guestToolsRunning')

    def ticket(self, moid, kind='webmks'):
        return self.call('AcquireTicket', 'VirtualMachine', moid, f'<ticketType>{kind}</ticketType>')[0]


def fault_of(function, *args):
    """The type of the fault that it raises; None when it raises none."""
    try:
        function(*args)
    except Fault as fault:
        return fault.kind
    return None


def path_of(url):
    """What stands behind scheme and authority."""
    return re.sub(r'^\w+://[^/]*', '', url)
