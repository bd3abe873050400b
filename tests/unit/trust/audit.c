/* The audit's replay: whose grant is needed, spare, unproven or unneeded, and what a change would break. */
#include "trust/audit.h"

#include "base/arena.h"
#include "trust/cert.h"
#include "trust/change.h"
#include "unit/trust/ask.h"

enum { MANY = 12 };

#define VC "urn:vcloud:vimserver:1"

struct endpoint {
    const struct mint_made *chain[4];
    const char *host; /* NULL: no name is asked for */
    enum trust_behalf_kind kind;
    bool unknown, kept; /* kept: known, and not looked at now */
    enum trust_names_mode mode;
    enum trust_crl_mode crl_mode;
    const char *org;
};

static struct endpoint seen(enum trust_behalf_kind kind, const char *host, const struct mint_made *leaf, const struct mint_made *issuer)
{
    return (struct endpoint){ .chain = { leaf, issuer }, .host = host, .kind = kind };
}

struct granted {
    const struct mint_made *cert;
    const char *scope; /* NULL = any */
    const char *org;
    enum trust_audit_state want;
    enum trust_audit_reason why;
};

/* Anchors with the state that each must have, and the endpoints from which that follows. */
struct estate {
    struct granted grants[MANY];
    struct endpoint endpoints[MANY];
    const struct mint_made *crl;
    int64_t now; /* 0 = MINT_NOW */
};

struct built {
    struct trust_set *set;
    struct trust_cert *certs[MANY][4];
    struct trust_replay_case cases[MANY];
    size_t len;
};

static void scope_of(const char *text, struct trust_scope *ret)
{
    struct err e;
    CHECK_OK(trust_scope_parse(text ? text : "any", ret, &e), &e);
}

static void build(const struct estate *t, struct built *b)
{
    struct trust_row rows[MANY] = { 0 };
    const struct trust_crl_row crl = { .der = t->crl ? t->crl->der : NULL, .len = t->crl ? t->crl->len : 0 };
    struct trust_rows all = { .anchors = rows, .crls = &crl, .crls_len = t->crl ? 1 : 0 };
    struct err e;
    *b = (struct built){ 0 };
    for (; all.anchors_len < MANY && t->grants[all.anchors_len].cert; all.anchors_len++) {
        const struct granted *g = &t->grants[all.anchors_len];
        rows[all.anchors_len] = (struct trust_row){ .der = g->cert->der, .len = g->cert->len, .system = !g->org, .org = g->org };
        scope_of(g->scope, &rows[all.anchors_len].scope);
    }
    b->set = trust_set_create(&all, NULL);
    for (; b->len < MANY && (t->endpoints[b->len].chain[0] || t->endpoints[b->len].host); b->len++) {
        const struct endpoint *x = &t->endpoints[b->len];
        struct trust_question *q = &b->cases[b->len].q;
        for (; q->chain_len < 4 && x->chain[q->chain_len]; q->chain_len++)
            CHECK_OK(trust_cert_parse(x->chain[q->chain_len]->der, x->chain[q->chain_len]->len, &b->certs[b->len][q->chain_len], &e), &e);
        q->chain = (const struct trust_cert *const *)b->certs[b->len];
        q->names = &t->endpoints[b->len].host;
        q->names_len = x->host ? 1 : 0;
        q->names_mode = x->host ? x->mode : TRUST_NAMES_NONE;
        q->crl_mode = x->crl_mode;
        q->org = x->org;
        q->behalf = (struct trust_behalf){ x->kind, 443, x->kind == TRUST_FOR_ADDRESS ? NULL : VC, x->host ? x->host : "x" };
        q->now = t->now ? t->now : MINT_NOW;
        b->cases[b->len].known = !x->unknown;
        b->cases[b->len].looked = !x->unknown && !x->kept;
    }
}

static void build_done(struct built *b)
{
    for (size_t i = 0; i < b->len; i++)
        for (size_t k = 0; k < 4; k++)
            (void)trust_cert_unref(b->certs[i][k]);
    (void)trust_set_unref(b->set);
}

