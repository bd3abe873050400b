/* Filters of the query API as clients write them: operators plain or encoded, values encoded inside (vcd-api.md 4.1). */
#include "api/query.h"

#include "base/arena.h"
#include "flow/vcenter.h"
#include "unit/check.h"

#define UUID "0e94c16e-02a7-48e5-8586-b569faa6920e"

static bool matches(const char *raw, bool encoded, struct err *e, bool *ret)
{
    static const struct vcenter row = { .urn = VCENTER_URN UUID, .name = "vc 1;a", .url = "https://vc1", .username = "u",
                                        .enabled = true, .connected = true, .listener = VCENTER_CONNECTED, .version = "7.0.3",
                                        .uuid = "", .nsxv.host = "" };
    AUTO(arena_done) struct arena a = { 0 };
    struct fiql *filter;
    if (!query_filter(raw, strlen(raw), encoded, &query_types[0], &a, &filter, e))
        return false;
    *ret = fiql_match(filter, &row, query_types[0].get);
    return true;
}

static void what_clients_write_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        bool encoded, match;
    } cases[] = {
        { "", false, true },
        { "name==vc%201%3Ba", true, true },
        { "name==vc%201%3Ba", false, true }, /* filterEncode: the flag is misspelt, the value encoded all the same */
        { "name==vc+1%3Ba;", true, true },
        { "name==vc+1%3Ba;;", true, true },
        { "name==vc*", false, true },
        { "name!=vc*", false, false },
        { "name%3D%3Dvc*", false, true },
        { "name%3D%3Dvc%25201%253Ba", true, true }, /* encoded twice */
        { "isEnabled%3D%3Dtrue%3BvcVersion%3D%3D7*", false, true },
        { "isEnabled==true;listenerState==DISCONNECTED", false, false },
        { "(name==x,isSupported==true)", false, true },
        { "href==" UUID, false, true },
        { "href==" VCENTER_URN UUID, false, true },
        { "href==urn%3Avcloud%3Avimserver%3A" UUID, true, true },
        { "href==https://cell.example/api/admin/extension/vimServer/" UUID, false, true },
        { "href==https%3A%2F%2Fcell.example%3a443%2fapi%2FvimServer%2F" UUID ";isEnabled==true", true, true },
        { "href!=https%3A%2F%2Fcell%2F" UUID, true, false },
        { "href==https%3A%2F%2Fcell%2F11111111-02a7-48e5-8586-b569faa6920e", true, false },
        { "id==urn%3Avcloud%3Avimserver%3A" UUID, true, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        bool match = false;
        if (!matches(cases[i].raw, cases[i].encoded, &e, &match))
            fail_msg("%s: %s", cases[i].raw, e.msg);
        if (match != cases[i].match)
            fail_msg("%s: the other answer is right", cases[i].raw);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "nosuch==1", "name", "name=x", "name==%zz", "name%3D%3D%zz", "isEnabled==maybe", "(name==a",
                                         "name==a)", "href==" };
    for (size_t i = 0; i + 1 < ARRAY_LEN(cases); i++) {
        struct err e;
        bool match;
        if (matches(cases[i], true, &e, &match))
            fail_msg("%s was read", cases[i]);
        CHECK_EQ(e.kind, ERR_INPUT);
    }
}

static void every_type_is_whole(void **state)
{
    (void)state;
    for (const struct query_type *t = query_types; t->name; t++) {
        CHECK(t->fields_len <= QUERY_FIELDS_MAX);
        CHECK(t->record && t->reference && t->get && t->urn && t->href && t->entity_type && t->rows);
        for (const struct query_type *other = query_types; other != t; other++)
            CHECK(strcmp(other->name, t->name) != 0);
    }
}

GROUP(api_query, cmocka_unit_test(what_clients_write_is_read), cmocka_unit_test(nonsense_is_refused),
      cmocka_unit_test(every_type_is_whole))
