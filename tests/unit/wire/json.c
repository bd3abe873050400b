#include "wire/json.h"

#include "unit/check.h"

static void texts_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err_kind kind; /* ERR_NONE: read */
        const char *again;  /* as it is written; NULL = as it was */
    } cases[] = {
        { "{\"a\":[1,2.5,true,null,\"\\u00e9\"],\"b\":{}}", ERR_NONE, "{\"a\":[1,2.5,true,null,\"\xc3\xa9\"],\"b\":{}}" },
        { "null", ERR_NONE, NULL },
        { " [ ] \n", ERR_NONE, "[]" },
        { "\"[[[[\\\"[[[[,,,,\"", ERR_NONE, NULL },
        { "{\"b\":1,\"a\":2}", ERR_NONE, NULL }, /* the order of keys is kept */
        { "", ERR_INPUT, NULL },
        { " ", ERR_INPUT, NULL },
        { "{", ERR_INPUT, NULL },
        { "{}{}", ERR_INPUT, NULL },
        { "{} x", ERR_INPUT, NULL },
        { "{'a':1}", ERR_INPUT, NULL },
        { "{a:1}", ERR_INPUT, NULL },
        { "{\"a\":1,}", ERR_INPUT, NULL },
        { "[1,]", ERR_INPUT, NULL },
        { "{\"a\":1,\"a\":2}", ERR_INPUT, NULL },
        { "{\"a\":{\"b\":1,\"b\":1}}", ERR_INPUT, NULL },
        { "// c\n{}", ERR_INPUT, NULL },
        { "01", ERR_INPUT, NULL },
        { "+1", ERR_INPUT, NULL },
        { ".5", ERR_INPUT, NULL },
        { "NaN", ERR_INPUT, NULL },
        { "1e999", ERR_INPUT, NULL },
        { "99999999999999999999", ERR_INPUT, NULL },
        { "\"a\nb\"", ERR_INPUT, NULL },
        { "\"\\u0000\"", ERR_INPUT, NULL },
        { "\"\\ud800\"", ERR_INPUT, NULL },
        { "\"\xff\"", ERR_INPUT, NULL },
        { "\"\xc0\xaf\"", ERR_INPUT, NULL },
        { "\xef\xbb\xbf{}", ERR_INPUT, NULL },
        { "\"a", ERR_INPUT, NULL },
        { "\"\\", ERR_INPUT, NULL },
        { "]", ERR_INPUT, NULL },
        { "[[[[]]]]", ERR_LIMIT, NULL },
        { "{\"a\":{\"a\":[[]]}}", ERR_LIMIT, NULL },
        { "[[[[[[[[[[[[[[[[[[[[[[[[", ERR_LIMIT, NULL },
        { "[1,2,3,4,5,6,7,8,9,10]", ERR_LIMIT, NULL },
    };
    struct wire_json_limits limits = { .bytes = 100, .depth = 3, .values = 10 };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = { 0 };
        struct buf b;
        json_t *value = NULL;
        bool ok = wire_json_read(cases[i].text, strlen(cases[i].text), &limits, &value, &e);
        if (ok != !cases[i].kind || (!ok && e.kind != cases[i].kind))
            fail_msg("\"%s\": %s", cases[i].text, e.msg);
        CHECK(ok || !value);
        if (!ok)
            continue;
        buf_init(&b, 100);
        CHECK_OK(wire_json_write(&b, value, &e), &e);
        CHECK_STR(buf_str(&b), cases[i].again ? cases[i].again : cases[i].text);
        buf_done(&b);
        json_decref(value);
    }
}

static void limits_have_defaults(void **state)
{
    (void)state;
    struct err e;
    struct buf b;
    json_t *value;
    buf_init(&b, WIRE_JSON_MAX + 2);
    for (size_t i = 0; i < WIRE_JSON_DEPTH_MAX; i++)
        CHECK_OK(buf_puts(&b, "[", &e), &e);
    for (size_t i = 0; i < WIRE_JSON_DEPTH_MAX; i++)
        CHECK_OK(buf_puts(&b, "]", &e), &e);
    CHECK_OK(wire_json_read(buf_str(&b), b.len, NULL, &value, &e), &e);
    json_decref(value);
    b.data[0] = '1';
    CHECK_FAILS(wire_json_read(buf_str(&b), b.len, NULL, &value, &e), &e, ERR_INPUT);
    buf_clear(&b);
    for (size_t i = 0; i <= WIRE_JSON_MAX; i++)
        CHECK_OK(buf_puts(&b, " ", &e), &e);
    CHECK_FAILS(wire_json_read(buf_str(&b), b.len, NULL, &value, &e), &e, ERR_LIMIT);
    buf_done(&b);
}

static void writing_is_bounded(void **state)
{
    (void)state;
    struct err e;
    struct buf b;
    json_t *value = json_pack("[s, s]", "0123456789", "0123456789");
    buf_init(&b, 20);
    CHECK_OK(buf_puts(&b, "before", &e), &e);
    CHECK_FAILS(wire_json_write(&b, value, &e), &e, ERR_LIMIT);
    CHECK_STR(buf_str(&b), "before");
    buf_done(&b);
    json_decref(value);
}

GROUP(wire_json, cmocka_unit_test(texts_are_read_or_refused), cmocka_unit_test(limits_have_defaults),
      cmocka_unit_test(writing_is_bounded))
