/* The policy of bulk trust: what is stored of what every endpoint presents, the fewest anchors, and what never is. */
#include "flow/infra_plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "fixture/mint.h"
#include "trust/cert.h"
#include "unit/check.h"

enum { MOST = 8 };

/* Endpoints as a look would have found them. */
struct table {
    struct mint *mint;
    struct arena arena;
    struct trust_cert *certs[64]; /* owned */
    size_t certs_len;
    const struct trust_cert *chains[MOST][3];
    const char *names[MOST];
    uint8_t shown[3];
    struct infra_fact facts[MOST];
    struct infra_choice choices[MOST];
    size_t len;
    const struct trust_cert *granted[4];
    uint8_t accept[4][DIGEST_SHA256];
    struct infra_known known;
};

static void begin(struct table *t)
{
    *t = (struct table){ .mint = mint_create(), .shown = { 0, 1, 2 } };
    t->known = (struct infra_known){ .granted = t->granted, .accept = (const uint8_t(*)[DIGEST_SHA256])t->accept };
}

static void end(struct table *t)
{
    for (size_t i = 0; i < t->certs_len; i++)
        (void)trust_cert_unref(t->certs[i]);
    (void)mint_destroy(t->mint);
    arena_done(&t->arena);
}

static const struct trust_cert *cert(struct table *t, const struct mint_made *made)
{
    struct err e;
    CHECK_OK(trust_cert_parse(made->der, made->len, &t->certs[t->certs_len], &e), &e);
    return t->certs[t->certs_len++];
}

/* An endpoint vcN.example that sends a leaf of `issuer`, and the CA as well when `full`. */
static struct infra_fact *add(struct table *t, const struct mint_made *issuer, bool full, enum believed_change change)
{
    static const char *const hosts[MOST] = { "vc0.example", "vc1.example", "vc2.example", "vc3.example",
                                             "vc4.example", "vc5.example", "vc6.example", "vc7.example" };
    size_t n = t->len++;
    char dns[32], subject[32];
    (void)snprintf(dns, sizeof(dns), "DNS:%s", hosts[n]);
    (void)snprintf(subject, sizeof(subject), "/CN=%s", hosts[n]);
    t->names[n] = hosts[n];
    t->chains[n][0] = cert(t, mint_leaf(t->mint, issuer, subject, MINT_P256 + 20 + (int)n, dns));
    if (full)
        t->chains[n][1] = cert(t, issuer);
    struct infra_fact *f = &t->facts[n];
    *f = (struct infra_fact){ .kind = INFRA_VCENTER, .key = hosts[n], .seen = true, .shown = t->shown, .shown_len = full ? 2 : 1,
                              .change = change,
                              .scope = { .kind = TRUST_SCOPE_VCENTER_ENDPOINT } };
    (void)snprintf(f->scope.name, sizeof(f->scope.name), "urn:%zu", n);
    f->question = (struct trust_question){ .chain = t->chains[n], .chain_len = full ? 2 : 1, .names = &t->names[n], .names_len = 1,
                                           .behalf = { TRUST_FOR_VCENTER, 443, f->scope.name, hosts[n] }, .now = MINT_NOW };
    return f;
}

static struct infra_fact *add_vmca(struct table *t, const struct trust_cert *root, size_t hosts, enum believed_change change)
{
    struct infra_fact *f = &t->facts[t->len++];
    *f = (struct infra_fact){ .kind = INFRA_VMCA, .key = "vmca", .seen = true, .root = root, .hosts = hosts, .hosts_of = 4,
                              .listed = true, .change = change, .without_root = INFRA_NOTHING,
                              .scope = { .kind = TRUST_SCOPE_VCENTER_HOSTS, .name = "urn:0" } };
    return f;
}

static void decide(struct table *t)
{
    infra_decide(t->facts, t->len, &t->known, &t->arena, t->choices);
}

static size_t anchors(const struct table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->len; i++) {
        bool again = !t->choices[i].anchor;
        for (size_t k = 0; k < i && !again; k++)
            again = t->choices[k].anchor && !memcmp(trust_cert_sha256(t->choices[k].anchor), trust_cert_sha256(t->choices[i].anchor), 32);
        n += !again;
    }
    return n;
}

