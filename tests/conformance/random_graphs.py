"""Makes random small PKIs and says of each question whether a path exists that may be believed.

Runs in a Python that has `cryptography`; prints one JSON line {"id", "want", "request"} a question. The oracle judges the
description that the certificates were made from, never the certificates, and tries every path: it shares nothing with the
program that it is held against, neither code nor search order nor budget.

What is drawn: meshes of cross-signed CAs, several CAs of one name, several certificates for one CA of which some are
expired, not CAs, too short (pathLenConstraint), name-constrained, signed with SHA-1 or by the wrong key, with an unknown
critical extension or a key that is too small; anchors anywhere in the mesh, the leaf among them; CRLs that revoke, are
stale, missing, badly signed or by a CA that may not sign them. Half of the graphs have all key identifiers, the others have
some of them and are decided as the cell decides (profile deployed).

What is not drawn, because RFC 5280 and product rules leave room: key identifiers that contradict, wildcards together with
name constraints, extended key usages of CAs, CRLs of CAs that share a name."""
import argparse
import dataclasses
import datetime
import ipaddress
import json
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime(2023, 11, 14, 22, 13, 20)
DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
CRL_SHARE = 0.4       # of the graphs have CRLs
ENTITIES_MAX = 6
QUESTIONS = 3         # a graph
DOMAINS = ('a.example', 'b.example', 'deep.a.example', 'A.Example')
HOSTS = ('vc.a.example', 'vc.b.example', 'x.deep.a.example', '10.1.2.3', '10.9.9.9', '2001:db8::7')
NETS = ('10.1.0.0/16', '10.0.0.0/8', '2001:db8::/32')
ORGS = ('North', 'South')


@dataclasses.dataclass(frozen=True)
class Entity:
    """A CA: a name and a key. Several may have one name."""
    org: str
    name: str
    key: int
    small: bool        # RSA 1024
    crl_sign: bool


@dataclasses.dataclass(eq=False)
class Cert:
    subject: tuple     # (organization, common name)
    issuer: tuple
    key: object        # what the certificate says
    by: object         # whose key it names as its signer's, by the issuer's name
    signed_by: object  # whose key signed it
    small: bool = False
    ca: bool = True
    bc: bool = True    # basicConstraints present
    pathlen: int = None
    cert_sign: bool = True
    ku: bool = True    # keyUsage present
    crl_sign: bool = True
    begins: object = NOW - 100 * DAY
    ends: object = NOW + 100 * DAY
    sha1: bool = False
    unknown: bool = False
    permitted: tuple = ()   # ('dns' | 'ip' | 'org', value)
    excluded: tuple = ()
    names: tuple = ()       # leaf: ('dns' | 'ip', value)
    client_only: bool = False
    serial: int = 0


# ---- the oracle ----

def dns_within(name, base):
    name, base = name.lower(), base.lower()
    return name == base or name.endswith('.' + base)


def within(kind, value, base):
    if kind == 'dns':
        return dns_within(value, base)
    if kind == 'org':
        return value == base
    address, net = ipaddress.ip_address(value), ipaddress.ip_network(base)
    return address.version == net.version and address in net


def constrained(cert):
    """The names of a certificate that name constraints speak of."""
    return cert.names + (('org', cert.subject[0]),)


def names_allowed(cert, over):
    for ca in over:
        for kind, value in constrained(cert):
            if any(k == kind and within(kind, value, base) for k, base in ca.excluded):
                return False
            bases = [base for k, base in ca.permitted if k == kind]
            if bases and not any(within(kind, value, base) for base in bases):
                return False
    return True


def self_issued(cert):
    return cert.subject == cert.issuer


def may_be_there(cert):
    """What holds for every certificate of a path, the anchor too."""
    return cert.begins <= NOW <= cert.ends and not cert.small and not cert.unknown


def may_sign(cert):
    return cert.ca and cert.bc and (cert.cert_sign or not cert.ku)


def host_matches(leaf, host):
    if host is None:
        return True
    try:
        wanted = ipaddress.ip_address(host)
    except ValueError:
        return any(kind == 'dns' and matches(host.lower(), name.lower()) for kind, name in leaf.names)
    return any(kind == 'ip' and ipaddress.ip_address(name) == wanted for kind, name in leaf.names)


