#include "store/cells.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "base/text.h"
#include "store/words.h"
#include "trust/cert.h"

/* Reads cell after cell; the first that does not fit decides, the rest gives harmless values. */
struct reader {
    const char *record;
    const struct store_cell *cells;
    size_t len, at;
    bool failed;
    struct err *e;
};

static const struct store_cell nothing = { STORE_CELL_NULL, 0, NULL, 0 };

static struct reader reader(const char *record, const struct store_cell *cells, size_t len, struct err *e)
{
    return (struct reader){ .record = record, .cells = cells, .len = len, .e = e };
}

/* Names the row by its first cell when that is text or a number, so that a person can find it. */
static void refuse(struct reader *r, const char *field)
{
    if (r->failed)
        return;
    r->failed = true;
    char row[100] = "";
    const struct store_cell *first = r->len ? &r->cells[0] : &nothing;
    if (first->kind == STORE_CELL_TEXT)
        text_escape(row, sizeof(row), first->bytes, first->len);
    else if (first->kind == STORE_CELL_NUMBER)
        (void)snprintf(row, sizeof(row), "%lld", (long long)first->number);
    (void)err_set(r->e, ERR_STORE, "damaged %s %s: its %s is not what was ever written", r->record, row, field);
}

static const struct store_cell *next(struct reader *r)
{
    return r->at < r->len ? &r->cells[r->at++] : (r->at++, &nothing);
}

static const char *take_text(struct reader *r, const char *field, enum store_text kind, size_t max)
{
    const struct store_cell *c = next(r);
    if (c->kind == STORE_CELL_TEXT && store_text_fits(kind, c->bytes, c->len, max))
        return c->bytes;
    refuse(r, field);
    return "";
}

static int64_t take_number(struct reader *r, const char *field, int64_t min, int64_t max)
{
    const struct store_cell *c = next(r);
    if (c->kind == STORE_CELL_NUMBER && c->number >= min && c->number <= max)
        return c->number;
    refuse(r, field);
    return min;
}

static int64_t take_time(struct reader *r, const char *field)
{
    return take_number(r, field, 0, STORE_TIME_MAX);
}

/* min to max bytes */
static const uint8_t *take_bytes(struct reader *r, const char *field, size_t min, size_t max, size_t *ret_len)
{
    static const uint8_t none[DIGEST_SHA256];
    const struct store_cell *c = next(r);
    if (c->kind == STORE_CELL_BYTES && c->len >= min && c->len <= max && c->bytes) {
        *ret_len = c->len;
        return c->bytes;
    }
    refuse(r, field);
    *ret_len = 0;
    return none;
}

static const uint8_t *take_digest(struct reader *r, const char *field)
{
    size_t len;
    return take_bytes(r, field, DIGEST_SHA256, DIGEST_SHA256, &len);
}

/* True (and past it) when the next cell is null. */
static bool take_null(struct reader *r)
{
    if (r->at >= r->len || r->cells[r->at].kind != STORE_CELL_NULL)
        return false;
    r->at++;
    return true;
}

static bool done(struct reader *r)
{
    if (r->at != r->len)
        refuse(r, "number of fields");
    return !r->failed;
}

static const uint8_t *take_der(struct reader *r, const uint8_t *sha256, size_t *ret_len)
{
    uint8_t digest[DIGEST_SHA256];
    const uint8_t *der = take_bytes(r, "DER", 1, TRUST_CERT_MAX, ret_len);
    if (!r->failed) {
        digest_sha256(der, *ret_len, digest);
        if (memcmp(digest, sha256, sizeof(digest)) != 0)
            refuse(r, "DER (whose digest differs)");
    }
    return der;
}

bool store_grant_read(const struct store_cell *cells, size_t len, struct store_grant *ret, struct err *e)
{
    struct reader r = reader("grant", cells, len, e);
    struct store_grant g;
    g.id = take_text(&r, "id", STORE_LINE, STORE_ID_MAX);
    g.owner = take_text(&r, "owner", STORE_LINE, STORE_ID_MAX);
    g.alias = take_text(&r, "alias", STORE_LINE, STORE_ALIAS_MAX);
    const char *scope = take_text(&r, "scope", STORE_LINE, TRUST_SCOPE_TEXT);
    if (!r.failed && !trust_scope_parse(scope, &g.scope, NULL))
        refuse(&r, "scope");
    g.made_ms = take_time(&r, "time");
    g.made_by = take_text(&r, "maker", STORE_LINE, STORE_NAME_MAX);
    g.flow = take_text(&r, "flow", STORE_WORD, STORE_WORD_MAX);
    g.sha256 = take_digest(&r, "certificate");
    g.der = take_der(&r, g.sha256, &g.der_len);
    if (!done(&r))
        return false;
    *ret = g;
    return true;
}

static const char *take_hex(struct reader *r, const char *field, size_t max)
{
    const char *s = take_text(r, field, STORE_LINE, max);
    if (s[strspn(s, "0123456789ABCDEF")] != '\0')
        refuse(r, field);
    return s;
}