/* The row of the audit that is of this grant. */
static const struct trust_audit_grant *row_of(const struct trust_audit *r, const struct granted *g)
{
    uint8_t digest[DIGEST_SHA256];
    struct trust_scope scope;
    digest_sha256(g->cert->der, g->cert->len, digest);
    scope_of(g->scope, &scope);
    for (size_t i = 0; i < r->grants_len; i++)
        if (memcmp(trust_cert_sha256(r->grants[i].cert), digest, DIGEST_SHA256) == 0 && trust_scope_same(&scope, r->grants[i].scope))
            return &r->grants[i];
    return NULL;
}

/* What is unneeded is taken away, all at once: nobody who was believed is refused then. */
static void remove_unneeded(const struct built *b, const struct trust_audit *r)
{
    struct trust_change changes[MANY];
    struct trust_replay_result then[MANY];
    size_t n = 0;
    for (size_t i = 0; i < r->grants_len; i++)
        if (r->grants[i].state == TRUST_AUDIT_UNNEEDED)
            changes[n++] = (struct trust_change){ .kind = TRUST_CHANGE_REMOVE, .sha256 = trust_cert_sha256(r->grants[i].cert),
                                                  .scope = r->grants[i].scope };
    CHECK_EQ(n, r->unneeded);
    AUTO(trust_set_unrefp) struct trust_set *less = trust_set_changed(b->set, changes, n);
    trust_replay(less, b->cases, b->len, then);
    for (size_t i = 0; i < b->len; i++)
        CHECK_EQ(then[i].rule, r->results[i].rule);
}

static void audit_is(int line, const struct estate *t)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct built b;
    struct trust_audit r;
    build(t, &b);
    trust_audit(b.set, b.cases, b.len, t->now ? t->now : MINT_NOW, &a, &r);
    for (size_t i = 0; i < MANY && t->grants[i].cert; i++) {
        const struct granted *g = &t->grants[i];
        const struct trust_audit_grant *row = row_of(&r, g);
        if (g->org)
            CHECK(!row);
        else if (!row || row->state != g->want || row->reason != g->why)
            fail_msg("line %d: grant %zu is %s (reason %d), not %s (%d)", line, i, row ? trust_audit_state_name(row->state) : "gone",
                     row ? (int)row->reason : -1, trust_audit_state_name(g->want), (int)g->why);
    }
    remove_unneeded(&b, &r);
    build_done(&b);
}
#define AUDIT(granted, ...) audit_is(__LINE__, &(struct estate){ .grants = granted, .endpoints = __VA_ARGS__ })

#define NEEDED TRUST_AUDIT_NEEDED, TRUST_AUDIT_CARRIES
#define SPARE TRUST_AUDIT_SPARE, TRUST_AUDIT_COVERED
#define UNNEEDED TRUST_AUDIT_UNNEEDED, TRUST_AUDIT_UNUSED
#define UNPROVEN(why) TRUST_AUDIT_UNPROVEN, TRUST_AUDIT_##why
#define HOSTS "vcenter:" VC "/hosts"
#define ENDPOINT "vcenter:" VC "/endpoint"

/* An estate as the article has it: the endpoint by an enterprise CA, the hosts by the VMCA. */
struct cast {
    struct mint *mint; /* owned */
    const struct mint_made *ca, *vmca, *other, *vc, *esx1, *esx2;
};

static struct cast cast_create(void)
{
    struct mint *m = mint_create();
    struct cast c = { .mint = m, .ca = mint_root(m, "/CN=Enterprise", 1), .vmca = mint_root(m, "/CN=CA/O=vc1", 2),
                      .other = mint_root(m, "/CN=Other", 3) };
    c.vc = mint_leaf(m, c.ca, "/CN=vc1", 4, "DNS:vc1.example");
    c.esx1 = mint_leaf(m, c.vmca, "/CN=esx1", 5, "DNS:esx1.example");
    c.esx2 = mint_leaf(m, c.vmca, "/CN=esx2", 6, "DNS:esx2.example");
    return c;
}

