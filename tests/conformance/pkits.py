"""NIST's Public Key Interoperability Test Suite (PKITS), all 224 tests, each with the default inputs of its document.

A request carries what has to do with the test: every CA certificate whose subject is reached by going from issuer to
issuer and from distribution point to CRL issuer, and every CRL of those names. `everything` hands over all CA
certificates and all CRLs of the collection each time instead, so that a verifier has to pick."""
import calendar
import pathlib
import zipfile

import der
import download
import driver

HERE = pathlib.Path(__file__).resolve().parent
TABLE, LEFT_OUT = HERE / 'pkits.tsv', HERE / 'pkits-left-out.tsv'
ROOT = 'TrustAnchorRootCertificate'
NOW = calendar.timegm((2011, 4, 15, 0, 0, 0))  # the day after the data was published
# These paths are broken where names meet, so that names alone don't lead to the CA that the test is about.
ALSO = {'4.3.1': ['GoodCACert'], '4.3.2': ['NameOrderingCACert']}


def data(archive):
    """({certificate name: DER}, {CRL name: DER}) from the wheel."""
    certificates, crls = {}, {}
    for path in archive.namelist():
        folder, _, file = path.rpartition('/')
        stem = file.rpartition('.')[0]
        if folder.endswith('PKITS_data/certs') and stem:
            certificates[stem] = archive.read(path)
        elif folder.endswith('PKITS_data/crls') and stem:
            crls[stem] = archive.read(path)
    return certificates, crls


def reached(facts, crl_issuers, first):
    """The CA certificates and CRLs that names lead to, from one certificate on."""
    names, todo, seen = set(), [first], {first}
    while todo:
        issuer, _, points = facts[todo.pop()]
        names |= {issuer} | points
        found = {stem for stem, (_, subject, _) in facts.items() if subject in names} - seen
        todo += found
        seen |= found
    return sorted(seen - {first, ROOT}), sorted(stem for stem, issuer in crl_issuers.items() if issuer in names)


def rows():
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith('#'):
            yield line.split('\t')


def cases(everything=False):
    with zipfile.ZipFile(download.wheel('pkits')) as archive:
        certificates, crls = data(archive)
    facts = {stem: der.certificate(bytes_) for stem, bytes_ in certificates.items()}
    crl_issuers = {stem: der.crl_issuer(bytes_) for stem, bytes_ in crls.items()}
    pems = {stem: driver.certificate_pem(bytes_) for stem, bytes_ in certificates.items()}
    crl_pems = {stem: driver.crl_pem(bytes_) for stem, bytes_ in crls.items()}
    leaves = {leaf for _, leaf, _ in rows()}
    all_cas = sorted(set(certificates) - leaves - {ROOT})
    left_out = {glob: reason for glob, _, reason in driver.load_left_out(LEFT_OUT)}

    for number, leaf, want in rows():
        cas, lists = reached(facts, crl_issuers, leaf)
        cas = [stem for stem in cas if stem not in leaves]
        cas += [stem for stem in ALSO.get(number, []) if stem not in cas]
        if everything:
            cas, lists = all_cas, sorted(crls)
        yield driver.Case(f'{number}/{leaf}', want, {
            'anchors': [pems[ROOT]], 'untrusted': [pems[stem] for stem in cas], 'leaf': pems[leaf], 'host': None,
            'time': NOW, 'purpose': 'server', 'crls': [crl_pems[stem] for stem in lists]}, left_out.get(number, ''))