bool store_crl_read(const struct store_cell *cells, size_t len, struct store_crl *ret, struct err *e)
{
    struct reader r = reader("CRL", cells, len, e);
    struct store_crl c = { 0 };
    const char *vcenter = take_text(&r, "vCenter", STORE_LINE_OR_NONE, STORE_ID_MAX);
    c.vcenter = vcenter[0] ? vcenter : NULL;
    c.issuer_key = take_hex(&r, "issuer's key", STORE_ID_MAX);
    c.part = take_text(&r, "part", STORE_LINE_OR_NONE, STORE_WORD_MAX);
    if (!take_null(&r)) {
        c.number = take_bytes(&r, "number", 1, STORE_CRL_NUMBER_MAX, &c.number_len);
        if (c.number_len > 1 && c.number[0] == 0)
            refuse(&r, "number");
    }
    c.this_ms = take_time(&r, "thisUpdate");
    c.next_ms = take_null(&r) ? 0 : take_time(&r, "nextUpdate");
    c.kept_ms = take_time(&r, "time");
    c.der = take_bytes(&r, "DER", 1, STORE_CRL_MAX, &c.der_len);
    if (!done(&r))
        return false;
    *ret = c;
    return true;
}

bool store_sealed_read(const struct store_cell *cells, size_t len, struct store_sealed_row *ret, struct err *e)
{
    struct reader r = reader("sealed value", cells, len, e);
    struct store_sealed_row s;
    char id[SEAL_ID];
    s.kind = take_text(&r, "kind", STORE_WORD, STORE_WORD_MAX);
    s.id = take_text(&r, "id", STORE_LINE, STORE_ID_MAX);
    s.key_id = take_text(&r, "key id", STORE_WORD, SEAL_ID - 1);
    s.kept_ms = take_time(&r, "time");
    s.sealed = take_bytes(&r, "sealed bytes", SEAL_OVERHEAD, SEAL_MAX, &s.len);
    if (!r.failed && (!seal_key_id(s.sealed, s.len, id) || strcmp(id, s.key_id) != 0))
        refuse(&r, "key id");
    if (!done(&r))
        return false;
    *ret = s;
    return true;
}

bool store_evidence_read(const struct store_cell *cells, size_t len, struct store_evidence *ret, struct err *e)
{
    struct reader r = reader("evidence", cells, len, e);
    struct store_evidence v;
    memcpy(v.anchor, take_digest(&r, "anchor"), DIGEST_SHA256);
    v.endpoint = take_text(&r, "endpoint", STORE_LINE, STORE_ENDPOINT_MAX);
    v.purpose = take_text(&r, "purpose", STORE_WORD, STORE_WORD_MAX);
    v.first_ms = take_time(&r, "first time");
    v.last_ms = take_time(&r, "last time");
    v.count = (uint64_t)take_number(&r, "count", 1, INT64_MAX);
    if (v.last_ms < v.first_ms)
        refuse(&r, "last time");
    if (!done(&r))
        return false;
    *ret = v;
    return true;
}

/* "a\nb" into names. */
static void take_names(struct reader *r, struct store_endpoint_names *names, struct store_endpoint *ep)
{
    const char *at = take_text(r, "names", STORE_PROSE, (size_t)STORE_ENDPOINT_NAMES * (STORE_NAME_MAX + 1));
    ep->names = names->at;
    ep->names_len = 0;
    while (*at && !r->failed) {
        size_t len = strcspn(at, "\n");
        if (ep->names_len == STORE_ENDPOINT_NAMES || !store_text_fits(STORE_LINE, at, len, STORE_NAME_MAX) ||
            (at[len] == '\n' && at[len + 1] == '\0')) {
            refuse(r, "names");
            return;
        }
        char *name = names->text[ep->names_len];
        memcpy(name, at, len);
        name[len] = '\0';
        names->at[ep->names_len++] = name;
        at += len + (at[len] == '\n');
    }
}

bool store_endpoint_read(const struct store_cell *cells, size_t len, struct store_endpoint_names *names,
                         struct store_endpoint *ret, struct err *e)
{
    struct reader r = reader("endpoint", cells, len, e);
    struct store_endpoint ep = { 0 };
    ep.key = take_text(&r, "key", STORE_LINE, STORE_ENDPOINT_MAX);
    ep.kind = (enum trust_behalf_kind)take_number(&r, "kind", TRUST_FOR_ADDRESS, TRUST_FOR_NSX);
    ep.urn = take_null(&r) ? NULL : take_text(&r, "URN", STORE_LINE, STORE_ID_MAX);
    if (!r.failed && (ep.urn == NULL) != (ep.kind == TRUST_FOR_ADDRESS))
        refuse(&r, "URN");
    ep.host = take_text(&r, "host", STORE_LINE, STORE_NAME_MAX);
    ep.port = (uint16_t)take_number(&r, "port", 1, 65535);
    take_names(&r, names, &ep);
    ep.rule = take_text(&r, "rule", STORE_WORD, STORE_WORD_MAX);
    ep.seen_ms = take_time(&r, "last time");
    ep.since_ms = take_time(&r, "first time");
    ep.verified_ms = take_null(&r) ? 0 : take_time(&r, "verified time");
    ep.anchor = take_null(&r) ? NULL : take_digest(&r, "anchor");
    if (!r.failed && (ep.anchor == NULL) != (ep.verified_ms == 0))
        refuse(&r, "anchor");
    if (!done(&r))
        return false;
    *ret = ep;
    return true;
}