static void four_states_S12(void **state)
{
    (void)state;
    struct cast c = cast_create();
    const struct endpoint vc = seen(TRUST_FOR_VCENTER, "vc1.example", c.vc, NULL), esx1 = seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL),
                          esx2 = seen(TRUST_FOR_ESXI, "esx2.example", c.esx2, NULL);
    struct endpoint down = esx2, never = { .host = "esx3.example", .kind = TRUST_FOR_ESXI }, kept = esx2, alone = esx1;
    down.unknown = kept.kept = alone.unknown = true;
    AUDIT(LIST({ c.ca, ENDPOINT, NULL, NEEDED }, { c.vmca, HOSTS, NULL, NEEDED }, { c.other, NULL, NULL, UNNEEDED }), LIST(vc, esx1, esx2));
    /* A host that is down: the others speak for the VMCA; nobody speaks for what could be the one of the host. */
    AUDIT(LIST({ c.vmca, HOSTS, NULL, NEEDED }, { c.other, NULL, NULL, UNPROVEN(UNSEEN) }, { c.ca, ENDPOINT, NULL, NEEDED }),
          LIST(vc, esx1, down));
    AUDIT(LIST({ c.vmca, HOSTS, NULL, UNPROVEN(UNSEEN) }), LIST(alone));
    AUDIT(LIST({ c.vmca, HOSTS, NULL, NEEDED }, { c.other, HOSTS, NULL, UNPROVEN(UNSEEN) }), LIST(esx1, never));
    /* From what is kept alone nothing is unneeded. */
    AUDIT(LIST({ c.vmca, HOSTS, NULL, NEEDED }, { c.other, HOSTS, NULL, UNPROVEN(NOT_LOOKED) }), LIST(esx1, kept));
    /* Another vCenter's down host is no concern of a grant that doesn't speak of it. */
    AUDIT(LIST({ c.other, ENDPOINT, NULL, UNNEEDED }, { c.ca, NULL, NULL, NEEDED }), LIST(vc, down));
    AUDIT(LIST({ c.other, NULL, NULL, UNPROVEN(NOBODY) }), LIST({ .host = NULL }));
    AUDIT(LIST({ c.other, "nsx:urn:vcloud:nsxtmanager:1", NULL, UNPROVEN(NOBODY) }), LIST(vc));
    (void)mint_destroy(c.mint);
}

static void covers_are_never_unneeded_S12(void **state)
{
    (void)state;
    struct cast c = cast_create();
    struct mint *m = c.mint;
    const struct mint_made *issuing = mint_ca(m, c.ca, "/CN=Issuing", 10, -1), *leaf = mint_leaf(m, issuing, "/CN=vc1", 11, "DNS:vc1.example");
    const struct endpoint vc = seen(TRUST_FOR_VCENTER, "vc1.example", leaf, issuing), bare = seen(TRUST_FOR_VCENTER, "vc1.example", leaf, NULL),
                          esx1 = seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL);
    /* Root, issuing CA and pin: three that cover each other. Where the peer sends the leaf alone, the root is none of them. */
    AUDIT(LIST({ c.ca, NULL, NULL, SPARE }, { issuing, NULL, NULL, SPARE }, { leaf, NULL, NULL, SPARE }), LIST(vc));
    AUDIT(LIST({ c.ca, NULL, NULL, UNNEEDED }, { issuing, NULL, NULL, NEEDED }), LIST(bare));
    /* The same certificate, twice granted. */
    AUDIT(LIST({ c.vmca, NULL, NULL, SPARE }, { c.vmca, HOSTS, NULL, SPARE }), LIST(esx1));
    AUDIT(LIST({ c.vmca, NULL, NULL, UNNEEDED }, { c.vmca, HOSTS, NULL, UNPROVEN(NOBODY) }, { c.ca, ENDPOINT, NULL, NEEDED }),
          LIST(seen(TRUST_FOR_VCENTER, "vc1.example", c.vc, NULL)));
    (void)mint_destroy(m);
}

static void cross_signed(void **state)
{
    (void)state;
    struct cast c = cast_create();
    struct mint *m = c.mint;
    /* One key, signed by itself and by another root: the leaf has two ways up. */
    const struct mint_made *self = mint_root(m, "/CN=Bridge", 12), *cross = mint_ca(m, c.other, "/CN=Bridge", 12, -1),
                           *leaf = mint_leaf(m, self, "/CN=vc1", 13, "DNS:vc1.example");
    const struct endpoint sent = seen(TRUST_FOR_VCENTER, "vc1.example", leaf, cross), alone = seen(TRUST_FOR_VCENTER, "vc1.example", leaf, NULL);
    AUDIT(LIST({ self, NULL, NULL, SPARE }, { c.other, NULL, NULL, SPARE }), LIST(sent));
    AUDIT(LIST({ self, NULL, NULL, NEEDED }, { c.other, NULL, NULL, UNNEEDED }), LIST(alone));
    AUDIT(LIST({ self, NULL, NULL, NEEDED }, { c.other, NULL, NULL, SPARE }), LIST(alone, sent));
    (void)mint_destroy(m);
}

