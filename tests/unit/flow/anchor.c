#include "flow/anchor.h"

#include "base/arena.h"
#include "base/buf.h"
#include "fixture/mint.h"
#include "flow/change.h"
#include "store/crl.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444"
#define ORG "urn:vcloud:org:55555555-5555-4555-8555-555555555555"

static struct trust_cert *cert_of(const struct mint_made *made)
{
    struct trust_cert *c;
    struct err e;
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    return c;
}

static struct trust_scope scope_of(const char *text)
{
    struct trust_scope s;
    struct err e;
    CHECK_OK(trust_scope_parse(text, &s, &e), &e);
    return s;
}

/* ---- PEM ---- */

static void one_certificate_is_taken_out_of_its_surroundings(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256), *b = mint_root(m, "/CN=B", MINT_P256 + 1);
    static const struct {
        const char *form; /* A, B: a certificate; a: A in one line; c: A with CRLF; i: A indented; k: a key; l: a CRL */
        bool ok;
    } cases[] = {
        { "A", true }, { "\nA", true }, { "subject=/CN=A\nA\nand some text", true }, { "a", true }, { "c", true },
        { "i", true }, { "text -- with ----- dashes\nA", true },
        { "", false }, { "nothing", false }, { "AB", false }, { "AA", false }, { "Ak", false }, { "kA", false },
        { "Al", false }, { "k", false }, { "l", false },
        { "-----BEGIN CERTIFICATE-----\nMIIB\n", false },
        { "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n", false },
        { "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", false },
        { "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text;
        struct err e = { 0 };
        struct trust_cert *cert = NULL;
        buf_init(&text, 1 << 20);
        for (const char *p = cases[i].form; *p; p++) {
            bool letter = (p == cases[i].form || p[-1] == '\n' || strchr("ABacikl", p[-1])) && strchr("ABacikl", *p) &&
                          (!p[1] || strchr("ABacikl\n", p[1]));
            const char *pem = *p == 'B' ? b->pem : a->pem;
            if (!letter)
                CHECK(buf_append(&text, p, 1, &e));
            else if (*p == 'k')
                CHECK(buf_puts(&text, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", &e));
            else if (*p == 'l')
                CHECK(buf_puts(&text, mint_crl(m, &(struct mint_crl){ .by = a })->pem, &e));
            else
                for (const char *q = pem; *q; q++) {
                    const char *put = *q != '\n' ? NULL : *p == 'a' ? " " : *p == 'c' ? "\r\n" : *p == 'i' ? "\n\t " : "\n";
                    CHECK(put ? buf_puts(&text, put, &e) : buf_append(&text, q, 1, &e));
                }
        }
        bool ok = anchor_read(buf_str(&text), text.len, &cert, &e);
        if (ok != cases[i].ok)
            fail_msg("case %zu \"%s\": %s", i, cases[i].form, ok ? "was taken" : e.msg);
        if (!ok)
            CHECK_EQ(e.kind, ERR_INPUT);
        else
            CHECK_STR(cases[i].form[0] == 'B' ? "" : "CN=A", ({ static char s[64]; trust_cert_subject(cert, s, 64); s; }));
        trust_cert_unref(cert);
        buf_done(&text);
    }
}

static void it_is_cut_anywhere_without_harm(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256);
    for (size_t len = 0, all = strlen(a->pem); len < all; len++) {
        struct trust_cert *cert = NULL;
        struct err e = { 0 };
        if (anchor_read(a->pem, len, &cert, &e)) {
            CHECK_EQ(len, all - 1); /* only the last line feed may be missing */
            trust_cert_unref(cert);
        } else {
            CHECK_EQ(e.kind, ERR_INPUT);
        }
    }
}

static void what_comes_back_is_normalised(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(arena_done) struct arena arena = { 0 };
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256);
    const char *pem;
    struct err e;
    CHECK_OK(anchor_write(a->der, a->len, &arena, &pem, &e), &e);
    CHECK_STR(pem, a->pem);
    for (const char *line = pem; *line; line += strcspn(line, "\n") + 1)
        CHECK(strcspn(line, "\n") <= 64);
    CHECK(!strchr(pem, '\r'));
}

/* ---- grants ---- */

