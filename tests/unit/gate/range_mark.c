#include "gate/range_mark.h"

#include <stdlib.h>

#include "unit/check.h"
#include "wire/http1.h"

/* A PUT with this framing and these Content-Range lines. */
static struct http1_head head_of(struct http1_field *fields, size_t len, int64_t length)
{
    return (struct http1_head){ .method = "PUT", .fields = fields, .fields_len = len,
                                .framing = length < 0 ? HTTP1_CHUNKED : HTTP1_LENGTH, .length = length < 0 ? 0 : (uint64_t)length };
}

static void claims_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t length; /* -1: chunked */
        bool ok;
        uint64_t from, len, total;
    } cases[] = {
        { "bytes 0-9/10", 10, true, 0, 10, 10 },
        { "bytes 0-0/1", 1, true, 0, 1, 1 },
        { "bytes 1048576-2097151/5242880", 1048576, true, 1048576, 1048576, 5242880 },
        { "bytes 4-9/10", -1, true, 4, 6, 10 },
        { "bytes 0-9223372036854775798/9223372036854775799", -1, true, 0, 9223372036854775799u, 9223372036854775799u },
        { "bytes 0-9/10", 9, false, 0, 0, 0 },                  /* the body is shorter */
        { "bytes 0-9/10", 11, false, 0, 0, 0 },
        { "bytes 0-9/9", 10, false, 0, 0, 0 },                  /* the last byte is behind the end */
        { "bytes 0-10/10", 11, false, 0, 0, 0 },
        { "bytes 9-0/10", 10, false, 0, 0, 0 },                 /* backwards */
        { "bytes 0-9/*", 10, false, 0, 0, 0 },                  /* a total is needed */
        { "bytes */10", 10, false, 0, 0, 0 },
        { "bytes 0-9", 10, false, 0, 0, 0 },
        { "bytes 0-9/", 10, false, 0, 0, 0 },
        { "bytes -9/10", 10, false, 0, 0, 0 },
        { "bytes 0-/10", 10, false, 0, 0, 0 },
        { "bytes=0-9/10", 10, false, 0, 0, 0 },
        { "Bytes 0-9/10", 10, false, 0, 0, 0 },
        { "items 0-9/10", 10, false, 0, 0, 0 },
        { "bytes  0-9/10", 10, false, 0, 0, 0 },
        { "bytes 0 -9/10", 10, false, 0, 0, 0 },
        { "bytes 0-9/10 ", 10, false, 0, 0, 0 },
        { "bytes 0-9/10, 20-29/30", 10, false, 0, 0, 0 },
        { "bytes +0-9/10", 10, false, 0, 0, 0 },
        { "bytes 0x0-9/10", 10, false, 0, 0, 0 },
        { "bytes 0-9223372036854775807/9223372036854775808", -1, false, 0, 0, 0 },
        { "bytes 18446744073709551616-18446744073709551617/18446744073709551618", 2, false, 0, 0, 0 },
        { "", 10, false, 0, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http1_field f = { "Content-Range", cases[i].text };
        const struct http1_head h = head_of(&f, 1, cases[i].length);
        struct range_claim c = { .from = 77 };
        struct err e = { 0 };
        if (range_claim_read(&h, &c, &e) != cases[i].ok)
            fail_msg("\"%s\" with %lld bytes: %s", cases[i].text, (long long)cases[i].length, e.msg);
        if (!cases[i].ok) {
            CHECK_EQ(e.kind, ERR_INPUT);
            CHECK_EQ(c.from, 77);
            continue;
        }
        CHECK(c.part && c.from == cases[i].from && c.len == cases[i].len && c.total == cases[i].total);
    }
}

static void without_a_range_it_is_the_whole_file(void **state)
{
    (void)state;
    struct http1_field two[] = { { "Content-Range", "bytes 0-9/10" }, { "content-range", "bytes 0-9/10" } };
    struct http1_head h = head_of(NULL, 0, 10);
    struct range_claim c;
    struct err e;
    CHECK_OK(range_claim_read(&h, &c, &e), &e);
    CHECK(!c.part && c.from == 0 && c.len == 10 && c.total == 10);
    h = head_of(NULL, 0, -1);
    CHECK_OK(range_claim_read(&h, &c, &e), &e);
    CHECK(!c.part && c.from == 0 && c.len == RANGE_UNKNOWN && c.total == RANGE_UNKNOWN);
    h = (struct http1_head){ .method = "PUT", .framing = HTTP1_NO_BODY };
    CHECK_OK(range_claim_read(&h, &c, &e), &e);
    CHECK(c.len == 0 && c.total == 0);
    h = head_of(two, 2, 10);
    CHECK_FAILS(range_claim_read(&h, &c, &e), &e, ERR_INPUT);
}

/* ---- the mark ---- */

enum { FILE_LEN = 2 * 1024 * 1024 };
static uint8_t file[FILE_LEN];

static struct range_claim claim(uint64_t from, uint64_t len)
{
    return (struct range_claim){ from, len, FILE_LEN, true };
}