static void regenerated_vmca_S12(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_cert young = { .subject = "/CN=CA/O=vc1", .key = 3, .not_before = MINT_NOW - MINT_DAY,
                                     .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN | MINT_KU_CRL_SIGN), MINT_SKI) };
    const struct mint_made *old = mint_root(m, "/CN=CA/O=vc1", 2), *new = mint_cert(m, &young);
    const struct endpoint one = seen(TRUST_FOR_ESXI, "esx1.example", mint_leaf(m, old, "/CN=esx1", 5, "DNS:esx1.example"), NULL),
                          two = seen(TRUST_FOR_ESXI, "esx2.example", mint_leaf(m, old, "/CN=esx2", 6, "DNS:esx2.example"), NULL),
                          one_renewed = seen(TRUST_FOR_ESXI, "esx1.example", mint_leaf(m, new, "/CN=esx1", 7, "DNS:esx1.example"), NULL),
                          two_renewed = seen(TRUST_FOR_ESXI, "esx2.example", mint_leaf(m, new, "/CN=esx2", 8, "DNS:esx2.example"), NULL);
    /* Before the hosts are renewed the new root carries nothing, and yet it must not go. */
    AUDIT(LIST({ old, HOSTS, NULL, NEEDED }, { new, HOSTS, NULL, UNPROVEN(SUCCESSOR) }), LIST(one, two));
    AUDIT(LIST({ old, HOSTS, NULL, NEEDED }, { new, HOSTS, NULL, NEEDED }), LIST(one_renewed, two));
    AUDIT(LIST({ old, HOSTS, NULL, UNNEEDED }, { new, HOSTS, NULL, NEEDED }), LIST(one_renewed, two_renewed));
    /* What is granted elsewhere succeeds nobody here. */
    AUDIT(LIST({ old, HOSTS, NULL, NEEDED }, { new, ENDPOINT, NULL, UNPROVEN(NOBODY) }), LIST(one, two));
}

static void scopes_names_and_owners(void **state)
{
    (void)state;
    struct cast c = cast_create();
    const struct endpoint vc = seen(TRUST_FOR_VCENTER, "vc1.example", c.vc, NULL), esx1 = seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL),
                          misnamed = seen(TRUST_FOR_ESXI, "esx9.example", c.esx1, NULL);
    struct endpoint off = vc, org = vc;
    off.mode = TRUST_NAMES_OFF;
    org.org = "urn:vcloud:org:1";
    /* With names off only what is granted for the endpoint alone will do: the wide grant covers nothing. */
    AUDIT(LIST({ c.ca, NULL, NULL, UNNEEDED }, { c.ca, ENDPOINT, NULL, NEEDED }), LIST(off));
    AUDIT(LIST({ c.ca, NULL, NULL, SPARE }, { c.ca, ENDPOINT, NULL, SPARE }), LIST(vc));
    /* A CA that doesn't vouch for hosts covers no host. */
    AUDIT(LIST({ c.vmca, ENDPOINT, NULL, UNNEEDED }, { c.vmca, HOSTS, NULL, NEEDED }), LIST(vc, esx1));
    /* An organization's grants are no business of this audit, and cover nothing. */
    AUDIT(LIST({ c.ca, NULL, NULL, NEEDED }, { c.other, NULL, "urn:vcloud:org:1", NEEDED }), LIST(vc));
    AUDIT(LIST({ c.ca, NULL, NULL, UNPROVEN(NOBODY) }), LIST(org));
    /* A host that answers under a wrong name comes back under its own. */
    AUDIT(LIST({ c.vmca, HOSTS, NULL, UNPROVEN(BROKEN) }, { c.other, HOSTS, NULL, UNNEEDED }), LIST(misnamed));
    (void)mint_destroy(c.mint);
}