def matches(host, pattern):
    if pattern.startswith('*.'):
        return host.partition('.')[2] == pattern[2:] and host.partition('.')[0] != ''
    return host == pattern


def crl_clears(cert, issuer, crls):
    """A usable CRL of the issuer exists, and the newest of them does not list the certificate."""
    usable = [crl for crl in crls if crl['issuer'] == cert.issuer and crl['key'] == issuer.key and crl['good']
              and (issuer.crl_sign or not issuer.ku)]
    return bool(usable) and cert.serial not in max(usable, key=lambda crl: crl['number'])['serials']


def path_believed(path, question):
    """Leaf first, the anchor last."""
    leaf = path[0]
    if not all(may_be_there(cert) for cert in path) or leaf.client_only or not host_matches(leaf, question['host']):
        return False
    for at, cert in enumerate(path[:-1]):
        if cert.sha1 or cert.signed_by is not path[at + 1].key:
            return False
        if question['crls'] is not None and not crl_clears(cert, path[at + 1], question['crls']):
            return False
    for at, ca in enumerate(path[1:], 1):
        below = sum(1 for cert in path[1:at] if not self_issued(cert))
        if not may_sign(ca) or (ca.pathlen is not None and below > ca.pathlen):
            return False
    for at, cert in enumerate(path):
        if (at == 0 or not self_issued(cert)) and not names_allowed(cert, path[at + 1:]):
            return False
    depth = sum(1 for cert in path[1:-1] if not self_issued(cert))
    return question['max_depth'] is None or depth <= question['max_depth']


def believed(question):
    """Tries every path that signatures could make. One CA (name and key) need not come twice on it: what holds with the
    loop holds without, for each further certificate only adds conditions."""
    anchors, everything = question['anchors'], question['untrusted'] + question['anchors']

    def walk(path):
        if path[-1] in anchors and path_believed(path, question):
            return True
        return any(walk(path + [issuer]) for issuer in everything
                   if issuer.subject == path[-1].issuer and issuer.key is path[-1].signed_by and may_sign(issuer)
                   and may_be_there(issuer) and not any(issuer.subject == c.subject and issuer.key is c.key for c in path))
    return walk([question['leaf']])


# ---- drawing ----

