/* Each access to storage fails once: nothing of the transaction stays, nothing hangs, the next one works. */
#include "fake/store_fail.h"

#include "trust/set.h"
#include "unit/store/kept.h"

#define VC "urn:vcloud:vimserver:1"

/* A grant that is kept from before; what the change below changes and removes. */
struct before {
    char grant[STORE_ID_MAX + 1], other[STORE_ID_MAX + 1];
};

static bool prepare(struct store *s, struct before *b, struct err *e)
{
    struct secret plain = { 0 };
    const struct store_chain_cert leaf = { (const uint8_t *)"leaf", 4 };
    const struct store_endpoint ep = { .key = VC, .kind = TRUST_FOR_VCENTER, .urn = VC, .host = "vc", .port = 443,
                                       .rule = "ok", .seen_ms = 1, .chain = &leaf, .chain_len = 1 };
    bool ok = store_begin(s, STORE_WRITE, e) && kept_grant(s, STORE_SYSTEM, NULL, "any", 1, b->grant, e) &&
              kept_grant(s, STORE_SYSTEM, NULL, "any", 2, b->other, e) && store_endpoint_put(s, &ep, e) &&
              secret_set(&plain, "x", 1, e) && store_sealed_put(s, "password", VC, &plain, 1, e) &&
              store_setting_put(s, "gone", "x", &kept_by, e) && store_commit(s, e);
    secret_done(&plain);
    return ok;
}

/* Something of every kind, in one transaction. */
static bool change(struct store *s, const struct before *b, struct err *e)
{
    char id[STORE_ID_MAX + 1], event[RANDOM_UUID];
    size_t dropped;
    uint64_t removed, left;
    AUTO(secret_done) struct secret plain = { 0 };
    const struct store_grant_data renamed = { .alias = "renamed" };
    const struct store_crl crl = { .vcenter = VC, .issuer_key = "AB", .part = "", .this_ms = 1, .kept_ms = 1,
                                   .der = (const uint8_t *)"crl", .der_len = 3 };
    const struct store_evidence evidence = { .endpoint = VC, .purpose = "api", .first_ms = 5, .last_ms = 5, .count = 1 };
    const struct store_chain_cert leaf = { (const uint8_t *)"another", 7 };
    const struct store_endpoint ep = { .key = VC, .kind = TRUST_FOR_VCENTER, .urn = VC, .host = "vc", .port = 443,
                                       .rule = "ok", .seen_ms = 2, .chain = &leaf, .chain_len = 1 };
    const struct store_record user = { .kind = "user", .id = "urn:u", .owner = "", .name = "A", .state = "", .data = "{}" };
    const struct store_record session = { .kind = "session", .id = "urn:s", .owner = "urn:u", .name = "", .state = "",
                                          .until_ms = 1, .data = "" };
    const struct store_event ev = { .at_ms = 1, .kind = "tls.refused", .entity = VC, .text = "t", .data = "" };
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    AUTO(store_abortp) struct store *open = s;
    return kept_grant(s, STORE_SYSTEM, NULL, "any", 3, id, e) && store_grant_change(s, b->grant, &renamed, &kept_by, e) &&
           store_grant_remove(s, b->other, &kept_by, e) && store_crl_put(s, &crl, e) &&
           store_evidence_add(s, &evidence, 1, &dropped, e) && store_evidence_prune(s, 1, &removed, e) &&
           store_endpoint_put(s, &ep, e) && store_event_add(s, &ev, event, e) && secret_set(&plain, "y", 1, e) &&
           store_sealed_put(s, "password", VC, &plain, 2, e) && store_sealed_rekey(s, 10, &left, e) &&
           store_setting_put(s, "key", "value", &kept_by, e) && store_setting_remove(s, "gone", &kept_by, e) &&
           store_record_put(s, &user, e) && store_record_put(s, &session, e) &&
           store_record_expire(s, "session", 1, &removed, e) && store_record_remove(s, "user", "urn:u", e) &&
           store_crl_remove(s, "urn:none", e) && store_commit(STEAL(open), e);
}

static void nothing_of_a_failed_change_stays(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct before b;
    unsigned n = 0;
    CHECK_OK(prepare(k->s, &b, &e), &e);
    uint64_t before = kept_generation(k);
    k->s = store_fail_wrap(k->s, 0, STORE_FAIL_REFUSED);
    for (;;) {
        store_fail_again(k->s, ++n, STORE_FAIL_REFUSED);
        if (change(k->s, &b, &e))
            break;
        CHECK_EQ(e.kind, ERR_STORE);
        CHECK_EQ(store_fail_count(k->s), n); /* nothing went on after the failure */
        store_fail_again(k->s, 0, STORE_FAIL_REFUSED);
        if (kept_generation(k) != before || kept_count(k, &(struct store_grant_query){ 0 }) != 2)
            fail_msg("after failure %u something stayed", n);
        if (n % 16 == 1)
            kept_is_sound(k);
    }
    store_fail_again(k->s, 0, STORE_FAIL_REFUSED);
    CHECK(n > 50); /* as many accesses as the change has, and one */
    CHECK_EQ(kept_generation(k), before + 6);
    kept_is_sound(k);
}

/* A commit that was kept, but whose answer was lost: the caller must look, and finds it whole. */
static void an_uncertain_commit_is_whole(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct before b;
    CHECK_OK(prepare(k->s, &b, &e), &e);
    uint64_t before = kept_generation(k);
    k->s = store_fail_wrap(k->s, 0, STORE_FAIL_REFUSED);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(store_generation_raise(k->s, &e), &e);
    store_fail_again(k->s, 1, STORE_FAIL_UNCERTAIN);
    CHECK_FAILS(store_commit(k->s, &e), &e, ERR_STORE);
    CHECK_EQ(kept_generation(k), before + 1);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    store_abort(k->s);
    kept_is_sound(k);
}

static bool read_everything(struct store *s, struct arena *a, struct err *e)
{
    struct trust_rows rows;
    struct store_endpoint ep;
    struct store_audit_report report;
    struct secret plain = { 0 };
    const char *value;
    bool ok = store_trust_rows(s, a, &rows, e) && store_endpoint_get(s, VC, a, &ep, e) &&
              store_audit_verify(s, &report, e) && store_setting_get(s, "gone", a, &value, e) &&
              store_sealed_get(s, "password", VC, &plain, e);
    secret_done(&plain);
    /* verify takes damage for a finding: what it could not read it does not call sound */
    return ok && (report.sound || err_set(e, ERR_STORE, "not sound"));
}

static void a_failed_read_leaves_nothing_open(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct before b;
    unsigned n = 0;
    CHECK_OK(prepare(k->s, &b, &e), &e);
    k->s = store_fail_wrap(k->s, 0, STORE_FAIL_REFUSED);
    for (;;) {
        store_fail_again(k->s, ++n, STORE_FAIL_REFUSED);
        if (read_everything(k->s, &k->arena, &e))
            break;
        CHECK_EQ(e.kind, ERR_STORE);
        store_fail_again(k->s, 0, STORE_FAIL_REFUSED);
        CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
        store_abort(k->s);
    }
    CHECK(n > 8);
}

#define ON_SQLITE(t) CONFORM(t, &kept_sqlite)
GROUP(store_fail, ON_SQLITE(nothing_of_a_failed_change_stays), ON_SQLITE(an_uncertain_commit_is_whole),
      ON_SQLITE(a_failed_read_leaves_nothing_open))