static void time_and_revocation(void **state)
{
    (void)state;
    struct cast c = cast_create();
    struct mint *m = c.mint;
    const struct mint_made *past = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=Past", .key = 14, .not_before = MINT_NOW - 9 * MINT_DAY, .not_after = MINT_NOW - MINT_DAY,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI) });
    const struct mint_made *stale = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=esx1", .key = 15, .by = c.vmca, .not_before = MINT_NOW - 9 * MINT_DAY, .not_after = MINT_NOW - MINT_DAY,
        .exts = MINT_EXTS(mint_san(m, false, "DNS:esx1.example"), MINT_AKI) });
    const struct mint_made *revoked = mint_crl(m, &(struct mint_crl){ .by = c.vmca, .number = 1, MINT_REVOKED({ .cert = c.esx1 }) });
    const struct endpoint down = { .host = "esx3.example", .kind = TRUST_FOR_ESXI, .unknown = true },
                          expired = seen(TRUST_FOR_ESXI, "esx1.example", stale, NULL);
    struct endpoint esx1 = seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL), esx2 = seen(TRUST_FOR_ESXI, "esx2.example", c.esx2, NULL);
    /* An expired anchor carries nothing, whatever comes back. */
    AUDIT(LIST({ past, NULL, NULL, TRUST_AUDIT_UNNEEDED, TRUST_AUDIT_EXPIRED }, { c.vmca, NULL, NULL, UNPROVEN(UNSEEN) }), LIST(down));
    /* An expired host will be renewed by the same CA. */
    AUDIT(LIST({ c.vmca, HOSTS, NULL, UNPROVEN(BROKEN) }, { c.other, HOSTS, NULL, UNNEEDED }), LIST(expired));
    /* A revoked one needs nobody; who isn't revoked does. */
    esx1.crl_mode = esx2.crl_mode = TRUST_CRL_SOFT;
    AUDIT(LIST({ c.vmca, HOSTS, NULL, UNPROVEN(BROKEN) }), LIST(esx1), .crl = revoked);
    AUDIT(LIST({ c.vmca, HOSTS, NULL, NEEDED }), LIST(esx1, esx2), .crl = revoked);
    (void)mint_destroy(m);
}

static void links_name_the_cover_E2(void **state)
{
    (void)state;
    struct cast c = cast_create();
    AUTO(arena_done) struct arena a = { 0 };
    struct built b;
    struct trust_audit r;
    const struct estate t = { .grants = LIST({ .cert = c.vmca, .scope = HOSTS }, { .cert = c.vmca }),
                              .endpoints = LIST(seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL)) };
    build(&t, &b);
    trust_audit(b.set, b.cases, b.len, MINT_NOW, &a, &r);
    const struct trust_audit_grant *tight = row_of(&r, &t.grants[0]), *wide = row_of(&r, &t.grants[1]);
    CHECK_EQ(r.links_len, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct trust_audit_link *l = &r.links[i];
        bool is_tight = &r.grants[l->grant] == tight;
        CHECK_EQ(l->first, is_tight);
        CHECK_EQ(l->cover, is_tight ? (uint32_t)(wide - r.grants) : TRUST_AUDIT_NONE);
        CHECK(l->known);
    }
    CHECK_EQ(tight->carries, 1);
    CHECK_EQ(wide->carries, 0);
    CHECK_EQ(tight->needs + wide->needs, 0);
    build_done(&b);
    (void)mint_destroy(c.mint);
}

/* ---- what if ---- */

struct what_if {
    struct trust_change change;
    enum trust_rule vc, esx; /* of the endpoint, of the host, afterwards */
};

