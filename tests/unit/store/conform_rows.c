#include "trust/set.h"
#include "unit/store/kept.h"

#define ORG "urn:vcloud:org:0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b"
#define VC "urn:vcloud:vimserver:1"

static void every_grant_is_a_row(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct trust_rows rows;
    struct store_crl crl = { .vcenter = VC, .issuer_key = "AB", .part = "", .this_ms = 1, .kept_ms = 1 };
    CHECK_OK(store_trust_rows(k->s, &k->arena, &rows, &e), &e);
    CHECK(rows.anchors_len == 0 && rows.crls_len == 0 && rows.generation == 0);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    for (unsigned i = 0; i < 100; i++)
        CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", i, id, &e), &e);
    CHECK_OK(kept_grant(k->s, ORG, "tenant's", "host:vc.example:443", 5, id, &e), &e);
    crl.der = kept_der(1000, &crl.der_len);
    CHECK_OK(store_crl_put(k->s, &crl, &e), &e);
    crl.vcenter = NULL;
    CHECK_OK(store_crl_put(k->s, &crl, &e), &e);
    CHECK_OK(store_trust_rows(k->s, &k->arena, &rows, &e), &e); /* sees its own transaction */
    CHECK_EQ(rows.anchors_len, 101);
    CHECK_OK(store_commit(k->s, &e), &e);

    CHECK_OK(store_trust_rows(k->other, &k->arena, &rows, &e), &e);
    CHECK_EQ(rows.generation, 103);
    CHECK_EQ(rows.anchors_len, 101);
    CHECK_EQ(rows.crls_len, 2);
    bool seen[100] = { false };
    unsigned tenants = 0, shared = 0;
    for (size_t i = 0; i < rows.anchors_len; i++) {
        const struct trust_row *row = &rows.anchors[i];
        unsigned number;
        size_t len;
        memcpy(&number, row->der, sizeof(number));
        CHECK(number < 100);
        const uint8_t *der = kept_der(number, &len);
        CHECK(row->len == len && !memcmp(row->der, der, len));
        shared += i && row->der == row[-1].der;
        if (row->system) {
            CHECK(!row->org && !seen[number] && row->scope.kind == TRUST_SCOPE_ANY);
            seen[number] = true;
        } else {
            CHECK_STR(row->org, ORG);
            CHECK(number == 5 && row->scope.kind == TRUST_SCOPE_HOST && row->scope.port == 443);
            tenants++;
        }
    }
    CHECK_EQ(tenants, 1);
    CHECK_EQ(shared, 1);
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        CHECK(seen[i]);
    CHECK(!rows.crls[0].urn != !rows.crls[1].urn);
    CHECK_EQ(rows.crls[0].len, crl.der_len);
}

/* The generation belongs to the rows: a change in between shows in neither. */
static void rows_are_of_one_moment(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct trust_rows rows;
    CHECK_OK(store_begin(k->other, STORE_READ, &e), &e);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_OK(store_trust_rows(k->other, &k->arena, &rows, &e), &e);
    CHECK(rows.generation == 0 && rows.anchors_len == 0);
    store_abort(k->other);
    CHECK_OK(store_trust_rows(k->other, &k->arena, &rows, &e), &e);
    CHECK(rows.generation == 1 && rows.anchors_len == 1);
}

CONFORM_GROUP(rows, CONFORM(every_grant_is_a_row, f), CONFORM(rows_are_of_one_moment, f))
