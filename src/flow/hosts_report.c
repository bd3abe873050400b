/* What the hosts' rows mean: decided again, sorted into classes, counted, and said in a sentence. No host is asked here. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/change.h"
#include "flow/hosts.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "store/endpoint.h"
#include "trust/cert.h"
#include "trust/proofs.h"
#include "trust/set.h"
#include "wire/json.h"

const char *host_class_name(enum host_class c)
{
    static const char *const names[HOST_CLASSES] = {
        [HOST_VMCA] = "vmca", [HOST_OTHER_CA] = "other-ca", [HOST_SELF_SIGNED] = "self-signed",
        [HOST_INSTALLER] = "installer", [HOST_EXPIRED] = "expired", [HOST_MISNAMED] = "misnamed",
        [HOST_UNREACHABLE] = "unreachable", [HOST_NO_EVIDENCE] = "no-evidence",
    };
    return names[c];
}

const char *host_class_text(enum host_class c)
{
    static const char *const texts[HOST_CLASSES] = {
        [HOST_VMCA] = "is signed by the VMCA, which is not trusted",
        [HOST_OTHER_CA] = "is signed by another CA, to be imported by hand",
        [HOST_SELF_SIGNED] = "signed itself",
        [HOST_INSTALLER] = "still has the certificate of its installation",
        [HOST_EXPIRED] = "presents a certificate that is not valid now",
        [HOST_MISNAMED] = "presents a certificate with other names",
        [HOST_UNREACHABLE] = "can't be reached",
        [HOST_NO_EVIDENCE] = "was not looked at",
    };
    return texts[c];
}

/* The same of several. */
static const char *class_text_of_many(enum host_class c)
{
    static const char *const texts[HOST_CLASSES] = {
        [HOST_VMCA] = "are signed by the VMCA, which is not trusted",
        [HOST_OTHER_CA] = "are signed by another CA, to be imported by hand",
        [HOST_SELF_SIGNED] = "signed themselves",
        [HOST_INSTALLER] = "still have the certificates of their installation",
        [HOST_EXPIRED] = "present certificates that are not valid now",
        [HOST_MISNAMED] = "present certificates with other names",
        [HOST_UNREACHABLE] = "can't be reached",
        [HOST_NO_EVIDENCE] = "were not looked at",
    };
    return texts[c];
}

/* ---- classes ---- */

bool hosts_leads_to(const struct host_row *r, const struct trust_cert *ca)
{
    for (size_t i = 0; r->seen && r->verdict.ok && i < r->verdict.path_len; i++) /* proved already */
        if (memcmp(r->verdict.path[i], trust_cert_sha256(ca), DIGEST_SHA256) == 0)
            return true;
    for (size_t i = 0; i < r->certs_len; i++) {
        if (memcmp(trust_cert_sha256(r->certs[i]), trust_cert_sha256(ca), DIGEST_SHA256) == 0 ||
            trust_proofs_issued_by(r->proofs, r->certs[i], ca))
            return true;
        if (i + 1 < r->certs_len && !trust_proofs_issued_by(r->proofs, r->certs[i], r->certs[i + 1]))
            return false;
    }
    return false;
}

size_t hosts_led_by(const struct hosts_report *r, const struct trust_cert *ca)
{
    size_t n = 0;
    for (size_t i = 0; i < r->len; i++)
        n += r->rows[i].seen && hosts_leads_to(&r->rows[i], ca);
    return n;
}

static bool by_installer(const struct trust_cert *leaf)
{
    char issuer[TRUST_TEXT_MAX];
    trust_cert_issuer(leaf, issuer, sizeof(issuer));
    return strstr(issuer, "VMware Installer");
}

static enum host_class class_of(const struct host_row *r, const struct trust_cert *vmca, int64_t now)
{
    if (!r->seen)
        return r->err.kind == ERR_CANCELLED ? HOST_NO_EVIDENCE : HOST_UNREACHABLE;
    const struct trust_cert *leaf = r->certs[0];
    if (trust_cert_not_after(leaf) < now || trust_cert_not_before(leaf) > now)
        return HOST_EXPIRED;
    if (r->verdict.rule == TRUST_NAME_MISMATCH || r->verdict.rule == TRUST_NO_NAME)
        return HOST_MISNAMED;
    if (vmca && hosts_leads_to(r, vmca))
        return HOST_VMCA;
    if (by_installer(leaf))
        return HOST_INSTALLER;
    return trust_cert_self_issued(leaf) ? HOST_SELF_SIGNED : HOST_OTHER_CA;
}

void hosts_classify(struct hosts_report *r, const struct trust_cert *vmca, int64_t now)
{
    memset(r->classes, 0, sizeof(r->classes));
    r->verified = 0;
    for (size_t i = 0; i < r->len; i++) {
        r->rows[i].class = class_of(&r->rows[i], vmca, now);
        r->classes[r->rows[i].class]++;
        r->verified += r->rows[i].seen && r->rows[i].verdict.ok;
    }
}

