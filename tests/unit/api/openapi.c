#include "api/openapi.h"

#include <jansson.h>
#include <stdio.h>

#include "api/tables.h"
#include "base/def.h"
#include "unit/api/rig.h"
#include "wire/json.h"

static json_t *description(void)
{
    struct err e;
    json_t *doc;
    CHECK_OK(wire_json_read(api_openapi_text, api_openapi_len, NULL, &doc, &e), &e);
    return doc;
}

static void lower(const char *text, char out[16])
{
    size_t i = 0;
    for (; text[i] && i < 15; i++)
        out[i] = (char)(text[i] | 0x20);
    out[i] = '\0';
}

static void every_route_is_described(void **state)
{
    (void)state;
    AUTO(wire_json_decrefp) json_t *doc = description();
    const json_t *paths = json_object_get(doc, "paths");
    for (size_t i = 0; api_tables[i]; i++)
        for (const struct api_op *op = api_tables[i]; op->method; op++) {
            char method[16];
            lower(op->method, method);
            const json_t *said = json_object_get(json_object_get(paths, op->pattern), method);
            if (!json_is_string(json_object_get(said, "summary")) || !json_is_object(json_object_get(said, "responses")))
                fail_msg("src/api/openapi.json does not describe %s %s", op->method, op->pattern);
        }
}

static bool is_route(const char *method, const char *path)
{
    for (size_t i = 0; api_tables[i]; i++)
        for (const struct api_op *op = api_tables[i]; op->method; op++) {
            char own[16];
            lower(op->method, own);
            if (strcmp(own, method) == 0 && strcmp(op->pattern, path) == 0)
                return true;
        }
    return false;
}

static void nothing_is_described_that_is_not_served(void **state)
{
    (void)state;
    AUTO(wire_json_decrefp) json_t *doc = description();
    const char *path, *method;
    json_t *methods, *op;
    json_object_foreach(json_object_get(doc, "paths"), path, methods) {
        json_object_foreach(methods, method, op) {
            if (!is_route(method, path))
                fail_msg("src/api/openapi.json describes %s %s, which nobody serves", method, path);
        }
    }
}

/* Every "$ref" points to something that is there. */
static void check_refs(const json_t *doc, const json_t *at)
{
    static const char prefix[] = "#/components/schemas/";
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(at))
        json_array_foreach(at, i, value)
            check_refs(doc, value);
    if (!json_is_object(at))
        return;
    json_object_foreach((json_t *)(uintptr_t)at, key, value) {
        if (strcmp(key, "$ref") == 0) {
            CHECK_EQ(strncmp(json_string_value(value), prefix, sizeof(prefix) - 1), 0);
            const json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
            CHECK(json_object_get(schemas, json_string_value(value) + sizeof(prefix) - 1));
        }
        check_refs(doc, value);
    }
}

static void it_is_whole_and_served_to_anybody(void **state)
{
    struct rig *r = *state;
    AUTO(wire_json_decrefp) json_t *doc = description();
    CHECK_STR(json_string_value(json_object_get(doc, "openapi")), "3.0.3");
    check_refs(doc, doc);
    CHECK_EQ(rig_call(r, "GET /cloudapi/vouchsafe/1.0.0/openapi.json", "", NULL), 200);
    CHECK_STR(rig_body(r), api_openapi_text);
    CHECK_STR(rig_field(r, "Content-Type"), "application/json");
}

GROUP(api_openapi, cmocka_unit_test(every_route_is_described), cmocka_unit_test(nothing_is_described_that_is_not_served),
      WITH_RIG(it_is_whole_and_served_to_anybody))
