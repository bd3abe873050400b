"""Certificates made with the openssl command, so that what verifies them does not share code with what made them."""
import pathlib
import subprocess
from datetime import datetime, timedelta, timezone

KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
CA_EXTENSIONS = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
LEAF_EXTENSIONS = 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\n'


def openssl(*args, stdin=None):
    done = subprocess.run(['openssl', *map(str, args)], stdin=subprocess.DEVNULL if stdin is None else None, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f'openssl {args[0]}: {done.stderr.decode()}')
    return done.stdout


def days_from_now(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime('%y%m%d%H%M%SZ')


class Certificate:
    def __init__(self, directory, name):
        self.name, self.pem, self.key = name, directory / f'{name}.pem', directory / f'{name}.key'

    @property
    def text(self):
        return self.pem.read_text()

    def der(self):
        return openssl('x509', '-in', self.pem, '-outform', 'DER')

    def fingerprint(self, algorithm='sha256'):
        return openssl('x509', '-in', self.pem, '-noout', '-fingerprint', f'-{algorithm}').decode().strip().split('=')[1]


class Pki:
    """Makes certificates below one directory; a name is a file name."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory) / 'pki'
        self.directory.mkdir()
        self.serial = 0x1000

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def root(self, name, subject=None):
        made = Certificate(self.directory, name)
        extensions = self.write(f'{name}.cnf', f'[req]\ndistinguished_name=dn\n[dn]\n[ext]\n{CA_EXTENSIONS}')
        openssl('req', '-x509', *KEY, '-keyout', made.key, '-out', made.pem, '-subj', subject or f'/CN={name}',
                '-days', 3650, '-config', extensions, '-extensions', 'ext')
        return made

    def ca(self, name, by, subject=None):
        return self.sign(name, by, subject or f'/CN={name}', CA_EXTENSIONS)

    def leaf(self, name, by, san, subject=None, begins=-1, ends=365):
        """begins and ends in days from now."""
        return self.sign(name, by, subject or f'/CN={name}', f'{LEAF_EXTENSIONS}subjectAltName={san}\n', begins, ends)

    def self_signed(self, name, san):
        made = Certificate(self.directory, name)
        extensions = self.write(f'{name}.cnf', f'[req]\ndistinguished_name=dn\n[dn]\n[ext]\nsubjectAltName={san}\n')
        openssl('req', '-x509', *KEY, '-keyout', made.key, '-out', made.pem, '-subj', f'/CN={name}', '-days', 365,
                '-config', extensions, '-extensions', 'ext')
        return made

    def sign(self, name, by, subject, extensions, begins=-1, ends=365):
        made = Certificate(self.directory, name)
        openssl('req', '-utf8', *KEY, '-keyout', made.key, '-out', self.directory / f'{name}.csr', '-subj', subject)
        openssl('ca', '-batch', '-config', self.authority(by, extensions), '-in', self.directory / f'{name}.csr',
                '-out', made.pem, '-startdate', days_from_now(begins), '-enddate', days_from_now(ends), '-notext')
        return made

    def authority(self, by, extensions=''):
        """The configuration with which `openssl ca` signs for this CA."""
        self.serial += 1
        database = self.directory / f'{by.name}.index'
        if not database.exists():
            database.write_text('')
            self.write(f'{by.name}.index.attr', 'unique_subject = no\n')
            self.write(f'{by.name}.crlnumber', '01\n')
        serial = self.write(f'{by.name}.serial', f'{self.serial:x}\n')
        return self.write(f'{by.name}.ca.cnf', f'''[ca]
default_ca = this
[this]
database = {database}
serial = {serial}
crlnumber = {self.directory / (by.name + '.crlnumber')}
new_certs_dir = {self.directory}
certificate = {by.pem}
private_key = {by.key}
default_md = sha256
policy = any
x509_extensions = ext
crl_extensions = crl
copy_extensions = none
[any]
commonName = optional
[ext]
authorityKeyIdentifier = keyid
{extensions}
[crl]
authorityKeyIdentifier = keyid
''')

    def crl(self, name, by, revoked=()):
        path = self.directory / f'{name}.crl'
        for certificate in revoked:
            openssl('ca', '-config', self.authority(by), '-revoke', certificate.pem)
        openssl('ca', '-config', self.authority(by), '-gencrl', '-crldays', 30, '-out', path)
        return path

    def bundle(self, name, *certificates):
        return self.write(f'{name}.pem', ''.join(c.text for c in certificates))