static void name_it(struct table *t, const struct trust_cert *c)
{
    memcpy(t->accept[t->known.accept_len++], trust_cert_sha256(c), DIGEST_SHA256);
}

static const struct mint_made *root(struct table *t, const char *name, int key)
{
    return mint_root(t->mint, name, key);
}

/* ---- fewest anchors ---- */

static void one_ca_for_many_endpoints_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256), *other = root(&t, "/CN=Enterprise", MINT_P256 + 1);
    add(&t, ca, true, BELIEVED_FIRST);
    add(&t, ca, false, BELIEVED_FIRST); /* sends its leaf alone: the CA that another one sent vouches for it */
    add(&t, ca, false, BELIEVED_SAME);
    add(&t, other, false, BELIEVED_FIRST); /* the same name and another key: a name vouches for nothing */
    decide(&t);
    for (size_t i = 0; i < 3; i++)
        CHECK(t.choices[i].verdict == INFRA_STORE && !memcmp(trust_cert_sha256(t.choices[i].anchor), trust_cert_sha256(t.chains[0][1]), 32));
    CHECK_EQ(t.choices[3].verdict, INFRA_STORE);
    CHECK(t.choices[3].anchor == t.chains[3][0]);
    CHECK_EQ(anchors(&t), 2);
    CHECK_EQ(t.choices[2].why, INFRA_SAME);
    end(&t);
}

static void no_leaf_where_a_granted_ca_vouches_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256);
    t.granted[t.known.granted_len++] = cert(&t, ca);
    add(&t, ca, false, BELIEVED_FIRST);
    add(&t, ca, true, BELIEVED_FIRST);
    struct infra_fact *done = add(&t, ca, false, BELIEVED_CHANGED);
    done->verified = true; /* changed, and vouched for: nothing to ask */
    decide(&t);
    CHECK(t.choices[0].anchor == t.granted[0] && t.choices[1].anchor == t.granted[0]);
    CHECK(t.choices[2].verdict == INFRA_VERIFIED && t.choices[2].why == INFRA_COVERED);
    end(&t);
}

static void the_nearest_issuer_unless_a_farther_one_saves_anchors_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *top = root(&t, "/CN=Root", MINT_P256);
    const struct mint_made *subs[2];
    for (int i = 0; i < 2; i++) {
        subs[i] = mint_ca(t.mint, top, i ? "/CN=Issuing 2" : "/CN=Issuing 1", MINT_P256 + 2 + i, -1);
        struct infra_fact *f = add(&t, subs[i], true, BELIEVED_FIRST);
        t.chains[i][2] = cert(&t, top);
        f->shown_len = 3;
        f->question.chain_len = 3;
    }
    size_t both = t.len;
    t.len = 1;
    decide(&t);
    CHECK(t.choices[0].anchor == t.chains[0][1]); /* alone: the CA that issued it */
    t.len = both;
    decide(&t);
    CHECK_EQ(anchors(&t), 1);
    CHECK(!memcmp(trust_cert_sha256(t.choices[0].anchor), trust_cert_sha256(t.chains[0][2]), 32));
    end(&t);
}

/* ---- what is never taken ---- */

static void a_changed_identity_is_for_a_person_E4(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256);
    add(&t, ca, true, BELIEVED_CHANGED);
    add(&t, ca, true, BELIEVED_CHANGED)->rejected = true;
    add(&t, ca, true, BELIEVED_FIRST)->rejected = true;
    add(&t, ca, true, BELIEVED_SAME_KEY)->rejected = true;
    add(&t, ca, true, BELIEVED_FIRST);
    decide(&t);
    CHECK_EQ(t.choices[0].verdict, INFRA_INBOX);
    for (size_t i = 1; i < 4; i++)
        CHECK_EQ(t.choices[i].verdict, INFRA_REJECTED);
    for (size_t i = 0; i < 4; i++)
        CHECK(!t.choices[i].anchor); /* nor does the CA of a first contact beside it sneak it in */
    CHECK_EQ(t.choices[4].verdict, INFRA_STORE);
    name_it(&t, t.chains[0][0]);
    name_it(&t, t.chains[1][1]);
    decide(&t);
    CHECK(t.choices[0].verdict == INFRA_STORE && t.choices[0].anchor == t.chains[0][0] && t.choices[0].why == INFRA_NAMED);
    CHECK(t.choices[1].verdict == INFRA_STORE && !memcmp(trust_cert_sha256(t.choices[1].anchor), trust_cert_sha256(t.chains[1][1]), 32));
    CHECK_EQ(t.choices[2].verdict, INFRA_STORE); /* the same CA was named */
    end(&t);
}

