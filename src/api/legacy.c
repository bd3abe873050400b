#include "api/legacy.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"

/* "vmext:VimServer" is "vimServer" in JSON. */
static const char *key_of(struct legacy *l, const char *name)
{
    const char *colon = strchr(name, ':');
    char *key = arena_strdup(l->c->arena, colon ? colon + 1 : name);
    key[0] = text_lower(key[0]);
    return key;
}

static json_t *here(struct legacy *l)
{
    return l->at[l->depth - 1];
}

static void set(struct legacy *l, const char *name, json_t *take)
{
    if (!take)
        take = json_null();
    (void)json_object_set_new(here(l), key_of(l, name), take);
}

void legacy_start(struct legacy *l, struct api_call *c, const char *name)
{
    *l = (struct legacy){ .c = c, .json = c->accept.format == API_JSON };
    if (l->json) {
        l->at[l->depth++] = json_object();
        return;
    }
    xml_writer_start(&l->xml, &c->rs->body);
    xml_declaration(&l->xml);
    xml_open(&l->xml, name);
    xml_attr(&l->xml, "xmlns", LEGACY_NS);
    if (strncmp(name, "vmext:", 6) == 0)
        xml_attr(&l->xml, "xmlns:vmext", LEGACY_EXT_NS);
}

void legacy_begin(struct legacy *l, struct api_call *c, const char *name, const char *href, const char *type)
{
    legacy_start(l, c, name);
    legacy_attr(l, "href", href);
    legacy_attr(l, "type", arena_printf(c->arena, "%s+%s", type, l->json ? "json" : "xml"));
}

void legacy_prefixes(struct legacy *l)
{
    if (l->json)
        return;
    xml_attr(&l->xml, "xmlns:ovf", LEGACY_OVF_NS);
    xml_attr(&l->xml, "xmlns:vmext", LEGACY_EXT_NS);
}

void legacy_attr(struct legacy *l, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    if (l->json)
        set(l, name, json_string(value));
    else
        xml_attr(&l->xml, name, value);
}

void legacy_attr_number(struct legacy *l, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)value);
    if (l->json)
        set(l, name, json_integer(value));
    else
        xml_attr(&l->xml, name, text);
}

void legacy_attr_bool(struct legacy *l, const char *name, bool value)
{
    if (l->json)
        set(l, name, json_boolean(value));
    else
        xml_attr(&l->xml, name, value ? "true" : "false");
}

void legacy_attr_time(struct legacy *l, const char *name, int64_t ms)
{
    if (ms == 0)
        return;
    json_t *text = api_json_time(ms);
    legacy_attr(l, name, json_string_value(text));
    json_decref(text);
}

void legacy_leaf(struct legacy *l, const char *name, const char *value)
{
    if (!value)
        return;
    if (l->json)
        set(l, name, json_string(value));
    else
        xml_leaf(&l->xml, name, value);
}

void legacy_leaf_number(struct legacy *l, const char *name, int64_t value)
{
    if (l->json)
        set(l, name, json_integer(value));
    else
        xml_leaf_integer(&l->xml, name, value);
}

void legacy_leaf_bool(struct legacy *l, const char *name, bool value)
{
    if (l->json)
        set(l, name, json_boolean(value));
    else
        xml_leaf_boolean(&l->xml, name, value);
}

void legacy_leaf_time(struct legacy *l, const char *name, int64_t ms)
{
    json_t *text = api_json_time(ms);
    legacy_leaf(l, name, json_string_value(text));
    json_decref(text);
}

/* An object at the next depth; the one before owns it. */
static void down(struct legacy *l, json_t *object)
{
    if (l->depth < LEGACY_DEPTH)
        l->at[l->depth++] = object;
}

void legacy_open(struct legacy *l, const char *name)
{
    if (!l->json) {
        xml_open(&l->xml, name);
        return;
    }
    json_t *object = json_object();
    set(l, name, object);
    down(l, object);
}

void legacy_array(struct legacy *l, const char *name)
{
    if (l->json && !json_object_get(here(l), key_of(l, name)))
        set(l, name, json_array());
}

void legacy_item(struct legacy *l, const char *name)
{
    if (!l->json) {
        xml_open(&l->xml, name);
        return;
    }
    json_t *object = json_object();
    legacy_array(l, name);
    (void)json_array_append_new(json_object_get(here(l), key_of(l, name)), object);
    down(l, object);
}

void legacy_close(struct legacy *l)
{
    if (l->json)
        l->depth--;
    else
        xml_close(&l->xml);
}

