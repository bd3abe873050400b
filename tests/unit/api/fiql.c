#include "api/fiql.h"

#include "base/arena.h"
#include "base/buf.h"
#include "unit/check.h"

struct row {
    const char *name, *alias;
    int64_t port, enabled, when;
};

static const struct fiql_field fields[] = {
    { .name = "name", .type = FIQL_TEXT },     { .name = "alias", .type = FIQL_CASELESS },
    { .name = "port", .type = FIQL_NUMBER },   { .name = "isEnabled", .type = FIQL_BOOL },
    { .name = "when", .type = FIQL_TIME },     { .name = "password", .no_search = true, .no_sort = true },
    { .name = "virtualCenter.id", .type = FIQL_TEXT },
};

static struct fiql_value get(const void *self, size_t field)
{
    const struct row *r = self;
    switch (field) {
    case 0: return (struct fiql_value){ .text = r->name };
    case 1: return (struct fiql_value){ .text = r->alias };
    case 2: return (struct fiql_value){ .number = r->port };
    case 3: return (struct fiql_value){ .number = r->enabled };
    case 4: return (struct fiql_value){ .number = r->when };
    default: return (struct fiql_value){ .text = "urn:vcloud:vimserver:1" };
    }
}

static const struct row vc = { "vc one, (first)", "Root*CA", 443, 1, 1700000000000 };

static void filters_say_what_fiql_says(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        bool encoded, ok, match;
    } cases[] = {
        { "", false, true, true },
        { "name==vc*", false, true, true },
        { "name==VC*", false, true, false },
        { "alias==root*ca", false, true, true },
        { "alias!=other", false, true, true },
        { "name==*one*", false, true, true },
        { "name==*", false, true, true },
        { "name==", false, true, false },
        { "name!=vc*", false, true, false },
        { "name==vc+one", false, true, false }, /* the form was decoded before */
        { "name==vc%20one%2C%20%28first%29", true, true, true },
        { "name==vc%20one%2C%20%28first%29", false, true, false },
        { "name==%zz", true, false, false },
        { "port==443", false, true, true },
        { "port=gt=442;port=lt=444", false, true, true },
        { "port=ge=444,port=le=443", false, true, true },
        { "port==1,port==2;port==443", false, true, false }, /* AND binds tighter */
        { "(port==1,port==443);isEnabled==true", false, true, true },
        { "((((isEnabled!=false))))", false, true, true },
        { "when=ge=2023-11-14T22:13:20Z", false, true, true },
        { "when=gt=2023-11-14T22:13:20Z", false, true, false },
        { "virtualCenter.id==urn:vcloud:vimserver:1", false, true, true },
        { "name", false, false, false },
        { "name=vc", false, false, false },
        { "name=like=vc", false, false, false },
        { "==vc", false, false, false },
        { "nosuch==1", false, false, false },
        { "password==1", false, false, false },
        { "port==four", false, false, false },
        { "port==443x", false, false, false },
        { "isEnabled==yes", false, false, false },
        { "isEnabled=gt=true", false, false, false },
        { "when==yesterday", false, false, false },
        { "(port==443", false, false, false },
        { "port==443)", false, false, false },
        { "port==443;", false, false, false },
        { ";port==443", false, false, false },
        { "port==443,,port==1", false, false, false },
        { "()", false, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = { 0 };
        struct fiql *f;
        struct err e;
        bool ok = fiql_parse(cases[i].filter, cases[i].encoded, fields, ARRAY_LEN(fields), &a, &f, &e);
        if (ok != cases[i].ok || (ok && fiql_match(f, &vc, get) != cases[i].match))
            fail_msg("\"%s\": %d %s", cases[i].filter, ok, ok ? "" : e.msg);
        CHECK(ok || (e.kind == ERR_INPUT && strncmp(e.msg, "filter: ", 8) == 0));
        arena_done(&a);
    }
}

static void filters_have_limits(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct fiql *f;
    struct err e;
    struct buf b;
    buf_init(&b, 1 << 16);
    for (int i = 0; i < FIQL_TERMS_MAX; i++)
        CHECK_OK(buf_printf(&b, &e, "%sport==%d", i ? "," : "", i), &e);
    CHECK_OK(fiql_parse(buf_str(&b), false, fields, ARRAY_LEN(fields), &a, &f, &e), &e);
    CHECK_OK(buf_puts(&b, ",port==1", &e), &e);
    CHECK_FAILS(fiql_parse(buf_str(&b), false, fields, ARRAY_LEN(fields), &a, &f, &e), &e, ERR_LIMIT);
    buf_clear(&b);
    for (int i = 0; i <= FIQL_DEPTH_MAX; i++)
        CHECK_OK(buf_puts(&b, "(", &e), &e);
    CHECK_FAILS(fiql_parse(buf_str(&b), false, fields, ARRAY_LEN(fields), &a, &f, &e), &e, ERR_LIMIT);
    buf_clear(&b);
    for (int i = 0; i <= FIQL_MAX; i++)
        CHECK_OK(buf_puts(&b, "x", &e), &e);
    CHECK_FAILS(fiql_parse(buf_str(&b), false, fields, ARRAY_LEN(fields), &a, &f, &e), &e, ERR_LIMIT);
    /* A pattern that would make a naive matcher try for ever. */
    static char long_name[2000];
    memset(long_name, 'a', sizeof(long_name) - 1);
    struct row r = { .name = long_name };
    CHECK_OK(fiql_parse("name==*a*a*a*a*a*a*a*a*a*a*a*a*a*b", false, fields, ARRAY_LEN(fields), &a, &f, &e), &e);
    CHECK(!fiql_match(f, &r, get));
    buf_done(&b);
    arena_done(&a);
}

static void rows_sort_by_their_fields(void **state)
{
    (void)state;
    struct fiql_sort sorts[2];
    struct err e;
    const struct row a = { "a", "X", 2, 0, 0 }, b = { "b", "x", 1, 0, 0 }, none = { NULL, NULL, 1, 0, 0 };
    CHECK_OK(fiql_sort_parse("alias", false, fields, ARRAY_LEN(fields), &sorts[0], &e), &e);
    CHECK_OK(fiql_sort_parse("port", true, fields, ARRAY_LEN(fields), &sorts[1], &e), &e);
    CHECK_EQ(fiql_compare(fields, sorts, 1, &a, &b, get), 0);
    CHECK_EQ(fiql_compare(fields, sorts, 2, &a, &b, get), -1);
    CHECK_EQ(fiql_compare(fields, sorts, 2, &none, &a, get), -1);
    CHECK_FAILS(fiql_sort_parse("password", false, fields, ARRAY_LEN(fields), &sorts[0], &e), &e, ERR_INPUT);
    CHECK_FAILS(fiql_sort_parse("nosuch", false, fields, ARRAY_LEN(fields), &sorts[0], &e), &e, ERR_INPUT);
}

GROUP(api_fiql, cmocka_unit_test(filters_say_what_fiql_says), cmocka_unit_test(filters_have_limits),
      cmocka_unit_test(rows_sort_by_their_fields))
