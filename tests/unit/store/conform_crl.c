#include "unit/store/kept.h"

#define VC "urn:vcloud:vimserver:1"
#define KEY "A1B2C3"

/* A CRL number as the test writes it: up to three octets; 0 = the CRL has none. */
struct version {
    unsigned number;
    int64_t this_ms;
};

static struct store_crl crl_of(struct version v, const char *vcenter, const char *part, uint8_t number[3],
                               unsigned content)
{
    struct store_crl crl = { .vcenter = vcenter, .issuer_key = KEY, .part = part, .this_ms = v.this_ms,
                             .next_ms = v.this_ms + 1000, .kept_ms = KEPT_NOW };
    crl.der = kept_der(content, &crl.der_len);
    number[0] = (uint8_t)(v.number >> 16);
    number[1] = (uint8_t)(v.number >> 8);
    number[2] = (uint8_t)v.number;
    size_t skip = v.number > 0xffff ? 0 : v.number > 0xff ? 1 : 2;
    crl.number = v.number ? number + skip : NULL;
    crl.number_len = v.number ? 3 - skip : 0;
    return crl;
}

/* RFC 5280 section 5.2.3 and product rule 2.6. */
static void a_crl_is_never_rolled_back(void **state)
{
    struct kept *k = *state;
    static const struct {
        struct version kept, fresh;
        bool ok;
    } cases[] = {
        { { 5, 1000 }, { 6, 2000 }, true },      { { 5, 1000 }, { 4, 2000 }, false },
        { { 5, 1000 }, { 5, 2000 }, true },      { { 5, 1000 }, { 5, 1000 }, true },
        { { 5, 1000 }, { 5, 999 }, false },      { { 5, 1000 }, { 6, 999 }, true },
        { { 5, 1000 }, { 0, 2000 }, false },     { { 0, 1000 }, { 5, 1000 }, true },
        { { 0, 1000 }, { 5, 999 }, false },      { { 0, 1000 }, { 0, 1001 }, true },
        { { 0, 1000 }, { 0, 999 }, false },      { { 255, 1000 }, { 256, 1000 }, true },
        { { 256, 1000 }, { 255, 2000 }, false }, { { 65536, 1000 }, { 255, 2000 }, false },
        { { 0x10203, 1000 }, { 0x10204, 1000 }, true }, { { 0x10203, 1000 }, { 0x10202, 2000 }, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        uint8_t number[3];
        uint64_t before, after;
        CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
        struct store_crl crl = crl_of(cases[i].kept, VC, "", number, 1);
        CHECK_OK(store_crl_put(k->s, &crl, &e), &e);
        CHECK_OK(store_generation(k->s, &before, &e), &e);
        crl = crl_of(cases[i].fresh, VC, "", number, 2);
        bool ok = store_crl_put(k->s, &crl, &e);
        if (ok != cases[i].ok || (!ok && e.kind != ERR_CONFLICT))
            fail_msg("case %zu: %s", i, ok ? "was taken" : e.msg);
        CHECK_OK(store_generation(k->s, &after, &e), &e);
        CHECK_EQ(after - before, cases[i].ok);
        store_abort(k->s);
    }
}

static bool count_crl(void *self, const struct store_crl *crl, struct err *e)
{
    (void)e;
    CHECK_STR(crl->issuer_key, KEY);
    CHECK(crl->der_len >= 300);
    ++*(unsigned *)self;
    return true;
}

static void each_speaks_for_its_own(void **state)
{
    struct kept *k = *state;
    struct err e;
    uint8_t number[3];
    unsigned count = 0;
    struct store_crl crl = crl_of((struct version){ 9, 1000 }, VC, "", number, 1);
    CHANGE_OK(k, store_crl_put(k->s, &crl, &e), &e);
    CHANGE_OK(k, store_crl_put(k->s, &crl, &e), &e); /* the same bytes */
    CHECK_EQ(kept_generation(k), 1);
    /* Another vCenter, every CA, a delta: none is measured against the first. */
    crl = crl_of((struct version){ 1, 500 }, "urn:vcloud:vimserver:2", "", number, 2);
    CHANGE_OK(k, store_crl_put(k->s, &crl, &e), &e);
    crl = crl_of((struct version){ 1, 500 }, NULL, "", number, 3);
    CHANGE_OK(k, store_crl_put(k->s, &crl, &e), &e);
    crl = crl_of((struct version){ 0, 500 }, VC, "delta", number, 4);
    CHANGE_OK(k, store_crl_put(k->s, &crl, &e), &e);
    CHECK_OK(store_crl_list(k->s, count_crl, &count, &e), &e);
    CHECK_EQ(count, 4);
    CHECK_EQ(kept_generation(k), 4);
    CHANGE_OK(k, store_crl_remove(k->s, VC, &e), &e);
    CHECK_EQ(kept_generation(k), 5);
    CHANGE_OK(k, store_crl_remove(k->s, VC, &e), &e);
    CHECK_EQ(kept_generation(k), 5);
    count = 0;
    CHECK_OK(store_crl_list(k->other, count_crl, &count, &e), &e);
    CHECK_EQ(count, 2);
    CHANGE_OK(k, store_crl_remove(k->s, NULL, &e), &e);
    count = 0;
    CHECK_OK(store_crl_list(k->other, count_crl, &count, &e), &e);
    CHECK_EQ(count, 1);
    kept_is_sound(k);
}

static void senseless_crls_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    uint8_t number[3], longer[STORE_CRL_NUMBER_MAX + 1] = { 1 };
    const struct store_crl good = crl_of((struct version){ 0x10000, 1000 }, VC, "", number, 1);
    struct store_crl bad[12];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].issuer_key = "";
    bad[1].issuer_key = "a1b2";
    bad[2].issuer_key = "A1:B2";
    bad[3].part = "Not a word";
    bad[4].number_len = 0;
    bad[5].number = longer, bad[5].number_len = sizeof(longer);
    bad[6].number = (const uint8_t *)"\0\1", bad[6].number_len = 2;
    bad[7].this_ms = -1;
    bad[8].next_ms = STORE_TIME_MAX + 1;
    bad[9].der_len = 0;
    bad[10].der = NULL;
    bad[11].vcenter = "";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHANGE_FAILS(k, store_crl_put(k->s, &bad[i], &e), &e, ERR_INPUT);
    struct store_crl most = good;
    most.number = longer;
    most.number_len = STORE_CRL_NUMBER_MAX;
    most.next_ms = 0;
    CHANGE_OK(k, store_crl_put(k->s, &most, &e), &e);
    kept_is_sound(k);
}

CONFORM_GROUP(crl, CONFORM(a_crl_is_never_rolled_back, f), CONFORM(each_speaks_for_its_own, f),
              CONFORM(senseless_crls_are_refused, f))