class Draw:
    def __init__(self, seed, keys):
        self.random = random.Random(seed)
        self.keys = keys
        self.serial = 0x2000

    def chance(self, share):
        return self.random.random() < share

    def entities(self, unique):
        count = self.random.randint(2, ENTITIES_MAX)
        found = []
        for number in range(count):
            small = self.chance(0.04)
            name = f'CA {number}' if unique or self.chance(0.7) else 'CA 0'
            org = ORGS[0] if name == 'CA 0' else self.random.choice(ORGS)
            key = self.keys.small if small else self.keys.of(number, self.chance(0.4))
            found.append(Entity(org, name, key, small, not self.chance(0.05)))
        return found

    def window(self, cert):
        shape = self.random.random()
        if shape < 0.10:
            cert.ends = NOW - SECOND
        elif shape < 0.14:
            cert.begins = NOW + SECOND
        elif shape < 0.18:
            cert.ends = NOW
        elif shape < 0.22:
            cert.begins = NOW

    def constraints(self):
        drawn = []
        for _ in range(self.random.randint(1, 2)):
            kind = self.random.choice(('dns', 'dns', 'ip', 'org'))
            drawn.append((kind, self.random.choice({'dns': DOMAINS, 'ip': NETS, 'org': ORGS}[kind])))
        return tuple(dict.fromkeys(drawn))

    def certificate(self, issuer, subject, root=False):
        self.serial += 1
        cert = Cert((subject.org, subject.name), (issuer.org, issuer.name), subject.key, issuer.key, issuer.key,
                    small=subject.small, crl_sign=subject.crl_sign, serial=self.serial)
        self.window(cert)
        if self.chance(0.05):
            cert.signed_by = self.keys.stranger
        if self.chance(0.05):
            cert.ca = False
        elif self.chance(0.03):
            cert.bc = cert.ca = False
        if cert.ca and self.chance(0.25):
            cert.pathlen = self.random.randint(0, 2)
        cert.cert_sign = not self.chance(0.04)
        cert.ku = not self.chance(0.1) or not subject.crl_sign
        cert.sha1 = self.chance(0.5 if root else 0.1) and cert.signed_by in self.keys.rsa
        cert.unknown = self.chance(0.03)
        if cert.ca and self.chance(0.15):
            cert.permitted = self.constraints()
        if cert.ca and self.chance(0.1):
            cert.excluded = self.constraints()
        return cert

    def leaf(self, issuer, wildcards):
        self.serial += 1
        host = self.random.choice(HOSTS)
        names = []
        for name in {host, self.random.choice(HOSTS)} if self.chance(0.4) else {host}:
            try:
                ipaddress.ip_address(name)
                names.append(('ip', name))
            except ValueError:
                names.append(('dns', '*.' + name.partition('.')[2] if wildcards and self.chance(0.3) else name))
        names.sort()
        cert = Cert((self.random.choice(ORGS), f'leaf {self.serial}'), (issuer.org, issuer.name), self.keys.leaf, issuer.key,
                    issuer.key, ca=False, bc=self.chance(0.5), ku=self.chance(0.7), cert_sign=False, crl_sign=False,
                    names=tuple(names), serial=self.serial)
        self.window(cert)
        if self.chance(0.04):
            cert.signed_by = self.keys.stranger
        cert.sha1 = self.chance(0.1) and cert.signed_by in self.keys.rsa
        cert.client_only = self.chance(0.04)
        return cert, host

    def crls(self, entities, certs):
        lists = []
        for number, entity in enumerate(entities):
            own = [cert.serial for cert in certs if cert.issuer == (entity.org, entity.name)]
            if self.chance(0.06):
                continue
            serials = [serial for serial in own if self.chance(0.08)]
            fate = self.random.random()
            crl = {'issuer': (entity.org, entity.name), 'key': entity.key, 'signed_by': entity.key, 'serials': serials,
                   'number': 10 + number, 'stale': fate < 0.05, 'good': fate >= 0.09}
            if 0.05 <= fate < 0.09:
                crl['signed_by'] = self.keys.stranger
            lists.append(crl)
            if own and self.chance(0.1):  # a newer list takes the older one's place
                lists.append({**crl, 'serials': serials + [self.random.choice(own)], 'number': 100 + number})
        self.random.shuffle(lists)
        return lists

    def graph(self):
        with_crls = self.chance(CRL_SHARE)
        entities = self.entities(unique=with_crls)
        certs = [self.certificate(entity, entity, root=True) for entity in entities if self.chance(0.6)]
        for _ in range(self.random.randint(len(entities), 2 * len(entities) + 2)):
            certs.append(self.certificate(*self.random.sample(entities, 2)))
        bare = not any(cert.permitted or cert.excluded for cert in certs)
        for _ in range(QUESTIONS):
            leaf, host = self.leaf(self.random.choice(entities), wildcards=bare)
            anchors = self.random.sample(certs, min(len(certs), self.random.randint(1, 3)))
            if self.chance(0.05):
                anchors.append(leaf)
            untrusted = [cert for cert in certs if cert not in anchors or self.chance(0.3)]
            self.random.shuffle(untrusted)
            yield {'leaf': leaf, 'anchors': anchors, 'untrusted': untrusted,
                   'host': None if self.chance(0.15) else self.random.choice(HOSTS) if self.chance(0.1) else host,
                   'max_depth': self.random.randint(0, 2) if self.chance(0.08) else None,
                   'crls': self.crls(entities, certs + [leaf]) if with_crls else None}


# ---- writing ----

class Keys:
    """P-256 keys from small numbers, some RSA keys, and one that is too small. Worth nothing outside these tests."""

    def __init__(self):
        self.elliptic = [ec.derive_private_key(0x1000 + number, ec.SECP256R1()) for number in range(ENTITIES_MAX)]
        self.rsa = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
        self.small = rsa.generate_private_key(65537, 1024)
        self.stranger, self.leaf = (ec.derive_private_key(number, ec.SECP256R1()) for number in (900, 901))

    def of(self, number, use_rsa):
        return self.rsa[number] if use_rsa and number < len(self.rsa) else self.elliptic[number]


def x509_name(pair):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, pair[0]), x509.NameAttribute(NameOID.COMMON_NAME, pair[1])])


def general_name(kind, value, constraint=False):
    if kind == 'dns':
        return x509.DNSName(value)
    if kind == 'ip':
        return x509.IPAddress(ipaddress.ip_network(value) if constraint else ipaddress.ip_address(value))
    return x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, value)]))