/* Brings these bytes of the file as a client does, in runs of `run`; false: they differ from before. */
static bool bring(struct range_mark *m, const uint8_t *bytes, uint64_t from, uint64_t len, size_t run)
{
    const struct range_claim c = claim(from, len);
    CHECK_EQ(range_mark_begin(m, &c), RANGE_GO);
    for (uint64_t at = from; at < from + len;) {
        uint64_t n = from + len - at < run ? from + len - at : run, repeats = range_mark_repeats(m);
        if (repeats) {
            n = n < repeats ? n : repeats;
            if (!range_mark_compare(m, bytes + at, (size_t)n))
                return false;
        } else {
            CHECK(n <= range_mark_left(m));
            range_mark_take(m, bytes + at, (size_t)n);
        }
        at += n;
    }
    CHECK_EQ(range_mark_left(m), 0);
    return true;
}

static void setup(struct range_mark *m)
{
    for (size_t i = 0; i < FILE_LEN; i++)
        file[i] = (uint8_t)(i * 31 + i / 509);
    range_mark_init(m, FILE_LEN);
}

static void pieces_follow_each_other(void **state)
{
    (void)state;
    static const size_t runs[] = { 1, 1000, 16384, 65536, FILE_LEN };
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        struct range_mark m;
        size_t piece = runs[i] == 1 ? 999 : FILE_LEN / 4, until = runs[i] == 1 ? 2997 : FILE_LEN;
        setup(&m);
        for (uint64_t at = 0; at < until; at += piece) {
            CHECK(bring(&m, file, at, piece, runs[i]));
            range_mark_rest(&m, true);
            CHECK_EQ(m.at, at + piece);
            CHECK(!m.window); /* a finished piece leaves nothing behind */
        }
        CHECK_EQ(range_mark_complete(&m), until == FILE_LEN);
        range_mark_done(&m);
    }
}

static void nothing_is_skipped(void **state)
{
    (void)state;
    struct range_mark m;
    setup(&m);
    struct range_claim c = claim(1, 10);
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_ELSEWHERE);
    CHECK(bring(&m, file, 0, 1000, 100));
    range_mark_rest(&m, true);
    static const uint64_t bad[] = { 1001, 2000, FILE_LEN - 1, 1, 999 };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        c = claim(bad[i], 1);
        CHECK_EQ(range_mark_begin(&m, &c), RANGE_ELSEWHERE);
        CHECK_EQ(m.at, 1000);
    }
    CHECK(bring(&m, file, 1000, 10, 3)); /* it goes on where it was */
    range_mark_done(&m);
}

static void lengths_must_agree(void **state)
{
    (void)state;
    struct range_mark m;
    struct range_claim c = { 0, 10, FILE_LEN - 1, true };
    setup(&m);
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_DISAGREES);
    c = (struct range_claim){ 0, 10, 10, false };
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_DISAGREES);
    range_mark_done(&m);
    /* of a file whose length nobody knows the first that says one is believed */
    range_mark_init(&m, RANGE_UNKNOWN);
    c = (struct range_claim){ 0, 10, 20, true };
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_GO);
    range_mark_take(&m, file, 10);
    range_mark_rest(&m, true);
    c = (struct range_claim){ 10, 11, 21, true };
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_DISAGREES);
    c = (struct range_claim){ 10, 10, 20, true };
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_GO);
    range_mark_take(&m, file, 10);
    CHECK(range_mark_complete(&m));
    range_mark_done(&m);
}