void hosts_decide(const struct site *site, const char *vcenter, bool names_off, struct hosts_report *r)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    int64_t now = clock_wall_ms() / 1000;
    r->verified = 0;
    for (size_t i = 0; i < r->len; i++) {
        struct host_row *h = &r->rows[i];
        h->proofs = site->proofs;
        if (h->certs_len == 0)
            continue;
        const struct trust_question q = {
            .chain = h->certs, .chain_len = h->certs_len, .names = h->names, .names_len = h->names_len,
            .names_mode = names_off ? TRUST_NAMES_OFF : TRUST_NAMES_CHECK,
            .behalf = { TRUST_FOR_ESXI, h->port, vcenter, h->dialled },
            .purpose = TRUST_PURPOSE_SERVER, .crl_mode = look_crl_mode(site), .now = now, .policy = look_policy(site),
            .proofs = site->proofs,
        };
        trust_decide(set, &q, &h->verdict);
        r->verified += h->seen && h->verdict.ok;
    }
}

/* ---- from what is kept ---- */

enum { ISSUERS_HELD = 8 };

struct reading {
    const char *vcenter, *only; /* only: one key; NULL = all */
    struct hosts_report *report;
    size_t cap, rows;
    const char *last;
    /* What was sent behind leaves, decoded once: most hosts of a vCenter send the same. References. */
    struct trust_cert *issuers[ISSUERS_HELD];
    size_t issuers_len;
};

static struct host_row *new_row(struct reading *g)
{
    struct hosts_report *r = g->report;
    r->rows = arena_room(&r->arena, r->rows, r->len, &g->cap, sizeof(*r->rows));
    return &r->rows[r->len++];
}

static const char *id_of(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash ? slash + 1 : key;
}

static bool read_cert(struct reading *g, const struct store_chain_cert *from, bool leaf, const struct trust_cert **ret, struct err *e)
{
    struct trust_cert *c;
    for (size_t i = 0; !leaf && i < g->issuers_len; i++) {
        size_t len;
        const uint8_t *der = trust_cert_der(g->issuers[i], &len);
        if (len == from->len && memcmp(der, from->der, len) == 0) {
            *ret = trust_cert_ref(g->issuers[i]);
            return true;
        }
    }
    if (!trust_cert_parse(from->der, from->len, &c, e))
        return false;
    if (!leaf && g->issuers_len < ISSUERS_HELD)
        g->issuers[g->issuers_len++] = trust_cert_ref(c);
    *ret = c;
    return true;
}

static bool read_chain(struct reading *g, const struct store_endpoint *ep, struct host_row *r, struct err *e)
{
    r->certs = arena_array(&g->report->arena, ep->chain_len + 1, sizeof(*r->certs));
    for (; r->certs_len < ep->chain_len; r->certs_len++)
        if (!read_cert(g, &ep->chain[r->certs_len], r->certs_len == 0, &r->certs[r->certs_len], e))
            return err_in(e, "what %s presented", r->name);
    return true;
}

static bool on_endpoint(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct reading *g = self;
    struct arena *a = &g->report->arena;
    g->rows++;
    g->last = arena_strdup(a, ep->key);
    if (ep->kind != TRUST_FOR_ESXI)
        return true;
    struct host_row *r = new_row(g);
    const char **names = arena_array(a, ep->names_len + 1, sizeof(*names));
    for (size_t i = 0; i < ep->names_len; i++)
        names[i] = arena_strdup(a, ep->names[i]);
    *r = (struct host_row){ .key = g->last, .id = id_of(g->last), .port = ep->port, .names = names, .names_len = ep->names_len,
                            .seen = true, .kept = true, .seen_ms = ep->seen_ms, .dialled = arena_strdup(a, ep->host) };
    r->name = ep->names_len ? names[0] : r->dialled;
    if (ep->seen_ms > g->report->at_ms)
        g->report->at_ms = ep->seen_ms;
    return read_chain(g, ep, r, e);
}

/* Who was not seen at the last look is named in the trust record (flow/vmca.c): no row of the store without a chain. */
static void read_unseen(struct reading *g, const char *record)
{
    json_t *root = NULL, *one;
    struct err none;
    size_t i;
    if (!*record || !wire_json_read(record, strlen(record), NULL, &root, &none))
        return;
    json_array_foreach(json_object_get(root, "unseen"), i, one) {
        const char *key = json_string_value(json_object_get(one, "key")), *name = json_string_value(json_object_get(one, "name"));
        const char *why = json_string_value(json_object_get(one, "why"));
        struct host_row *r = NULL;
        if (!key || !name || !why)
            continue;
        for (size_t k = 0; k < g->report->len && !r; k++)
            if (strcmp(g->report->rows[k].key, key) == 0)
                r = &g->report->rows[k];
        if (!r) {
            r = new_row(g);
            *r = (struct host_row){ .key = arena_strdup(&g->report->arena, key), .name = arena_strdup(&g->report->arena, name) };
            r->dialled = r->name;
            r->id = id_of(r->key);
        }
        r->seen = false;
        (void)err_set(&r->err, json_is_true(json_object_get(one, "tried")) ? ERR_PEER : ERR_CANCELLED, "%s", why);
    }
    json_decref(root);
}

