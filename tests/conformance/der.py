"""Just enough DER to see which certificate or CRL belongs to which: names, and the names inside CRL distribution points.

Only for choosing what goes into a request. Nothing here decides."""

CERTIFICATE_ISSUER, CRL_DISTRIBUTION_POINTS, FRESHEST_CRL = b'\x55\x1d\x1d', b'\x55\x1d\x1f', b'\x55\x1d\x2e'
WIDE = {0x1e: 'utf-16-be', 0x1c: 'utf-32-be', 0x0c: 'utf-8'}
DIRECTORY_NAME = 0xa4


def read(data, at=0):
    """One value: (tag, content, offset behind it)."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7f
        length, at = int.from_bytes(data[at:at + count], 'big'), at + count
    return tag, data[at:at + length], at + length


def children(content):
    """The values inside a constructed one: [(tag, content)]."""
    found, at = [], 0
    while at < len(content):
        tag, inner, at = read(content, at)
        found.append((tag, inner))
    return found


def name(content):
    """A Name (content of its SEQUENCE) in the form that RFC 5280 section 7.1 compares, roughly: enough to group."""
    rdns = []
    for _, rdn in children(content):
        pairs = []
        for _, pair in children(rdn):
            (_, oid), (tag, text) = children(pair)
            pairs.append((oid, ' '.join(text.decode(WIDE.get(tag, 'latin-1'), 'replace').split()).casefold()))
        rdns.append(tuple(sorted(pairs)))
    return tuple(rdns)


def names_in(content):
    """Every directoryName anywhere below."""
    found, at = set(), 0
    while at < len(content):
        tag, inner, at = read(content, at)
        if tag == DIRECTORY_NAME:
            found.add(name(children(inner)[0][1]))
        elif tag & 0x20:
            found |= names_in(inner)
    return found


def certificate(der):
    """(issuer, subject, names of CRL issuers that it points to)."""
    fields = children(children(read(der)[1])[0][1])
    if fields[0][0] == 0xa0:
        fields = fields[1:]
    issuer, subject, points = name(fields[2][1]), name(fields[4][1]), set()
    for tag, extensions in fields[6:]:
        if tag != 0xa3:
            continue
        for _, extension in children(children(extensions)[0][1]):
            parts = children(extension)
            if parts[0][1] in (CRL_DISTRIBUTION_POINTS, FRESHEST_CRL):
                points |= names_in(parts[-1][1])
    return issuer, subject, points


def crl_issuer(der):
    fields = children(children(read(der)[1])[0][1])
    if fields[0][0] == 0x02:
        fields = fields[1:]
    return name(fields[1][1])
