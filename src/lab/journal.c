#include "lab/estate.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lab/keep.h"
#include "net/tls_server.h"
#include "wire/json.h"

/* Which kinds of endpoint can have a fault: bits 1 << enum lab_kind. */
enum { VC = 1 << LAB_VCENTER, HOST = 1 << LAB_HOST, NSX = 1 << LAB_NSX };

static const struct {
    const char *name;
    unsigned bit, kinds;
} faults[] = {
    { "expired", LAB_FAULT_EXPIRED, VC | HOST | NSX },
    { "not-yet-valid", LAB_FAULT_FUTURE, VC | HOST | NSX },
    { "wrong-name", LAB_FAULT_MISNAMED, VC | HOST | NSX },
    { "self-signed", LAB_FAULT_SELF_SIGNED, VC | HOST | NSX },
    { "installer", LAB_FAULT_INSTALLER, HOST },
    { "foreign", LAB_FAULT_FOREIGN, HOST },
    { "mitm", LAB_FAULT_MITM, HOST },
    { "down", LAB_FAULT_DOWN, VC | HOST | NSX },
    { "silent", LAB_FAULT_SILENT, VC | HOST | NSX },
    { "disconnected", LAB_FAULT_DISCONNECTED, HOST },
    { "appended-ca", LAB_FAULT_APPENDED, VC | HOST | NSX },
    { "rejected-password", LAB_FAULT_PASSWORD, VC | NSX },
    { "lost-sessions", LAB_FAULT_SESSIONS, VC },
};

const char *lab_fault_name(size_t n, unsigned *ret_bit, unsigned *ret_kinds)
{
    if (n >= ARRAY_LEN(faults))
        return NULL;
    *ret_bit = faults[n].bit;
    *ret_kinds = faults[n].kinds;
    return faults[n].name;
}

unsigned lab_fault_of(const char *name, enum lab_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (!strcmp(faults[i].name, name) && (faults[i].kinds & 1u << kind))
            return faults[i].bit;
    return 0;
}

static void touch(struct lab_endpoint *ep)
{
    X509_free(ep->cached[0]);
    X509_free(ep->cached[1]);
    ep->cached[0] = ep->cached[1] = NULL;
    ep->identity = tls_identity_unref(ep->identity);
    ep->changed = ++ep->estate->version;
    (void)pthread_cond_broadcast(&ep->estate->news);
}

/* The change itself, the same now and at every restart. */
static bool apply(struct lab_estate *s, const char *what, const char *target, uint64_t value, int64_t at, struct err *e)
{
    struct lab_endpoint *ep = lab_endpoint_named(s, target);
    if (!ep)
        return err_set(e, ERR_NOT_FOUND, "nothing in the estate is called %s", target);
    if (!strcmp(what, "faults")) {
        ep->faults = (unsigned)value;
    } else if (!strcmp(what, "replace")) {
        ep->revision++;
        ep->made_at = at;
        ep->ca_generation = (unsigned)ep->vcenter->vmca->roots_len - 1;
    } else if (!strcmp(what, "rotate") && ep->kind == LAB_VCENTER) {
        if (!lab_root_add(s, ep->vcenter->vmca, at, e))
            return false;
    } else {
        return err_set(e, ERR_INPUT, "no such change: %s", what);
    }
    touch(ep);
    return true;
}

static bool write_line(struct lab_estate *s, const char *what, const char *target, uint64_t value, int64_t at, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = json_pack("{s:s, s:s, s:I, s:I}", "what", what, "target", target, "value",
                                                     (json_int_t)value, "at", (json_int_t)at);
    struct buf b;
    buf_init(&b, LAB_FILE_MAX);
    bool ok = line && wire_json_write(&b, line, e) && buf_puts(&b, "\n", e) &&
              lab_keep_append(s->dir, "journal", b.data, b.len, e);
    buf_done(&b);
    return ok;
}

static bool change(struct lab_estate *s, const char *what, const struct lab_endpoint *ep, uint64_t value, int64_t at,
                   struct err *e)
{
    return write_line(s, what, ep->name, value, at, e) && apply(s, what, ep->name, value, at, e);
}

bool lab_set_faults(struct lab_endpoint *ep, unsigned bits, struct err *e)
{
    return change(ep->estate, "faults", ep, bits, 0, e);
}

bool lab_replace(struct lab_endpoint *ep, int64_t now, struct err *e)
{
    return change(ep->estate, "replace", ep, 0, now, e);
}

bool lab_rotate(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    if (vc->vmca->roots_len == LAB_ROOTS_MAX)
        return err_set(e, ERR_LIMIT, "the VMCA of %s was regenerated %d times already", vc->at.name, LAB_ROOTS_MAX - 1);
    return change(vc->at.estate, "rotate", &vc->at, 0, now, e);
}

/* One line of the journal. first: it says when the estate was born and with which marks. */
static bool take_line(struct lab_estate *s, const char *text, size_t len, bool first, bool replay, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = NULL;
    const char *what, *target;
    json_int_t value, at;
    if (!wire_json_read(text, len, NULL, &line, e))
        return false;
    if (json_unpack(line, "{s:s, s:s, s:I, s:I}", "what", &what, "target", &target, "value", &value, "at", &at) != 0)
        return err_set(e, ERR_STORE, "a line of the journal lacks something");
    if (!first)
        return !replay || apply(s, what, target, (uint64_t)value, at, e);
    if (strcmp(what, "born") != 0)
        return err_set(e, ERR_STORE, "the journal does not begin with a birth");
    if ((value != 0) != s->mark)
        return err_set(e, ERR_CONFLICT, "%s was made %s --byte-exact: it stays so", s->dir, value ? "without" : "with");
    s->born = at;
    return true;
}

static bool read_lines(struct lab_estate *s, const struct buf *b, bool replay, struct err *e)
{
    const char *at = buf_str(b), *end = at + b->len;
    for (size_t n = 1; at < end; n++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) /* cut off while it was written: that change was never acknowledged */
            return true;
        if (!take_line(s, at, (size_t)(stop - at), n == 1, replay, e))
            return err_in(e, "%s/journal line %zu", s->dir, n);
        if (!replay)
            return true;
        at = stop + 1;
    }
    return true;
}

static bool read_journal(struct lab_estate *s, bool replay, bool *ret_found, struct err *e)
{
    struct buf b;
    struct err why;
    buf_init(&b, LAB_FILE_MAX);
    *ret_found = lab_keep_read(s->dir, "journal", &b, &why) && b.len;
    bool ok = *ret_found ? read_lines(s, &b, replay, e) : b.len == 0 && why.kind == ERR_NOT_FOUND;
    if (!*ret_found && !ok && e)
        *e = why;
    buf_done(&b);
    return ok;
}

bool lab_journal_begin(struct lab_estate *s, struct err *e)
{
    bool found;
    if (!read_journal(s, false, &found, e))
        return false;
    return found || write_line(s, "born", "estate", s->mark, s->born, e);
}

bool lab_journal_replay(struct lab_estate *s, struct err *e)
{
    bool found;
    return read_journal(s, true, &found, e);
}