static bool read_kept(void *self, struct store *s, struct err *e)
{
    struct reading *g = self;
    struct store_endpoint_query q = { .urn = g->vcenter };
    struct vcenter v;
    do {
        g->rows = 0;
        if (!store_endpoint_list(s, &q, on_endpoint, g, e))
            return false;
        q.after = g->last;
    } while (g->rows == STORE_PAGE_MAX);
    if (!vcenter_get(s, g->vcenter, &g->report->arena, &v, e))
        return false;
    read_unseen(g, v.trust ? v.trust : "");
    return true;
}

static bool read_one(void *self, struct store *s, struct err *e)
{
    struct reading *g = self;
    struct store_endpoint ep;
    struct err none;
    if (!store_endpoint_get(s, g->only, &g->report->arena, &ep, &none))
        return none.kind == ERR_NOT_FOUND || err_set(e, none.kind, "%s", none.msg);
    return on_endpoint(g, &ep, e);
}

static bool kept(const struct site *site, struct reading *g, bool names_off, struct err *e)
{
    bool ok = change_read(site, g->only ? read_one : read_kept, g, e);
    for (size_t i = 0; i < g->issuers_len; i++)
        (void)trust_cert_unref(g->issuers[i]);
    if (!ok) {
        hosts_report_done(g->report);
        return false;
    }
    hosts_decide(site, g->vcenter, names_off, g->report);
    hosts_classify(g->report, NULL, clock_wall_ms() / 1000);
    return true;
}

bool hosts_kept(const struct site *site, const char *vcenter, bool names_off, struct hosts_report *ret, struct err *e)
{
    return kept(site, &(struct reading){ .vcenter = vcenter, .report = ret }, names_off, e);
}

bool hosts_kept_one(const struct site *site, const char *vcenter, bool names_off, const char *key, struct hosts_report *ret,
                    struct err *e)
{
    return kept(site, &(struct reading){ .vcenter = vcenter, .only = key, .report = ret }, names_off, e);
}

/* ---- the sentence ---- */

struct sentence {
    char *out;
    size_t at;
};

static void say(struct sentence *t, const char *fmt, ...) PRINTF(2, 3);
static void say(struct sentence *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(t->out + t->at, HOSTS_TEXT_MAX - t->at, fmt, args);
    va_end(args);
    t->at = n < 0 || t->at + (size_t)n >= HOSTS_TEXT_MAX ? HOSTS_TEXT_MAX - 1 : t->at + (size_t)n;
}

/* Refused for what has nothing to do with who signed it. */
static bool other_reason(const struct host_row *r)
{
    const enum trust_rule rule = r->verdict.rule;
    return r->seen && (r->class == HOST_VMCA || r->class == HOST_OTHER_CA) && rule != TRUST_UNKNOWN_ISSUER &&
           rule != TRUST_OUT_OF_SCOPE && rule != TRUST_SELF_SIGNED;
}

static bool counts_as(const struct host_row *r, enum host_class c, bool other)
{
    return !(r->seen && r->verdict.ok) && (other ? other_reason(r) : r->class == c && !other_reason(r));
}

static bool say_class(struct sentence *t, const struct hosts_report *r, enum host_class c, bool other, bool first)
{
    const char *rule = "";
    size_t n = 0;
    for (size_t i = 0; i < r->len; i++)
        if (counts_as(&r->rows[i], c, other)) {
            n++;
            rule = trust_rule_code(r->rows[i].verdict.rule);
        }
    if (n == 0)
        return false;
    say(t, "%s%zu ", first ? "" : " and ", n);
    if (other)
        say(t, "%s refused by the rule %s (", n == 1 ? "is" : "are", rule);
    else
        say(t, "%s (", n == 1 ? host_class_text(c) : class_text_of_many(c));
    size_t shown = 0;
    for (size_t i = 0; i < r->len && shown < HOSTS_NAMES_SHOWN; i++)
        if (counts_as(&r->rows[i], c, other))
            say(t, "%s%s", shown++ ? ", " : "", r->rows[i].name);
    say(t, n > shown ? ", ..)" : ")");
    return true;
}

void hosts_text(const struct hosts_report *r, char out[HOSTS_TEXT_MAX])
{
    struct sentence t = { .out = out };
    bool first = true;
    out[0] = '\0';
    if (r->len == 0) {
        say(&t, "the vCenter lists no hosts");
        return;
    }
    say(&t, "%zu of %zu hosts verified now", r->verified, r->len);
    if (r->verified == r->len)
        return;
    say(&t, "; %zu not, because ", r->len - r->verified);
    for (int c = 0; c < HOST_CLASSES; c++)
        first &= !say_class(&t, r, (enum host_class)c, false, first);
    (void)say_class(&t, r, HOST_VMCA, true, first);
}
