/* Archives: data/archive/<name>.zip and .tar, with what they give in <name>.out; the hostile ones say what they are. */
#include "wire/archive.h"

#include "base/mem.h"
#include "unit/check.h"
#include "unit/wire/cases.h"

static bool list_file(void *self, const struct wire_archive_file *f, struct err *e)
{
    CHECK_EQ(f->data[f->len], 0);
    return buf_printf(self, e, "%s %zu\n", f->path, f->len);
}

/* Lists the files, then "done" or the kind of the refusal; true when it was read to its end. */
static bool list(const uint8_t *data, size_t len, const struct wire_archive_limits *limits, struct buf *out)
{
    struct err e = { 0 };
    bool ok = wire_archive_read(data, len, limits, list_file, out, &e);
    CHECK(buf_printf(out, &e, "%s\n", ok ? "done" : err_kind_name(e.kind)));
    if (!ok)
        CHECK(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
    return ok;
}

static void check_file(void *ctx, const struct case_file *f)
{
    struct buf out;
    buf_init(&out, CASE_MAX);
    (void)list(f->data, f->len, NULL, &out);
    cases_golden(ctx, f->name, &out);
    buf_done(&out);
}

static void archives_give_their_files_or_are_refused(void **state)
{
    (void)state;
    CHECK(cases_each("archive", ".zip", check_file, "archive") >= 20);
    CHECK(cases_each("archive", ".tar", check_file, "archive") >= 7);
}

static void check_cut(void *ctx, const struct case_file *f)
{
    struct buf out;
    buf_init(&out, CASE_MAX);
    if (f->len > 4096 || !list(f->data, f->len, NULL, &out)) {
        buf_done(&out);
        return;
    }
    ++*(size_t *)ctx;
    for (size_t len = 0; len < f->len; len++) {
        uint8_t *part = xmemdup(f->data, len ? len : 1); /* so that a sanitizer sees a read past the end */
        buf_clear(&out);
        if (list(part, len, NULL, &out))
            fail_msg("%s cut off at %zu of %zu was read to its end", f->name, len, f->len);
        freep(&part);
    }
    buf_done(&out);
}

static void a_zip_that_is_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    size_t tried = 0;
    CHECK(cases_each("archive", ".zip", check_cut, &tried) > 0);
    CHECK(tried >= 4);
}

static void check_limits(void *ctx, const struct case_file *f)
{
    static const struct {
        struct wire_archive_limits limits;
        const char *names; /* in the message */
    } cases[] = {
        { { .bytes = 700 }, "larger than 700 bytes" },
        { { .entries = 5 }, "more than 5 entries" },
        { { .entry = 58 }, "larger than 58 bytes" },
        { { .total = 120 }, "more than 120 bytes" },
    };
    if (strcmp(f->name, "vcenter-bundle") != 0)
        return;
    ++*(size_t *)ctx;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct buf out;
        buf_init(&out, CASE_MAX);
        CHECK_FAILS(wire_archive_read(f->data, f->len, &cases[i].limits, list_file, &out, &e), &e, ERR_LIMIT);
        if (!strstr(e.msg, cases[i].names))
            fail_msg("case %zu says: %s", i, e.msg);
        buf_done(&out);
    }
    struct wire_archive_limits just = { .bytes = f->len, .entries = 6, .entry = 59, .total = 121 };
    struct buf out;
    buf_init(&out, CASE_MAX);
    CHECK(list(f->data, f->len, &just, &out));
    buf_done(&out);
}

static void each_cap_is_named_and_exact(void **state)
{
    (void)state;
    size_t tried = 0;
    (void)cases_each("archive", ".zip", check_limits, &tried);
    CHECK_EQ(tried, 1);
}

static void check_ratio(void *ctx, const struct case_file *f)
{
    struct err e;
    struct buf out;
    if (strcmp(f->name, "bomb") != 0)
        return;
    ++*(size_t *)ctx;
    buf_init(&out, CASE_MAX);
    CHECK_FAILS(wire_archive_read(f->data, f->len, NULL, list_file, &out, &e), &e, ERR_LIMIT);
    CHECK(strstr(e.msg, "more than 100 times its size"));
    CHECK_EQ(out.len, 0);
    CHECK_OK(wire_archive_read(f->data, f->len, &(struct wire_archive_limits){ .ratio = 1100 }, list_file, &out, &e), &e);
    buf_done(&out);
}

static void a_bomb_is_known_by_its_ratio(void **state)
{
    (void)state;
    size_t tried = 0;
    (void)cases_each("archive", ".zip", check_ratio, &tried);
    CHECK_EQ(tried, 1);
}

static bool stop(void *self, const struct wire_archive_file *f, struct err *e)
{
    ++*(size_t *)self;
    return err_set(e, ERR_CONFLICT, "enough after %s", f->path);
}

static void check_stop(void *ctx, const struct case_file *f)
{
    struct err e;
    size_t calls = 0;
    if (strcmp(f->name, "stored") != 0)
        return;
    ++*(size_t *)ctx;
    CHECK_FAILS(wire_archive_read(f->data, f->len, NULL, stop, &calls, &e), &e, ERR_CONFLICT);
    CHECK_EQ(calls, 1);
}

static void the_receiver_can_stop(void **state)
{
    (void)state;
    size_t tried = 0;
    (void)cases_each("archive", ".zip", check_stop, &tried);
    CHECK_EQ(tried, 1);
}

GROUP(wire_archive, cmocka_unit_test(archives_give_their_files_or_are_refused),
      cmocka_unit_test(a_zip_that_is_cut_off_anywhere_is_refused), cmocka_unit_test(each_cap_is_named_and_exact),
      cmocka_unit_test(a_bomb_is_known_by_its_ratio), cmocka_unit_test(the_receiver_can_stop))