static void the_same_key_brings_no_ca_along_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256);
    add(&t, ca, true, BELIEVED_SAME_KEY);
    decide(&t);
    CHECK(t.choices[0].anchor == t.chains[0][0] && t.choices[0].why == INFRA_SAME_KEY);
    end(&t);
}

static void what_trusting_does_not_heal_is_refused_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256);
    static const char *const wrong = "another.example";
    add(&t, ca, true, BELIEVED_FIRST)->question.now = MINT_NOW + 2000 * MINT_DAY;
    add(&t, ca, true, BELIEVED_FIRST)->question.names = &wrong;
    add(&t, ca, true, BELIEVED_CHANGED)->question.now = MINT_NOW + 2000 * MINT_DAY;
    name_it(&t, t.chains[2][0]);
    struct infra_fact *down = add(&t, ca, false, BELIEVED_FIRST);
    down->seen = false;
    add(&t, ca, false, BELIEVED_FIRST)->question.chain_len = 0;
    decide(&t);
    for (size_t i = 0; i < 3; i++)
        CHECK(t.choices[i].verdict == INFRA_REFUSED && !t.choices[i].anchor);
    CHECK_EQ(t.choices[0].rule, TRUST_EXPIRED);
    CHECK_EQ(t.choices[1].rule, TRUST_NAME_MISMATCH);
    CHECK_EQ(t.choices[3].verdict, INFRA_UNREACHABLE);
    CHECK_EQ(t.choices[4].verdict, INFRA_UNREACHABLE);
    end(&t);
}

/* A hostile vCenter sends somebody's CA behind its chain: it issued nothing, so it vouches for nobody. */
static void what_was_also_sent_is_no_candidate_S11(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct mint_made *ca = root(&t, "/CN=Enterprise", MINT_P256), *evil = root(&t, "/CN=Somebody", MINT_P256 + 1);
    struct infra_fact *f = add(&t, ca, false, BELIEVED_FIRST);
    t.chains[0][1] = cert(&t, evil);
    f->question.chain_len = 2; /* sent, and not shown */
    add(&t, evil, false, BELIEVED_FIRST);
    decide(&t);
    CHECK(t.choices[0].anchor == t.chains[0][0] && t.choices[1].anchor == t.chains[1][0]);
    end(&t);
}

/* ---- VMCAs ---- */

