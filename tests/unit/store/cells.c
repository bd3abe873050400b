/* Rows as damage makes them: every field of every record, of every wrong kind, missing, doubled, at its edges. */
#include "store/cells.h"

#include <stdlib.h>

#include "unit/store/kept.h"

#define UUID "0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b"

static struct store_cell text(const char *s)
{
    return (struct store_cell){ STORE_CELL_TEXT, 0, s, strlen(s) };
}

static struct store_cell number(int64_t n)
{
    return (struct store_cell){ STORE_CELL_NUMBER, n, NULL, 0 };
}

static struct store_cell bytes(const void *p, size_t len)
{
    return (struct store_cell){ STORE_CELL_BYTES, 0, p, len };
}

static struct store_cell null(void)
{
    return (struct store_cell){ 0 };
}

/* One record: how it is read, and a good row of it. */
struct record {
    const char *name;
    size_t len;
    bool (*read)(const struct store_cell *cells, size_t len, struct err *e);
    struct store_cell good[STORE_CELLS_MAX];
    bool nullable[STORE_CELLS_MAX];
};

static uint8_t der[300], der_sha256[DIGEST_SHA256], sealed[SEAL_OVERHEAD] = { 1, 0xab };

#define READER(name, type)                                                                  \
    static bool read_##name(const struct store_cell *cells, size_t len, struct err *e)      \
    {                                                                                       \
        type row;                                                                           \
        return store_##name##_read(cells, len, &row, e);                                    \
    }
READER(grant, struct store_grant)
READER(crl, struct store_crl)
READER(sealed, struct store_sealed_row)
READER(evidence, struct store_evidence)
READER(event, struct store_event)
READER(audit, struct store_audit)
READER(setting, struct store_setting)
READER(record, struct store_record)
READER(count, uint64_t)

static bool read_endpoint(const struct store_cell *cells, size_t len, struct err *e)
{
    struct store_endpoint_names names;
    struct store_endpoint row;
    return store_endpoint_read(cells, len, &names, &row, e);
}

static bool read_cert(const struct store_cell *cells, size_t len, struct err *e)
{
    const uint8_t *at;
    size_t at_len;
    return store_cert_read(cells, len, &at, &at_len, e);
}

static const struct record *records(size_t *ret_len)
{
    static struct record all[11];
    digest_sha256(der, sizeof(der), der_sha256);
    const struct store_cell digest = bytes(der_sha256, sizeof(der_sha256)), cert = bytes(der, sizeof(der));
    const struct record made[] = {
        { "grant", STORE_GRANT_CELLS, read_grant,
          { text("urn:1"), text("System"), text("alias"), text("vcenter:urn:1/hosts"), number(5), text("who"),
            text("flow"), digest, cert }, { 0 } },
        { "crl", STORE_CRL_CELLS, read_crl,
          { text("urn:1"), text("A1B2"), text(""), bytes("\1\2", 2), number(5), number(6), number(7), cert },
          { [3] = true, [5] = true } },
        { "sealed", STORE_SEALED_CELLS, read_sealed,
          { text("password"), text("urn:1"), text("ab00000000000000"), number(5), bytes(sealed, sizeof(sealed)) },
          { 0 } },
        { "evidence", STORE_EVIDENCE_CELLS, read_evidence,
          { digest, text("urn:1"), text("api"), number(5), number(6), number(1) }, { 0 } },
        { "endpoint", STORE_ENDPOINT_CELLS, read_endpoint,
          { text("urn:1"), number(TRUST_FOR_ESXI), text("urn:1"), text("host"), number(443), text("a\nb"), text("ok"),
            number(5), number(4), number(3), digest }, { 0 } },
        { "cert", STORE_CERT_CELLS, read_cert, { digest, cert }, { 0 } },
        { "event", STORE_EVENT_CELLS, read_event,
          { number(1), text(UUID), number(5), text("kind"), number(0), text(""), text(""), text("") }, { 0 } },
        { "audit", STORE_AUDIT_CELLS, read_audit,
          { number(1), text(UUID), number(5), text("who"), text("from"), text("flow"), text("action"), text(""),
            digest, text(""), text(""), digest }, { [8] = true } },
        { "record", STORE_RECORD_CELLS, read_record,
          { text("user"), text("urn:u"), text(""), text("A"), text("on"), number(5), number(0), text("{}") }, { 0 } },
        { "setting", STORE_SETTING_CELLS, read_setting, { text("key"), text(""), number(5) }, { 0 } },
        { "count", 1, read_count, { number(0) }, { 0 } },
    };
    memcpy(all, made, sizeof(made));
    *ret_len = ARRAY_LEN(made);
    return all;
}

/* Exactly so many bytes at the end of a page of their own, so that the sanitizer sees a step too far. */
static void try(const struct record *r, const struct store_cell *row, size_t len, bool ok, const char *what)
{
    struct err e = { 0 };
    struct store_cell *cells = malloc(len * sizeof(*cells) + !len);
    memcpy(cells, row, len * sizeof(*cells));
    bool got = r->read(cells, len, &e);
    free(cells);
    if (got != ok || (!got && (e.kind != ERR_STORE || !e.msg[0])))
        fail_msg("%s with %s: %s", r->name, what, got ? "was read" : e.msg);
}

static void a_good_row_is_read(void **state)
{
    (void)state;
    size_t len;
    const struct record *all = records(&len);
    for (size_t i = 0; i < len; i++)
        try(&all[i], all[i].good, all[i].len, true, "nothing wrong");
}