bool store_cert_read(const struct store_cell *cells, size_t len, const uint8_t **ret_der, size_t *ret_len,
                     struct err *e)
{
    struct reader r = reader("certificate", cells, len, e);
    size_t der_len;
    const uint8_t *sha256 = take_digest(&r, "digest");
    const uint8_t *der = take_der(&r, sha256, &der_len);
    if (!done(&r))
        return false;
    *ret_der = der;
    *ret_len = der_len;
    return true;
}

static const char *take_uuid(struct reader *r)
{
    const char *s = take_text(r, "id", STORE_WORD, RANDOM_UUID - 1);
    if (strlen(s) != RANDOM_UUID - 1)
        refuse(r, "id");
    return s;
}

bool store_event_read(const struct store_cell *cells, size_t len, struct store_event *ret, struct err *e)
{
    struct reader r = reader("event", cells, len, e);
    struct store_event ev;
    ev.seq = (uint64_t)take_number(&r, "number", 1, INT64_MAX);
    ev.id = take_uuid(&r);
    ev.at_ms = take_time(&r, "time");
    ev.kind = take_text(&r, "kind", STORE_WORD, STORE_WORD_MAX);
    ev.severity = (enum store_severity)take_number(&r, "severity", STORE_INFO, STORE_SEVERITIES - 1);
    ev.entity = take_text(&r, "entity", STORE_LINE_OR_NONE, STORE_ENDPOINT_MAX);
    ev.text = take_text(&r, "text", STORE_PROSE, STORE_TEXT_MAX);
    ev.data = take_text(&r, "data", STORE_PROSE, STORE_DATA_MAX);
    if (!done(&r))
        return false;
    *ret = ev;
    return true;
}

bool store_audit_read(const struct store_cell *cells, size_t len, struct store_audit *ret, struct err *e)
{
    struct reader r = reader("audit line", cells, len, e);
    struct store_audit a;
    a.seq = (uint64_t)take_number(&r, "number", 1, INT64_MAX);
    a.id = take_uuid(&r);
    a.by.at_ms = take_time(&r, "time");
    a.by.who = take_text(&r, "who", STORE_LINE, STORE_NAME_MAX);
    a.by.from = take_text(&r, "from", STORE_LINE, STORE_NAME_MAX);
    a.by.flow = take_text(&r, "flow", STORE_WORD, STORE_WORD_MAX);
    a.action = take_text(&r, "action", STORE_WORD, STORE_WORD_MAX);
    a.entity = take_text(&r, "entity", STORE_LINE_OR_NONE, STORE_ENDPOINT_MAX);
    a.sha256 = take_null(&r) ? NULL : take_digest(&r, "certificate");
    a.text = take_text(&r, "text", STORE_PROSE, STORE_TEXT_MAX);
    a.data = take_text(&r, "data", STORE_PROSE, STORE_DATA_MAX);
    memcpy(a.hash, take_digest(&r, "hash"), DIGEST_SHA256);
    if (!done(&r))
        return false;
    *ret = a;
    return true;
}

bool store_setting_read(const struct store_cell *cells, size_t len, struct store_setting *ret, struct err *e)
{
    struct reader r = reader("setting", cells, len, e);
    struct store_setting s;
    s.key = take_text(&r, "key", STORE_WORD, STORE_WORD_MAX);
    s.value = take_text(&r, "value", STORE_PROSE, STORE_SETTING_MAX);
    s.changed_ms = take_time(&r, "time");
    if (!done(&r))
        return false;
    *ret = s;
    return true;
}

bool store_count_read(const struct store_cell *cells, size_t len, uint64_t *ret, struct err *e)
{
    struct reader r = reader("count", cells, len, e);
    uint64_t count = (uint64_t)take_number(&r, "value", 0, INT64_MAX);
    if (!done(&r))
        return false;
    *ret = count;
    return true;
}

bool store_record_read(const struct store_cell *cells, size_t len, struct store_record *ret, struct err *e)
{
    struct reader r = reader("record", cells, len, e);
    struct store_record s;
    s.kind = take_text(&r, "kind", STORE_WORD, STORE_WORD_MAX);
    s.id = take_text(&r, "id", STORE_LINE, STORE_ID_MAX);
    s.owner = take_text(&r, "owner", STORE_LINE_OR_NONE, STORE_ID_MAX);
    s.name = take_text(&r, "name", STORE_LINE_OR_NONE, STORE_NAME_MAX);
    s.state = take_text(&r, "state", STORE_LINE_OR_NONE, STORE_WORD_MAX);
    s.made_ms = take_time(&r, "time");
    s.until_ms = take_time(&r, "end");
    s.data = take_text(&r, "data", STORE_PROSE, STORE_RECORD_MAX);
    if (!done(&r))
        return false;
    *ret = s;
    return true;
}