static void a_finished_piece_may_be_repeated_from_its_start(void **state)
{
    (void)state;
    struct range_mark m;
    setup(&m);
    CHECK(bring(&m, file, 0, 5000, 700));
    range_mark_rest(&m, true);
    CHECK(bring(&m, file, 5000, 600000, 7000));
    range_mark_rest(&m, true);
    CHECK(bring(&m, file, 5000, 600000, 333)); /* the answer was lost */
    CHECK_EQ(m.at, 605000);
    range_mark_rest(&m, true);
    CHECK(bring(&m, file, 5000, 700000, 65536)); /* and a longer one goes on */
    CHECK_EQ(m.at, 705000);
    range_mark_rest(&m, true);
    static const struct range_claim bad[] = {
        { 0, 5000, FILE_LEN, true },      /* the one before the last */
        { 5001, 699999, FILE_LEN, true }, /* inside, and the window is gone */
        { 5000, 699999, FILE_LEN, true }, /* not all of it: can't be compared */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_EQ(range_mark_begin(&m, &bad[i]), RANGE_ELSEWHERE);
    CHECK_EQ(m.at, 705000);
    range_mark_done(&m);
}

static void a_broken_piece_goes_on_inside_its_window(void **state)
{
    (void)state;
    static const uint64_t backs[] = { 0, 1, 1000, RANGE_REPLAY - 1, RANGE_REPLAY };
    for (size_t i = 0; i < ARRAY_LEN(backs); i++) {
        struct range_mark m;
        setup(&m);
        CHECK(bring(&m, file, 0, 10, 10));
        range_mark_rest(&m, true);
        CHECK(bring(&m, file, 10, 777777, 5001));
        range_mark_rest(&m, false);
        uint64_t from = 777787 - backs[i];
        CHECK(bring(&m, file, from, backs[i] + 100, 1234));
        CHECK_EQ(m.at, 777887);
        range_mark_rest(&m, false);
        if (backs[i]) /* it was the same piece all the time */
            CHECK(bring(&m, file, 10, 777877, 9999));
        CHECK_EQ(m.at, 777887);
        const struct range_claim far = claim(m.at - RANGE_REPLAY - 1, RANGE_REPLAY + 1);
        range_mark_rest(&m, false);
        CHECK_EQ(range_mark_begin(&m, &far), RANGE_ELSEWHERE);
        range_mark_done(&m);
    }
}

static void other_bytes_are_noticed_and_change_nothing(void **state)
{
    (void)state;
    static uint8_t other[FILE_LEN];
    static const struct { uint64_t from, wrong; } cases[] = {
        { 1000, 1000 }, { 1000, 299999 }, { 1000, 150000 },         /* by the tally */
        { 299000, 299000 }, { 299000, 299999 }, { 100000, 100000 }, /* by the window */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct range_mark m;
        setup(&m);
        memcpy(other, file, FILE_LEN);
        other[cases[i].wrong] ^= 1;
        CHECK(bring(&m, file, 0, 1000, 1000));
        range_mark_rest(&m, true);
        CHECK(bring(&m, file, 1000, 299000, 10000));
        range_mark_rest(&m, false);
        CHECK(!bring(&m, other, cases[i].from, 300100 - cases[i].from, 777));
        CHECK_EQ(m.at, 300000);
        range_mark_rest(&m, false);
        CHECK(bring(&m, file, cases[i].from, 300100 - cases[i].from, 777)); /* it goes on where it was */
        CHECK_EQ(m.at, 300100);
        range_mark_done(&m);
    }
}

/* A repetition that breaks off again leaves everything as it was. */
static void a_repetition_may_break_off(void **state)
{
    (void)state;
    struct range_mark m;
    setup(&m);
    CHECK(bring(&m, file, 0, 400000, 9000));
    range_mark_rest(&m, false);
    for (int i = 0; i < 3; i++) {
        const struct range_claim c = claim(0, 500000);
        CHECK_EQ(range_mark_begin(&m, &c), RANGE_GO);
        CHECK(range_mark_compare(&m, file, 1000));
        range_mark_rest(&m, false);
        CHECK_EQ(m.at, 400000);
    }
    CHECK(bring(&m, file, 0, 500000, 9000));
    CHECK_EQ(m.at, 500000);
    range_mark_done(&m);
}

static void what_is_complete_wants_nothing(void **state)
{
    (void)state;
    struct range_mark m;
    setup(&m);
    CHECK(bring(&m, file, 0, FILE_LEN, 65536));
    range_mark_rest(&m, true);
    CHECK(range_mark_complete(&m));
    static const struct { struct range_claim c; enum range_verdict v; } cases[] = {
        { { 0, FILE_LEN, FILE_LEN, false }, RANGE_COMPLETE },
        { { 0, FILE_LEN, FILE_LEN, true }, RANGE_COMPLETE },
        { { FILE_LEN - 10, 10, FILE_LEN, true }, RANGE_COMPLETE },
        { { 0, FILE_LEN + 1, FILE_LEN + 1, false }, RANGE_DISAGREES },
        { { FILE_LEN, 1, FILE_LEN + 1, true }, RANGE_DISAGREES },
        { { 0, 10, 10, false }, RANGE_DISAGREES },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_EQ(range_mark_begin(&m, &cases[i].c), cases[i].v);
    range_mark_done(&m);
}

static void an_empty_file_is_a_file(void **state)
{
    (void)state;
    struct range_mark m;
    const struct range_claim c = { 0, 0, 0, false }, more = { 0, 1, 1, true };
    range_mark_init(&m, 0);
    CHECK_EQ(range_mark_begin(&m, &more), RANGE_DISAGREES);
    CHECK_EQ(range_mark_begin(&m, &c), RANGE_GO);
    CHECK_EQ(range_mark_left(&m), 0);
    CHECK(range_mark_complete(&m));
    range_mark_done(&m);
}

GROUP(gate_range_mark, cmocka_unit_test(claims_are_read_strictly), cmocka_unit_test(without_a_range_it_is_the_whole_file),
      cmocka_unit_test(pieces_follow_each_other), cmocka_unit_test(nothing_is_skipped), cmocka_unit_test(lengths_must_agree),
      cmocka_unit_test(a_finished_piece_may_be_repeated_from_its_start), cmocka_unit_test(a_broken_piece_goes_on_inside_its_window),
      cmocka_unit_test(other_bytes_are_noticed_and_change_nothing), cmocka_unit_test(a_repetition_may_break_off),
      cmocka_unit_test(what_is_complete_wants_nothing), cmocka_unit_test(an_empty_file_is_a_file))