static void any_field_of_another_kind_is_refused(void **state)
{
    (void)state;
    size_t len;
    const struct record *all = records(&len);
    const struct store_cell wrong[] = { { 0 }, number(-1), number(INT64_MIN), text("\xff"), text("a\x1b"),
                                        { STORE_CELL_TEXT, 0, "a\0b", 3 }, bytes("x", 1), bytes(NULL, 0),
                                        { STORE_CELL_OTHER, 0, "x", 1 } };
    for (size_t i = 0; i < len; i++) {
        for (size_t field = 0; field < all[i].len; field++) {
            for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
                /* One byte is a fine DER for the store and a fine crlNumber, as far as the length goes. */
                if ((wrong[w].kind == STORE_CELL_NULL && all[i].nullable[field]) ||
                    (all[i].read == read_crl && field >= 3 && all[i].good[field].kind == STORE_CELL_BYTES &&
                     wrong[w].kind == STORE_CELL_BYTES && wrong[w].len))
                    continue;
                struct store_cell row[STORE_CELLS_MAX];
                char what[64];
                memcpy(row, all[i].good, sizeof(row));
                row[field] = wrong[w];
                (void)snprintf(what, sizeof(what), "field %zu of kind %zu", field, w);
                try(&all[i], row, all[i].len, false, what);
            }
        }
    }
}

static void a_row_of_another_width_is_refused(void **state)
{
    (void)state;
    size_t len;
    const struct record *all = records(&len);
    for (size_t i = 0; i < len; i++) {
        for (size_t width = 0; width < all[i].len; width++)
            try(&all[i], all[i].good, width, false, "fields missing");
        struct store_cell row[STORE_CELLS_MAX];
        memcpy(row, all[i].good, sizeof(row));
        row[all[i].len] = null();
        try(&all[i], row, all[i].len + 1, false, "a field too many");
    }
}

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    static char names[STORE_ENDPOINT_NAMES * 2 + 3], longer[STORE_NAME_MAX + 2];
    for (size_t i = 0; i <= STORE_ENDPOINT_NAMES; i++)
        memcpy(names + 2 * i, "n\n", 2);
    names[2 * STORE_ENDPOINT_NAMES + 1] = '\0';
    memset(longer, 'n', sizeof(longer) - 1);
    static uint8_t other[300] = { 1 };
    size_t len;
    const struct record *all = records(&len);
    const struct {
        const char *record;
        size_t field;
        struct store_cell cell;
    } cases[] = {
        { "grant", 3, text("vcenter:") },         { "grant", 3, text("everything") },
        { "grant", 8, bytes(other, sizeof(other)) }, { "cert", 1, bytes(der, sizeof(der) - 1) },
        { "crl", 1, text("a1b2") },               { "crl", 3, bytes("\0\1", 2) },
        { "crl", 4, number(STORE_TIME_MAX + 1) }, { "sealed", 2, text("ab00000000000001") },
        { "sealed", 2, text("ab") },              { "sealed", 4, bytes(sealed, sizeof(sealed) - 1) },
        { "evidence", 4, number(4) },             { "evidence", 5, number(0) },
        { "endpoint", 1, number(TRUST_FOR_ADDRESS) }, { "endpoint", 1, number(TRUST_FOR_NSX + 1) },
        { "endpoint", 2, null() },                { "endpoint", 4, number(0) },
        { "endpoint", 4, number(65536) },         { "endpoint", 5, text("a\n") },
        { "endpoint", 5, text("\na") },           { "endpoint", 5, text("a\n\nb") },
        { "endpoint", 5, text(names) },           { "endpoint", 5, text(longer) },
        { "endpoint", 9, null() },                { "endpoint", 10, null() },
        { "event", 0, number(0) },                { "event", 1, text("short") },
        { "event", 4, number(STORE_SEVERITIES) }, { "audit", 1, text(UUID "0") },
        { "audit", 11, bytes(der_sha256, 31) },   { "setting", 0, text("Key") },
    };
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        size_t i = 0;
        while (i < len && strcmp(all[i].name, cases[c].record) != 0)
            i++;
        CHECK(i < len);
        struct store_cell row[STORE_CELLS_MAX];
        char what[64];
        memcpy(row, all[i].good, sizeof(row));
        row[cases[c].field] = cases[c].cell;
        (void)snprintf(what, sizeof(what), "case %zu", c);
        try(&all[i], row, all[i].len, false, what);
    }
}

static void the_row_is_named_harmlessly(void **state)
{
    (void)state;
    size_t len;
    struct err e;
    struct store_grant g;
    const struct record *all = records(&len);
    struct store_cell row[STORE_CELLS_MAX];
    memcpy(row, all[0].good, sizeof(row));
    row[0] = text("urn:\x1b[31m\n");
    CHECK(!store_grant_read(row, STORE_GRANT_CELLS, &g, &e));
    CHECK_STR(e.msg, "damaged grant urn:\\x1b[31m\\x0a: its id is not what was ever written");
    row[0] = text("urn:1");
    row[2] = null();
    row[3] = null(); /* the first one is named */
    CHECK(!store_grant_read(row, STORE_GRANT_CELLS, &g, &e));
    CHECK_STR(e.msg, "damaged grant urn:1: its alias is not what was ever written");
}

GROUP(store_cells, cmocka_unit_test(a_good_row_is_read), cmocka_unit_test(any_field_of_another_kind_is_refused),
      cmocka_unit_test(a_row_of_another_width_is_refused), cmocka_unit_test(what_does_not_belong_together_is_refused),
      cmocka_unit_test(the_row_is_named_harmlessly))
