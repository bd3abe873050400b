#include "base/text.h"
#include "unit/store/kept.h"

static struct store_audit line_of(int number)
{
    static char entity[32];
    (void)snprintf(entity, sizeof(entity), "urn:%d", number % 3);
    return (struct store_audit){ .by = kept_by, .action = "test.done", .entity = entity, .text = "text", .data = "" };
}

static void append(struct kept *k, int number)
{
    struct err e;
    struct store_audit line = line_of(number);
    CHANGE_OK(k, store_audit_append(k->s, &line, &e), &e);
}

struct chain {
    uint8_t hash[DIGEST_SHA256];
    uint64_t rows, last;
    bool down;
};

static bool follow(void *self, const struct store_audit *line, struct err *e)
{
    struct chain *c = self;
    uint8_t want[DIGEST_SHA256];
    (void)e;
    c->rows++;
    CHECK(!c->last || (c->down ? line->seq == c->last - 1 : line->seq > c->last));
    c->last = line->seq;
    if (c->down)
        return true;
    store_audit_hash(c->hash, line, want);
    CHECK(!memcmp(want, line->hash, sizeof(want)));
    memcpy(c->hash, want, sizeof(want));
    return true;
}

static bool count_line(void *self, const struct store_audit *line, struct err *e)
{
    (void)line;
    (void)e;
    ++*(unsigned *)self;
    return true;
}

static unsigned count(struct kept *k, struct store_audit_query q)
{
    struct err e;
    unsigned n = 0;
    CHECK_OK(store_audit_list(k->s, &q, count_line, &n, &e), &e);
    return n;
}

/* Whoever exports the lines can check them without the store. */
static void the_chain_can_be_followed(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct chain c = { .rows = 0 };
    uint64_t lines;
    uint8_t head[DIGEST_SHA256];
    struct store_audit_report report;
    CHECK_OK(store_audit_verify(k->s, &report, &e), &e);
    CHECK(report.sound && report.checked == 0);
    for (int i = 0; i < 10; i++)
        append(k, i);
    store_audit_start(store_identity(k->s), c.hash);
    for (uint64_t before = 1; before != c.rows;) {
        before = c.rows;
        const struct store_audit_query q = { .limit = 3, .after = c.last };
        CHECK_OK(store_audit_list(k->s, &q, follow, &c, &e), &e);
    }
    CHECK_EQ(c.rows, 10);
    CHECK_OK(store_audit_head(k->s, &lines, head, &e), &e);
    CHECK_EQ(lines, 10);
    CHECK(!memcmp(head, c.hash, sizeof(head)));
    CHECK_OK(store_audit_verify(k->s, &report, &e), &e);
    CHECK(report.sound && report.checked == 10 && report.broken_at == 0);
    c = (struct chain){ .down = true };
    for (uint64_t before = 1; before != c.rows;) {
        before = c.rows;
        const struct store_audit_query q = { .newest_first = true, .limit = 4, .after = c.last };
        CHECK_OK(store_audit_list(k->s, &q, follow, &c, &e), &e);
    }
    CHECK_EQ(c.rows, 10);
    CHECK_EQ(c.last, 1);
    CHECK_EQ(count(k, (struct store_audit_query){ .entity = "urn:1" }), 3);
    CHECK_EQ(count(k, (struct store_audit_query){ .entity = "urn:1", .newest_first = true, .limit = 2 }), 2);
    CHECK_EQ(count(k, (struct store_audit_query){ .sha256 = head }), 0);
}

/* The published encoding: a change of it would break every chain that exists. */
static void the_encoding_is_what_the_page_says(void **state)
{
    (void)state;
    uint8_t start[DIGEST_SHA256], hash[DIGEST_SHA256], sha256[DIGEST_SHA256];
    char hex[2 * DIGEST_SHA256 + 1];
    memset(sha256, 0xab, sizeof(sha256));
    store_audit_start("0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b", start);
    text_hex(start, sizeof(start), hex);
    CHECK_STR(hex, "1e265c3c74de6f906aa2282d36493ee12e14e0e86cea80c9cfb4ebe74c0f3a86");
    const struct store_audit line = {
        .seq = 258, .id = "9b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b",
        .by = { "administrator@System", "10.0.0.7", "api", 1795428000123 },
        .action = "grant.add", .entity = "urn:1", .sha256 = sha256, .text = "text", .data = "{}",
    };
    store_audit_hash(start, &line, hash);
    text_hex(hash, sizeof(hash), hex);
    CHECK_STR(hex, "aa3c1880a5976c2c506d0baf687c8e8014fabe036d91e6cef0b86acf415aadee");
    struct store_audit without = line;
    without.sha256 = NULL;
    store_audit_hash(start, &without, hash);
    text_hex(hash, sizeof(hash), hex);
    CHECK_STR(hex, "7ad93b0c94df6d542ada542dc3351c67ba226390de5b16c94cc10d57ca491d7c");
}

/* Each field moves the hash, also when bytes only change from one field to the next. */
static void every_field_is_in_the_hash(void **state)
{
    (void)state;
    static const uint8_t before[DIGEST_SHA256] = { 1 }, other[DIGEST_SHA256] = { 2 };
    const struct store_audit line = { .seq = 1, .id = "i", .by = { "w", "f", "l", 5 }, .action = "a", .entity = "e",
                                      .text = "t", .data = "d" };
    struct store_audit changed[14];
    for (size_t i = 0; i < ARRAY_LEN(changed); i++)
        changed[i] = line;
    changed[1].seq = 2;
    changed[2].id = "I";
    changed[3].by.who = "W";
    changed[4].by.from = "F";
    changed[5].by.flow = "L";
    changed[6].by.at_ms = 6;
    changed[7].action = "A";
    changed[8].entity = "E";
    changed[9].sha256 = other;
    changed[10].text = "T";
    changed[11].data = "D";
    changed[12].text = "td", changed[12].data = "";
    changed[13].text = "", changed[13].data = "td";
    uint8_t hashes[ARRAY_LEN(changed) + 1][DIGEST_SHA256];
    for (size_t i = 0; i < ARRAY_LEN(changed); i++)
        store_audit_hash(before, &changed[i], hashes[i]);
    store_audit_hash(other, &line, hashes[ARRAY_LEN(changed)]);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        for (size_t j = 0; j < i; j++)
            CHECK(memcmp(hashes[i], hashes[j], DIGEST_SHA256) != 0);
}

static void senseless_lines_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    const struct store_audit good = line_of(1);
    struct store_audit bad[6];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].action = "Not a word";
    bad[1].by.who = "";
    bad[2].entity = "a\nb";
    bad[3].text = NULL;
    bad[4].data = "\x01";
    bad[5].by.from = "\xff";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHANGE_FAILS(k, store_audit_append(k->s, &bad[i], &e), &e, ERR_INPUT);
    CHECK_EQ(count(k, (struct store_audit_query){ 0 }), 0);
}

CONFORM_GROUP(audit, CONFORM(the_chain_can_be_followed, f), CONFORM(the_encoding_is_what_the_page_says, f),
              CONFORM(every_field_is_in_the_hash, f), CONFORM(senseless_lines_are_refused, f))