static void changes_are_replayed_E3(void **state)
{
    (void)state;
    struct cast c = cast_create();
    struct mint *m = c.mint;
    AUTO(trust_cert_unrefp) struct trust_cert *ca = NULL, *vmca = NULL, *other = NULL;
    struct err e;
    struct built b;
    struct trust_scope hosts, any;
    const struct estate t = { .grants = LIST({ .cert = c.ca }, { .cert = c.vmca, .scope = HOSTS }),
                              .endpoints = LIST(seen(TRUST_FOR_VCENTER, "vc1.example", c.vc, NULL), seen(TRUST_FOR_ESXI, "esx1.example", c.esx1, NULL)) };
    CHECK_OK(trust_cert_parse(c.ca->der, c.ca->len, &ca, &e), &e);
    CHECK_OK(trust_cert_parse(c.vmca->der, c.vmca->len, &vmca, &e), &e);
    CHECK_OK(trust_cert_parse(c.other->der, c.other->len, &other, &e), &e);
    scope_of(HOSTS, &hosts);
    scope_of("any", &any);
    const uint8_t *is_ca = trust_cert_sha256(ca), *is_vmca = trust_cert_sha256(vmca);
    const struct what_if table[] = {
        { { TRUST_CHANGE_REMOVE, is_ca, NULL, NULL, NULL, NULL }, TRUST_UNKNOWN_ISSUER, TRUST_OK },
        { { TRUST_CHANGE_REMOVE, is_ca, NULL, &hosts, NULL, NULL }, TRUST_OK, TRUST_OK }, /* no such grant */
        { { TRUST_CHANGE_REMOVE, is_ca, "urn:vcloud:org:1", NULL, NULL, NULL }, TRUST_OK, TRUST_OK }, /* not his */
        { { TRUST_CHANGE_REMOVE, is_vmca, NULL, &hosts, NULL, NULL }, TRUST_OK, TRUST_UNKNOWN_ISSUER },
        { { TRUST_CHANGE_SCOPE, is_ca, NULL, &any, &hosts, NULL }, TRUST_OUT_OF_SCOPE, TRUST_OK },
        { { TRUST_CHANGE_CERT, is_ca, NULL, NULL, NULL, other }, TRUST_UNKNOWN_ISSUER, TRUST_OK },
        { { TRUST_CHANGE_CERT, is_vmca, NULL, NULL, NULL, vmca }, TRUST_OK, TRUST_OK },
        { { TRUST_CHANGE_ADD, NULL, NULL, NULL, &any, other }, TRUST_OK, TRUST_OK },
    };
    build(&t, &b);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        AUTO(trust_set_unrefp) struct trust_set *then = trust_set_changed(b.set, &table[i].change, 1);
        struct trust_replay_result r[2];
        trust_replay(then, b.cases, 2, r);
        if (r[0].rule != table[i].vc || r[1].rule != table[i].esx)
            fail_msg("row %zu: %s and %s", i, trust_rule_code(r[0].rule), trust_rule_code(r[1].rule));
        trust_replay(b.set, b.cases, 2, r); /* the live set was never touched */
        CHECK(r[0].rule == TRUST_OK && r[1].rule == TRUST_OK);
    }
    (void)mint_destroy(m);
    build_done(&b);
}

static void unknown_is_never_safe_E3(void **state)
{
    (void)state;
    struct cast c = cast_create();
    struct built b;
    struct trust_replay_result r[3];
    const struct estate t = { .grants = LIST({ .cert = c.vmca }),
                              .endpoints = LIST({ .chain = { c.esx1 }, .host = "esx1.example", .kind = TRUST_FOR_ESXI, .unknown = true },
                                                { .host = "esx3.example", .kind = TRUST_FOR_ESXI },
                                                seen(TRUST_FOR_VCENTER, "vc1.example", c.vc, NULL)) };
    build(&t, &b);
    trust_replay(b.set, b.cases, 3, r);
    CHECK(r[0].state == TRUST_REPLAY_UNKNOWN && r[0].has_chain && r[0].rule == TRUST_OK);
    CHECK(r[1].state == TRUST_REPLAY_UNKNOWN && !r[1].has_chain);
    CHECK(r[2].state == TRUST_REPLAY_FAILS && r[2].rule == TRUST_UNKNOWN_ISSUER);
    build_done(&b);
    (void)mint_destroy(c.mint);
}

GROUP(trust_audit, cmocka_unit_test(four_states_S12), cmocka_unit_test(covers_are_never_unneeded_S12), cmocka_unit_test(cross_signed), cmocka_unit_test(regenerated_vmca_S12), cmocka_unit_test(scopes_names_and_owners), cmocka_unit_test(time_and_revocation), cmocka_unit_test(links_name_the_cover_E2), cmocka_unit_test(changes_are_replayed_E3), cmocka_unit_test(unknown_is_never_safe_E3))