def key_usage(cert):
    return x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                         key_agreement=False, key_cert_sign=cert.cert_sign, crl_sign=cert.crl_sign and cert.ca,
                         encipher_only=False, decipher_only=False)


def extensions(cert, draw, complete):
    """[(extension, critical)]. complete: with the key identifiers that RFC 5280 4.2.1.1 and 4.2.1.2 make a duty."""
    found = []
    if cert.bc:
        found.append((x509.BasicConstraints(cert.ca, cert.pathlen), True))
    if cert.ku:
        found.append((key_usage(cert), True))
    if complete or draw.chance(0.6):
        found.append((x509.SubjectKeyIdentifier.from_public_key(cert.key.public_key()), False))
    if complete or draw.chance(0.6):
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(cert.by.public_key()), False))
    if cert.names:
        found.append((x509.SubjectAlternativeName([general_name(*name) for name in cert.names]), False))
    if cert.client_only:
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    if cert.permitted or cert.excluded:
        lists = [[general_name(*name, constraint=True) for name in names] or None for names in (cert.permitted, cert.excluded)]
        found.append((x509.NameConstraints(*lists), True))
    if cert.unknown:
        found.append((x509.UnrecognizedExtension(x509.ObjectIdentifier('1.3.6.1.4.1.32473.1'), b'\x05\x00'), True))
    return found


def text(made):
    return made.public_bytes(serialization.Encoding.PEM).decode()


def sha1_text(made, key):
    """The same certificate signed with SHA-1, which the builder refuses to do: the two OIDs differ in their last byte."""
    new, old = (bytes.fromhex('06092a864886f70d0101' + last) for last in ('05', '0b'))
    tbs = made.tbs_certificate_bytes.replace(old, new)
    signature = key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    whole = made.public_bytes(serialization.Encoding.DER)
    whole = whole.replace(made.tbs_certificate_bytes, tbs).replace(old, new).replace(made.signature, signature)
    return text(x509.load_der_x509_certificate(whole))


def certificate_text(cert, draw, complete, cache):
    if cert not in cache:
        builder = (x509.CertificateBuilder().subject_name(x509_name(cert.subject)).issuer_name(x509_name(cert.issuer))
                   .public_key(cert.key.public_key()).serial_number(cert.serial).not_valid_before(cert.begins)
                   .not_valid_after(cert.ends))
        for extension, critical in extensions(cert, draw, complete):
            builder = builder.add_extension(extension, critical)
        made = builder.sign(cert.signed_by, hashes.SHA256())
        cache[cert] = sha1_text(made, cert.signed_by) if cert.sha1 else text(made)
    return cache[cert]


def crl_text(crl):
    builder = (x509.CertificateRevocationListBuilder().issuer_name(x509_name(crl['issuer']))
               .last_update(NOW - (40 * DAY if crl['stale'] else 20 * DAY) + crl['number'] * SECOND)
               .next_update(NOW - DAY if crl['stale'] else NOW + 10 * DAY)
               .add_extension(x509.CRLNumber(crl['number']), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(crl['key'].public_key()), False))
    for serial in crl['serials']:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 25 * DAY).build())
    return text(builder.sign(crl['signed_by'], hashes.SHA256()))


def request(question, draw, complete, cache):
    def pem(cert):
        return certificate_text(cert, draw, complete, cache)

    asked = {'anchors': [pem(cert) for cert in question['anchors']], 'untrusted': [pem(cert) for cert in question['untrusted']],
             'leaf': pem(question['leaf']), 'host': question['host'],
             'time': int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp()), 'purpose': 'server'}
    if not complete:
        asked['profile'] = 'deployed'
    if question['max_depth'] is not None:
        asked['max_depth'] = question['max_depth']
    if question['crls'] is not None:
        asked['crls'] = [crl_text(crl) for crl in question['crls']]
    return asked


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--graphs', type=int, required=True)
    args = parser.parse_args()
    keys = Keys()
    for number in range(args.seed, args.seed + args.graphs):
        draw, cache = Draw(number, keys), {}
        complete = draw.chance(0.5)
        for at, question in enumerate(draw.graph()):
            print(json.dumps({'id': f'{number}/{at}', 'want': 'ok' if believed(question) else 'fail',
                              'request': request(question, draw, complete, cache)}))


main()
