#include "lab/estate.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
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

/* One line of the journal. */
struct change {
    const char *what, *target;
    uint64_t value;
    int64_t at;       /* seconds since 1970 */
    const char *text; /* a password; else NULL */
};

static bool do_faults(struct lab_endpoint *ep, const struct change *c, struct err *e UNUSED)
{
    ep->faults = (unsigned)c->value;
    return true;
}

static bool do_reissue(struct lab_endpoint *ep, const struct change *c, struct err *e UNUSED)
{
    ep->revision++;
    ep->made_at = c->at;
    ep->ca_generation = (unsigned)ep->vcenter->vmca->roots_len - 1;
    return true;
}

static bool do_replace(struct lab_endpoint *ep, const struct change *c, struct err *e)
{
    ep->rekeyed++;
    return do_reissue(ep, c, e);
}

static bool do_issuer(struct lab_endpoint *ep, const struct change *c, struct err *e)
{
    ep->issuer = (int)c->value;
    return do_replace(ep, c, e);
}

static bool do_rotate(struct lab_endpoint *ep, const struct change *c, struct err *e)
{
    return lab_root_add(ep->estate, ep->vcenter->vmca, c->at, e);
}

static bool do_retire(struct lab_endpoint *ep, const struct change *c UNUSED, struct err *e UNUSED)
{
    ep->vcenter->vmca->retired = ep->vcenter->vmca->roots_len - 1;
    return true;
}

static bool do_password(struct lab_endpoint *ep, const struct change *c, struct err *e)
{
    if (!c->text || !c->text[0] || !text_copy(ep->vcenter->password, LAB_NAME, c->text))
        return err_set(e, ERR_INPUT, "a password has 1 to %d bytes", LAB_NAME - 1);
    ep->vcenter->wrong = 0;
    return true;
}

/* The change itself, the same now and at every restart. */
static bool apply(struct lab_estate *s, const struct change *c, struct err *e)
{
    static const struct {
        const char *what;
        bool (*run)(struct lab_endpoint *ep, const struct change *c, struct err *e);
    } known[] = { { "faults", do_faults }, { "replace", do_replace }, { "reissue", do_reissue }, { "issuer", do_issuer },
                  { "rotate", do_rotate }, { "retire", do_retire }, { "password", do_password } };
    struct lab_endpoint *ep = lab_endpoint_named(s, c->target);
    if (!ep)
        return err_set(e, ERR_NOT_FOUND, "nothing in the estate is called %s", c->target);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i].what, c->what) != 0)
            continue;
        if (!known[i].run(ep, c, e))
            return false;
        touch(ep);
        return true;
    }
    return err_set(e, ERR_INPUT, "no such change: %s", c->what);
}

static bool write_line(struct lab_estate *s, const struct change *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = json_pack("{s:s, s:s, s:I, s:I, s:s*}", "what", c->what, "target", c->target,
        "value", (json_int_t)c->value, "at", (json_int_t)c->at, "text", c->text);
    struct buf b;
    buf_init(&b, LAB_FILE_MAX);
    bool ok = line && wire_json_write(&b, line, e) && buf_puts(&b, "\n", e) &&
              lab_keep_append(s->dir, "journal", b.data, b.len, e);
    buf_done(&b);
    return ok;
}

static bool change(struct lab_estate *s, const struct change *c, struct err *e)
{
    return write_line(s, c, e) && apply(s, c, e);
}

bool lab_set_faults(struct lab_endpoint *ep, unsigned bits, struct err *e)
{
    return change(ep->estate, &(struct change){ .what = "faults", .target = ep->name, .value = bits }, e);
}

bool lab_replace(struct lab_endpoint *ep, int64_t now, struct err *e)
{
    return change(ep->estate, &(struct change){ .what = "replace", .target = ep->name, .at = now }, e);
}

bool lab_set_issuer(struct lab_endpoint *ep, enum lab_endpoint_cert issuer, int64_t now, struct err *e)
{
    if (ep->kind == LAB_HOST)
        return err_set(e, ERR_INPUT, "who signs a host's certificate is a matter of its faults");
    return change(ep->estate, &(struct change){ .what = "issuer", .target = ep->name, .value = issuer, .at = now }, e);
}

bool lab_reissue(struct lab_endpoint *ep, int64_t now, struct err *e)
{
    return change(ep->estate, &(struct change){ .what = "reissue", .target = ep->name, .at = now }, e);
}

bool lab_set_password(struct lab_vcenter *vc, const char *password, struct err *e)
{
    if (!password[0] || strlen(password) >= sizeof(vc->password))
        return err_set(e, ERR_INPUT, "a password has 1 to %zu bytes", sizeof(vc->password) - 1);
    return change(vc->at.estate, &(struct change){ .what = "password", .target = vc->at.name, .text = password }, e);
}

bool lab_retire(struct lab_vcenter *vc, struct err *e)
{
    const struct lab_estate *s = vc->at.estate;
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter *it = &s->vcenters[i];
        for (size_t j = 0; it->vmca == vc->vmca && j < it->hosts_len; j++)
            if (it->hosts[j].at.ca_generation + 1 < vc->vmca->roots_len)
                return err_set(e, ERR_CONFLICT, "%s still has a certificate of an older root: renew %s first",
                               it->hosts[j].at.name, it->plan->name);
    }
    return change(vc->at.estate, &(struct change){ .what = "retire", .target = vc->at.name }, e);
}

bool lab_rotate(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    if (vc->vmca->roots_len == LAB_ROOTS_MAX)
        return err_set(e, ERR_LIMIT, "the VMCA of %s was regenerated %d times already", vc->at.name, LAB_ROOTS_MAX - 1);
    return change(vc->at.estate, &(struct change){ .what = "rotate", .target = vc->at.name, .at = now }, e);
}

/* One line of the journal. first: it says when the estate was born and with which marks. */
static bool take_line(struct lab_estate *s, const char *text, size_t len, bool first, bool replay, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = NULL;
    struct change c = { .text = NULL };
    json_int_t value, at;
    if (!wire_json_read(text, len, NULL, &line, e))
        return false;
    if (json_unpack(line, "{s:s, s:s, s:I, s:I, s?s}", "what", &c.what, "target", &c.target, "value", &value, "at", &at,
                    "text", &c.text) != 0)
        return err_set(e, ERR_STORE, "a line of the journal lacks something");
    c.value = (uint64_t)value;
    c.at = at;
    if (!first)
        return !replay || apply(s, &c, e);
    if (strcmp(c.what, "born") != 0)
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
    /* What was cut off while it was written must not become the beginning of the next line. */
    size_t whole = b.len;
    while (whole && b.data[whole - 1] != '\n')
        whole--;
    *ret_found = whole > 0;
    if (ok && whole < b.len)
        ok = lab_keep_write(s->dir, "journal", b.data, whole, 0600, e);
    if (!b.len && !ok && e)
        *e = why;
    buf_done(&b);
    return ok;
}

bool lab_journal_begin(struct lab_estate *s, struct err *e)
{
    bool found;
    if (!read_journal(s, false, &found, e))
        return false;
    const struct change born = { .what = "born", .target = "estate", .value = s->mark, .at = s->born };
    return found || write_line(s, &born, e);
}

bool lab_journal_replay(struct lab_estate *s, struct err *e)
{
    bool found;
    return read_journal(s, true, &found, e);
}