static void a_vmca_counts_by_the_live_hosts_it_verifies_E5(void **state)
{
    struct table t;
    (void)state;
    begin(&t);
    const struct trust_cert *ca = cert(&t, root(&t, "/CN=CA/DC=vsphere/DC=local", MINT_P256));
    static const struct {
        size_t hosts;
        enum believed_change change;
        bool rejected, verified, unlisted;
        enum infra_verdict verdict;
        enum infra_why why;
    } rows[] = {
        { 3, BELIEVED_FIRST, false, false, false, INFRA_STORE, INFRA_LIVE_HOSTS },
        { 3, BELIEVED_SAME, false, false, false, INFRA_STORE, INFRA_LIVE_HOSTS },
        { 3, BELIEVED_SAME_KEY, false, false, false, INFRA_STORE, INFRA_SAME_KEY },
        { 3, BELIEVED_CHANGED, false, false, false, INFRA_INBOX, INFRA_CHANGED },
        { 3, BELIEVED_CHANGED, true, false, false, INFRA_REJECTED, INFRA_CHANGED },
        { 3, BELIEVED_FIRST, true, false, false, INFRA_REJECTED, INFRA_CHANGED },
        { 3, BELIEVED_CHANGED, false, true, false, INFRA_VERIFIED, INFRA_COVERED },
        { 0, BELIEVED_FIRST, false, false, false, INFRA_REFUSED, INFRA_OTHER },
        { 0, BELIEVED_SAME_KEY, false, false, false, INFRA_REFUSED, INFRA_OTHER },
        { 0, BELIEVED_FIRST, false, false, true, INFRA_NOTHING, INFRA_OTHER },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        t.len = 0;
        struct infra_fact *f = add_vmca(&t, ca, rows[i].hosts, rows[i].change);
        f->rejected = rows[i].rejected;
        f->verified = rows[i].verified;
        f->listed = !rows[i].unlisted;
        decide(&t);
        CHECK_EQ(t.choices[0].verdict, rows[i].verdict);
        CHECK_EQ(t.choices[0].why, rows[i].why);
    }
    t.len = 0;
    add_vmca(&t, NULL, 0, BELIEVED_FIRST);
    add_vmca(&t, NULL, 0, BELIEVED_FIRST)->without_root = INFRA_REFUSED;
    struct infra_fact *later = add_vmca(&t, NULL, 0, BELIEVED_FIRST);
    later->seen = false;
    later->without_root = INFRA_LATER;
    name_it(&t, ca);
    add_vmca(&t, ca, 2, BELIEVED_CHANGED);
    add_vmca(&t, ca, 0, BELIEVED_CHANGED); /* named, and still of no host */
    decide(&t);
    static const enum infra_verdict want[] = { INFRA_NOTHING, INFRA_REFUSED, INFRA_LATER, INFRA_STORE, INFRA_REFUSED };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_EQ(t.choices[i].verdict, want[i]);
    CHECK(!infra_counts(INFRA_NOTHING) && infra_counts(INFRA_LATER));
    end(&t);
}

static void a_digest_is_of_what_would_be_stored_in_any_order_S11(void **state)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct infra_store list[] = { { "a", "AA", "any" }, { "b", "BB", "any" } }, turned[] = { list[1], list[0] };
    char one[2 * DIGEST_SHA256 + 1], two[2 * DIGEST_SHA256 + 1];
    (void)state;
    infra_digest(list, 2, &a, one);
    infra_digest(turned, 2, &a, two);
    CHECK_STR(one, two);
    for (int i = 0; i < 4; i++) {
        struct infra_store other[] = { list[0], list[1] };
        if (i == 0)
            other[0].key = "c";
        if (i == 1)
            other[1].anchor = "CC";
        if (i == 2)
            other[1].scope = "host:b:443";
        infra_digest(other, i == 3 ? 1 : 2, &a, two);
        CHECK(strcmp(one, two) != 0);
    }
    infra_digest(NULL, 0, &a, two);
    CHECK(strcmp(one, two) != 0);
    for (int i = 0; i < INFRA_KINDS; i++)
        CHECK_EQ(infra_kind_of(infra_kind_name((enum infra_kind)i)), i);
    for (int i = 0; i < INFRA_VERDICTS; i++)
        CHECK_EQ(infra_verdict_of(infra_verdict_name((enum infra_verdict)i)), i);
    for (int i = 0; i < INFRA_WHYS; i++)
        CHECK_EQ(infra_why_of(infra_why_name((enum infra_why)i)), i);
    CHECK_EQ(infra_why_of("nothing of this"), -1);
}

GROUP(flow_infra, cmocka_unit_test(one_ca_for_many_endpoints_S11), cmocka_unit_test(no_leaf_where_a_granted_ca_vouches_S11),
      cmocka_unit_test(the_nearest_issuer_unless_a_farther_one_saves_anchors_S11),
      cmocka_unit_test(a_changed_identity_is_for_a_person_E4), cmocka_unit_test(the_same_key_brings_no_ca_along_S11),
      cmocka_unit_test(what_trusting_does_not_heal_is_refused_S11), cmocka_unit_test(what_was_also_sent_is_no_candidate_S11),
      cmocka_unit_test(a_vmca_counts_by_the_live_hosts_it_verifies_E5),
      cmocka_unit_test(a_digest_is_of_what_would_be_stored_in_any_order_S11))