void legacy_link(struct legacy *l, const char *rel, const char *type, const char *href)
{
    legacy_item(l, "Link");
    legacy_attr(l, "rel", rel);
    legacy_attr(l, "type", type);
    legacy_attr(l, "href", href);
    legacy_close(l);
}

void legacy_ref(struct legacy *l, const char *name, const char *href, const char *id, const char *type, const char *text)
{
    legacy_open(l, name);
    legacy_attr(l, "href", href);
    legacy_attr(l, "id", id);
    legacy_attr(l, "type", type);
    legacy_attr(l, "name", text);
    legacy_close(l);
}

void legacy_named(struct legacy *l, const char *name, const char *href, const char *type, const char *text)
{
    legacy_item(l, name);
    legacy_attr(l, "href", href);
    legacy_attr(l, "name", text);
    legacy_attr(l, "type", type);
    legacy_close(l);
}

bool legacy_end(struct legacy *l, int status, const char *type, struct err *e)
{
    if (l->json)
        return api_answer_json(l->c, status, l->at[0], e);
    xml_close(&l->xml);
    return api_answer_xml(l->c, status, type, &l->xml, e);
}

/* ---- bodies ---- */

static bool is_json(const struct api_call *c)
{
    const char *type = api_field(c, "Content-Type");
    if (type && strstr(type, "json"))
        return true;
    if (type && strstr(type, "xml"))
        return false;
    return c->rq->body[0] == '{' || c->rq->body[0] == 'n';
}

bool legacy_body(struct api_call *c, struct legacy_in *ret, struct err *e)
{
    json_t *json;
    struct xml_element *xml;
    *ret = (struct legacy_in){ 0 };
    if (c->rq->body_len == 0 || (c->rq->body_len == 4 && memcmp(c->rq->body, "null", 4) == 0))
        return true;
    if (is_json(c)) {
        if (!api_body_json(c, &json, e))
            return false;
        ret->json = json;
        return true;
    }
    if (!xml_parse(c->rq->body, c->rq->body_len, NULL, c->arena, &xml, e))
        return err_in(e, "the body");
    ret->xml = xml;
    return true;
}

void legacy_body_done(struct legacy_in *in)
{
    json_decref((json_t *)(uintptr_t)in->json);
    *in = (struct legacy_in){ 0 };
}

bool legacy_in_is(const struct legacy_in *in, const char *name, struct err *e)
{
    return !in->xml || strcmp(in->xml->name, name) == 0 || err_set(e, ERR_INPUT, "the body is no %s", name);
}

bool legacy_in_empty(const struct legacy_in *in)
{
    return !in->xml && !in->json;
}

/* A member by its XML name, with a small first letter or as it is (clients write both). */
static const json_t *member(const json_t *o, const char *name)
{
    char key[64];
    (void)text_copy(key, sizeof(key), name);
    key[0] = text_lower(key[0]);
    const json_t *v = json_object_get(o, key);
    return v ? v : json_object_get(o, name);
}

struct legacy_in legacy_in_child(const struct legacy_in *in, const char *name)
{
    return (struct legacy_in){ .xml = xml_child(in->xml, NULL, name), .json = in->json ? member(in->json, name) : NULL };
}

static bool json_text(const json_t *v, const char *name, const char **ret, struct err *e)
{
    *ret = json_string_value(v);
    return !v || json_is_null(v) || *ret || err_set(e, ERR_INPUT, "%s is not a text", name);
}

bool legacy_in_text(const struct legacy_in *in, const char *name, const char **ret, struct err *e)
{
    if (in->json)
        return json_text(member(in->json, name), name, ret, e);
    *ret = xml_child_text(in->xml, NULL, name);
    return true;
}

bool legacy_in_attr(const struct legacy_in *in, const char *name, const char **ret, struct err *e)
{
    if (in->json)
        return json_text(member(in->json, name), name, ret, e);
    *ret = in->xml ? xml_attribute(in->xml, NULL, name) : NULL;
    return true;
}

bool legacy_in_bool(const struct legacy_in *in, const char *name, bool otherwise, bool *ret, struct err *e)
{
    *ret = otherwise;
    if (in->json) {
        const json_t *v = member(in->json, name);
        if (!v || json_is_null(v))
            return true;
        *ret = json_is_true(v);
        return json_is_boolean(v) || err_set(e, ERR_INPUT, "%s is neither true nor false", name);
    }
    const struct xml_element *el = xml_child(in->xml, NULL, name);
    return !el || xml_boolean(el, ret) || err_set(e, ERR_INPUT, "%s is neither true nor false", name);
}