static bool add(struct world *w, const char *owner, const char *alias, const char *scope, const struct mint_made *made,
                char id[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = cert_of(made);
    struct trust_scope s = scope_of(scope ? scope : "any");
    const struct anchor_new n = { owner, alias, scope ? &s : NULL, cert };
    return anchor_add(&w->site, &n, &kept_by, id, e);
}

static size_t live_anchors(struct world *w)
{
    AUTO(trust_set_unrefp) struct trust_set *s = trust_live_get(w->live);
    return trust_set_count(s);
}

static void a_grant_is_in_force_when_the_call_returns(void **state)
{
    struct world *w = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    AUTO(mint_destroyp) struct mint *m = mint_create();
    CHECK_OK(add(w, STORE_SYSTEM, "ca", NULL, mint_root(m, "/CN=A", MINT_P256), id, &e), &e);
    CHECK_EQ(live_anchors(w), 1);
    CHECK_OK(anchor_remove(&w->site, &w->admin, id, &kept_by, &e), &e);
    CHECK_EQ(live_anchors(w), 0);
    CHECK_FAILS(anchor_remove(&w->site, &w->admin, id, &kept_by, &e), &e, ERR_NOT_FOUND);
}

/* Product rule 2.3: a plain `any` goes beside narrower ones, and nothing goes beside an equal or a wider one. */
static void duplicates_are_measured_by_scope(void **state)
{
    struct world *w = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256), *b = mint_root(m, "/CN=B", MINT_P256 + 1);
    CHECK_OK(add(w, STORE_SYSTEM, "narrow", "vcenter:" VC "/hosts", a, id, &e), &e);
    CHECK_OK(add(w, STORE_SYSTEM, "plain", NULL, a, id, &e), &e);
    CHECK_FAILS(add(w, STORE_SYSTEM, "again", NULL, a, id, &e), &e, ERR_CONFLICT);
    CHECK_EQ(strncmp(e.msg, "Duplicate certificate", 21), 0);
    CHECK(strstr(e.msg, "plain") && strstr(e.msg, "any") && strstr(e.msg, "System"));
    CHECK_FAILS(add(w, STORE_SYSTEM, "narrower", "host:vc1.example:443", a, id, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(add(w, STORE_SYSTEM, "PLAIN", NULL, b, id, &e), &e, ERR_CONFLICT);
    CHECK_OK(add(w, ORG, "plain", NULL, a, id, &e), &e); /* another owner's business */
    CHECK_FAILS(add(w, ORG, "scoped", "vcenter:" VC, b, id, &e), &e, ERR_INPUT);
}

static void narrowing_is_easy_and_widening_is_said(void **state)
{
    struct world *w = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    AUTO(mint_destroyp) struct mint *m = mint_create();
    struct trust_scope hosts = scope_of("vcenter:" VC "/hosts"), both = scope_of("vcenter:" VC), any = scope_of("any");
    CHECK_OK(add(w, STORE_SYSTEM, "ca", NULL, mint_root(m, "/CN=A", MINT_P256), id, &e), &e);
    struct anchor_edit edit = { .scope = &both };
    CHECK_OK(anchor_change(&w->site, &w->admin, id, &edit, &kept_by, &e), &e);
    edit.scope = &hosts;
    CHECK_OK(anchor_change(&w->site, &w->admin, id, &edit, &kept_by, &e), &e);
    edit.scope = &both;
    CHECK_FAILS(anchor_change(&w->site, &w->admin, id, &edit, &kept_by, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, "widen"));
    edit.scope = &any;
    edit.widen = true;
    CHECK_OK(anchor_change(&w->site, &w->admin, id, &edit, &kept_by, &e), &e);
}

static void an_organization_sees_its_own_and_a_provider_everybodys(void **state)
{
    struct world *w = *state;
    struct err e;
    char theirs[STORE_ID_MAX + 1], system[STORE_ID_MAX + 1];
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    struct caller tenant = { .org = ORG, .tenant = ORG, .who = "u@org" };
    struct store_grant g, *rows;
    const struct anchor_edit edit = { .alias = "new" };
    size_t len;
    CHECK_OK(add(w, ORG, "theirs", NULL, mint_root(m, "/CN=A", MINT_P256), theirs, &e), &e);
    CHECK_OK(add(w, STORE_SYSTEM, "system", NULL, mint_root(m, "/CN=B", MINT_P256 + 1), system, &e), &e);
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(anchor_get(l.store, &tenant, theirs, &a, &g, &e), &e);
    CHECK_OK(anchor_get(l.store, &w->admin, theirs, &a, &g, &e), &e);
    CHECK_FAILS(anchor_get(l.store, &tenant, system, &a, &g, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(anchor_change(&w->site, &tenant, system, &edit, &kept_by, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(anchor_remove(&w->site, &tenant, system, &kept_by, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(anchor_change(&w->site, &w->admin, theirs, &edit, &kept_by, &e), &e);
    CHECK_OK(anchor_list(l.store, ORG, NULL, &a, &rows, &len, &e), &e);
    CHECK_EQ(len, 1);
    CHECK_STR(rows[0].alias, "new");
    CHECK_OK(anchor_list(l.store, STORE_SYSTEM, "SYSTEM", &a, &rows, &len, &e), &e);
    CHECK_EQ(len, 1);
    CHECK_OK(anchor_list(l.store, NULL, NULL, &a, &rows, &len, &e), &e);
    CHECK_EQ(len, 2);
}

struct promotion {
    size_t count;
};

static bool promote(void *self, struct store *s, struct err *e)
{
    struct promotion *p = self;
    struct trust_scope to = scope_of("vcenter:" VC "/endpoint");
    return anchor_promote(s, "VC1.example", 443, &to, &kept_by, &p->count, e);
}

static bool forget(void *self, struct store *s, struct err *e)
{
    struct promotion *p = self;
    return anchor_forget(s, VC, &kept_by, &p->count, e);
}

/* "alias=scope" of System's grants, by alias. */
static void check_grants(struct world *w, const char *want)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    struct store_grant *rows;
    size_t len;
    char got[1000] = "";
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(anchor_list(l.store, STORE_SYSTEM, NULL, &a, &rows, &len, &e), &e);
    for (int alias = 'a'; alias <= 'z'; alias++)
        for (size_t i = 0; i < len; i++)
            if (rows[i].alias[0] == alias) {
                char text[TRUST_SCOPE_TEXT];
                trust_scope_write(&rows[i].scope, text);
                size_t at = strlen(got);
                (void)snprintf(got + at, sizeof(got) - at, "%s%c=%s", at ? " " : "", (char)alias, text);
            }
    CHECK_STR(got, want);
}

static void step_one_is_bound_to_what_was_attached(void **state)
{
    struct world *w = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct promotion p;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256), *b = mint_root(m, "/CN=B", MINT_P256 + 1);
    CHECK_OK(add(w, STORE_SYSTEM, "a", "host:vc1.example:443", a, id, &e), &e);
    CHECK_OK(add(w, STORE_SYSTEM, "b", "host:vc1.example:443", b, id, &e), &e);
    CHECK_OK(add(w, STORE_SYSTEM, "c", "vcenter:" VC, b, id, &e), &e);       /* says it already: b goes */
    CHECK_OK(add(w, STORE_SYSTEM, "d", "host:vc1.example:8443", a, id, &e), &e);
    CHECK_OK(add(w, STORE_SYSTEM, "e", "host:vc2.example:443", a, id, &e), &e);
    CHECK_OK(change_run(&w->site, promote, &p, &e), &e);
    CHECK_EQ(p.count, 2);
    check_grants(w, "a=vcenter:" VC "/endpoint c=vcenter:" VC " d=host:vc1.example:8443 e=host:vc2.example:443");
    CHECK_OK(change_run(&w->site, promote, &p, &e), &e);
    CHECK_EQ(p.count, 0);
    CHECK_OK(change_run(&w->site, forget, &p, &e), &e);
    CHECK_EQ(p.count, 2);
    check_grants(w, "d=host:vc1.example:8443 e=host:vc2.example:443");
}

GROUP(flow_anchor, cmocka_unit_test(one_certificate_is_taken_out_of_its_surroundings),
      cmocka_unit_test(it_is_cut_anywhere_without_harm), cmocka_unit_test(what_comes_back_is_normalised),
      WITH_WORLD(a_grant_is_in_force_when_the_call_returns), WITH_WORLD(duplicates_are_measured_by_scope),
      WITH_WORLD(narrowing_is_easy_and_widening_is_said),
      WITH_WORLD(an_organization_sees_its_own_and_a_provider_everybodys), WITH_WORLD(step_one_is_bound_to_what_was_attached))
