/* A copy of the audit trail, line by line; tests/e2e/cli-audit has every way to change one. */
#include "flow/audit_file.h"

#include "unit/check.h"
#include "wire/json.h"

enum { LINES = 4 };

struct trail {
    struct audit_head head;
    struct store_audit lines[LINES];
    uint8_t digest[DIGEST_SHA256];
};

static void make(struct trail *t)
{
    uint8_t before[DIGEST_SHA256];
    *t = (struct trail){ .head = { .store = "0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b", .count = LINES, .at_ms = 7 } };
    memset(t->digest, 0xab, sizeof(t->digest));
    store_audit_start(t->head.store, before);
    for (size_t i = 0; i < LINES; i++) {
        t->lines[i] = (struct store_audit){ .seq = i + 1, .id = "id", .by = { "who \xc3\xa9\"", "", "flow", 1795428000123 }, .action = "grant.add",
                                            .entity = "", .sha256 = i % 2 ? t->digest : NULL, .text = "a\nb", .data = "{}" };
        store_audit_hash(before, &t->lines[i], t->lines[i].hash);
        memcpy(before, t->lines[i].hash, sizeof(before));
    }
    memcpy(t->head.hash, before, sizeof(before));
}

static void feed(struct audit_check *c, json_t *take)
{
    AUTO(buf_done) struct buf b;
    struct err e;
    buf_init(&b, AUDIT_LINE_MAX);
    CHECK_OK(wire_json_write(&b, take, &e), &e);
    (void)audit_check_line(c, buf_str(&b), b.len);
    json_decref(take);
}

/* Lines in this order, 0 ends it. */
static bool check_order(const struct trail *t, const size_t *order, const struct audit_head *noted, struct audit_check *c)
{
    audit_check_start(c, noted);
    feed(c, audit_head_write(AUDIT_FILE_FORMAT, &t->head));
    for (; *order; order++)
        feed(c, audit_line_write(&t->lines[*order - 1]));
    return audit_check_end(c);
}

static void a_line_is_read_as_it_was_written(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    struct trail t;
    make(&t);
    for (size_t i = 0; i < LINES; i++) {
        AUTO(wire_json_decrefp) json_t *o = audit_line_write(&t.lines[i]);
        struct store_audit back;
        struct err e;
        uint8_t before[DIGEST_SHA256] = { 1 }, one[DIGEST_SHA256], two[DIGEST_SHA256];
        CHECK_OK(audit_line_read(o, &a, &back, &e), &e);
        store_audit_hash(before, &t.lines[i], one);
        store_audit_hash(before, &back, two);
        CHECK_EQ(memcmp(one, two, sizeof(one)), 0);
        CHECK_EQ(memcmp(back.hash, t.lines[i].hash, sizeof(one)), 0);
        static const char *const keys[] = { "seq", "id", "at_ms", "who", "from", "flow", "action", "entity", "text", "data", "hash", "sha256" };
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            AUTO(wire_json_decrefp) json_t *less = json_copy(o), *other = json_copy(o);
            json_object_del(less, keys[k]);
            json_object_set_new(other, keys[k], json_true());
            CHECK_FAILS(audit_line_read(less, &a, &back, &e), &e, ERR_INPUT);
            CHECK_FAILS(audit_line_read(other, &a, &back, &e), &e, ERR_INPUT);
        }
    }
}

static void the_order_of_lines_is_part_of_the_trail_E10(void **state)
{
    (void)state;
    struct trail t;
    struct audit_check c;
    static const struct {
        size_t order[LINES + 2];
        uint64_t at;
        const char *why;
    } cases[] = {
        { { 1, 2, 3, 4, 0 }, 0, "" },
        { { 2, 1, 3, 4, 0 }, 1, "line 1 stands behind line 2: the lines were reordered" },
        { { 1, 3, 4, 2, 0 }, 2, "line 2 stands behind line 3: the lines were reordered" },
        { { 1, 4, 0 }, 2, "lines 2 to 3 are missing" },
        { { 1, 3, 4, 0 }, 2, "line 2 is missing" },
        { { 1, 2, 2, 3, 4, 0 }, 3, "line 2 stands where line 3 should be" },
        { { 1, 2, 0 }, 3, "lines 3 to 4 are missing at the end" },
        { { 1, 2, 3, 0 }, 4, "line 4 is missing at the end" },
        { { 0 }, 1, "lines 1 to 4 are missing at the end" },
    };
    make(&t);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_EQ(check_order(&t, cases[i].order, NULL, &c), !cases[i].at);
        CHECK_STR(c.report.why, cases[i].why);
        CHECK_EQ(c.report.broken_at, cases[i].at);
    }
}

static void what_was_noted_must_be_there_E10(void **state)
{
    (void)state;
    static const size_t all[] = { 1, 2, 3, 4, 0 };
    struct trail t;
    struct audit_check c;
    make(&t);
    struct audit_head noted = { .count = 2 };
    memcpy(noted.hash, t.lines[1].hash, sizeof(noted.hash));
    CHECK(check_order(&t, all, &noted, &c));
    noted.hash[0] ^= 1;
    CHECK(!check_order(&t, all, &noted, &c));
    CHECK_EQ(c.report.broken_at, 2);
    noted.count = LINES + 1;
    CHECK(!check_order(&t, all, &noted, &c));
    CHECK(strstr(c.report.why, "cut off"));
}

static void every_field_of_a_head_is_signed(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf one, two;
    struct trail t;
    struct err e;
    make(&t);
    buf_init(&one, AUDIT_SIGNED_MAX);
    buf_init(&two, AUDIT_SIGNED_MAX);
    CHECK_OK(audit_head_signed(&t.head, &one, &e), &e);
    for (unsigned i = 0; i < 4; i++) {
        struct audit_head h = t.head;
        h.count += i == 0;
        h.at_ms += i == 1;
        h.store[0] ^= i == 2;
        h.hash[31] ^= i == 3;
        buf_clear(&two);
        CHECK_OK(audit_head_signed(&h, &two, &e), &e);
        CHECK(one.len == two.len && memcmp(one.data, two.data, one.len) != 0);
    }
    CHECK_EQ(one.len, 64 + 23 + 8 + 36 + 8 + 32 + 8);
}

GROUP(flow_audit_file, cmocka_unit_test(a_line_is_read_as_it_was_written), cmocka_unit_test(the_order_of_lines_is_part_of_the_trail_E10),
      cmocka_unit_test(what_was_noted_must_be_there_E10), cmocka_unit_test(every_field_of_a_head_is_signed))
