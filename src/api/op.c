#include "api/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/site.h"
#include "http/request.h"
#include "http/response.h"
#include "wire/http1.h"
#include "wire/json.h"
#include "wire/url.h"
#include "wire/xml.h"

enum { UUID_LEN = 36 };

const char *api_param(const struct api_call *c, const char *name)
{
    return http_request_param(c->rq, name);
}

static bool is_uuid(const char *s)
{
    for (size_t i = 0; i < UUID_LEN; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !strchr("0123456789abcdef", text_lower(s[i])) || !s[i])
            return false;
    return s[UUID_LEN] == '\0';
}

static char *lowered(struct arena *a, const char *s)
{
    char *out = arena_strdup(a, s);
    for (char *p = out; *p; p++)
        *p = text_lower(*p);
    return out;
}

bool api_param_urn(const struct api_call *c, const char *name, const char *type, const char **ret, struct err *e)
{
    return api_urn(c, api_param(c, name), type, ret, e);
}

bool api_urn(const struct api_call *c, const char *text, const char *type, const char **ret, struct err *e)
{
    const char *prefix = arena_printf(c->arena, "urn:vcloud:%s:", type);
    size_t len = strlen(prefix);
    const char *uuid = text_caseeq_n(text, strnlen(text, len), prefix, len) ? text + len : text;
    if (!is_uuid(uuid))
        return err_set(e, ERR_NOT_FOUND, "there is no %s of this id", type);
    *ret = arena_printf(c->arena, "%s%s", prefix, lowered(c->arena, uuid));
    return true;
}

const char *api_uuid(const char *urn)
{
    const char *colon = strrchr(urn, ':');
    return colon ? colon + 1 : urn;
}

const char *api_field(const struct api_call *c, const char *name)
{
    for (size_t i = 0; i < c->rq->head->fields_len; i++)
        if (text_caseeq(c->rq->head->fields[i].name, name))
            return c->rq->head->fields[i].value;
    return NULL;
}

struct url_span api_query_text(const struct api_call *c)
{
    return c->rq->head->url.query;
}

bool api_query_of(const struct api_call *c, struct api_query *ret, struct err *e)
{
    return api_query_read(api_query_text(c), ret, c->arena, e);
}

bool api_query_value(const struct api_call *c, const char *name, const char **ret, struct err *e)
{
    struct url_query it;
    struct url_span key, value;
    *ret = NULL;
    url_query_start(&it, api_query_text(c));
    while (url_query_next(&it, &key, &value)) {
        if (key.len != strlen(name) || memcmp(key.at, name, key.len) != 0)
            continue;
        char *text = arena_alloc(c->arena, value.len + 1);
        if (!url_decode(value, URL_IN_QUERY, text, e))
            return err_in(e, "%s", name);
        *ret = text;
        return true;
    }
    return true;
}

bool api_body_json(const struct api_call *c, json_t **ret, struct err *e)
{
    *ret = NULL;
    if (c->rq->body_len == 0)
        return true;
    json_t *j;
    if (!wire_json_read((const char *)c->rq->body, c->rq->body_len, NULL, &j, e))
        return err_in(e, "the body");
    if (json_is_null(j)) {
        json_decref(j);
        return true;
    }
    if (!json_is_object(j)) {
        json_decref(j);
        return err_set(e, ERR_INPUT, "the body is not a JSON object");
    }
    *ret = j;
    return true;
}

bool api_get_text(const json_t *o, const char *key, size_t max, const char **ret, struct err *e)
{
    const json_t *v = json_object_get(o, key);
    *ret = NULL;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_string(v))
        return err_set(e, ERR_INPUT, "%s is not a text", key);
    if (json_string_length(v) > max)
        return err_set(e, ERR_INPUT, "%s is longer than %zu bytes", key, max);
    *ret = json_string_value(v);
    return true;
}

bool api_need_text(const json_t *o, const char *key, size_t max, const char **ret, struct err *e)
{
    if (!api_get_text(o, key, max, ret, e))
        return false;
    return (*ret && **ret) || err_set(e, ERR_INPUT, "%s is missing", key);
}

bool api_get_bool(const json_t *o, const char *key, bool otherwise, bool *ret, struct err *e)
{
    const json_t *v = json_object_get(o, key);
    *ret = otherwise;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_boolean(v))
        return err_set(e, ERR_INPUT, "%s is neither true nor false", key);
    *ret = json_is_true(v);
    return true;
}

bool api_get_number(const json_t *o, const char *key, int64_t min, int64_t max, int64_t otherwise, int64_t *ret,
                    struct err *e)
{
    const json_t *v = json_object_get(o, key);
    *ret = otherwise;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
        return err_set(e, ERR_INPUT, "%s is not a number from %lld to %lld", key, (long long)min, (long long)max);
    *ret = json_integer_value(v);
    return true;
}

bool api_ref_of(const struct api_call *c, const json_t *ref, const char *type, struct api_ref *ret, struct err *e)
{
    const char *id;
    *ret = (struct api_ref){ NULL, NULL };
    if (!json_is_object(ref))
        return err_set(e, ERR_INPUT, "a reference to a %s is no object with id and name", type);
    if (!api_get_text(ref, "id", STORE_ID_MAX, &id, e) || !api_get_text(ref, "name", STORE_NAME_MAX, &ret->name, e))
        return false;
    if (id && !api_urn(c, id, type, &ret->id, e))
        return err_set(e, ERR_INPUT, "there is no %s of this id", type);
    return ret->id || ret->name || err_set(e, ERR_INPUT, "a reference to a %s has neither id nor name", type);
}

bool api_get_ref(const struct api_call *c, const json_t *o, const char *key, const char *type, struct api_ref *ret,
                 struct err *e)
{
    const json_t *ref = json_object_get(o, key);
    *ret = (struct api_ref){ NULL, NULL };
    return !ref || json_is_null(ref) || api_ref_of(c, ref, type, ret, e);
}

static void content_type(struct api_call *c, const char *type)
{
    http_response_field(c->rs, "Content-Type", arena_printf(c->arena, "%s;version=%u.%u", type, c->accept.version.major,
                                                            c->accept.version.minor));
}

bool api_answer_json(struct api_call *c, int status, json_t *take, struct err *e)
{
    if (!take)
        return err_set(e, ERR_INTERNAL, "the answer can't be written as JSON");
    c->rs->status = status;
    content_type(c, c->face == API_LEGACY ? "application/*+json" : "application/json");
    bool ok = wire_json_write(&c->rs->body, take, e);
    json_decref(take);
    return ok;
}

void api_answer_empty(struct api_call *c, int status)
{
    c->rs->status = status;
}

void api_answer_task(struct api_call *c, const char *task_urn)
{
    c->rs->status = 202;
    http_response_field(c->rs, "Location", api_href(c, "/api/task/%s", api_uuid(task_urn)));
}

bool api_answer_xml(struct api_call *c, int status, const char *type, struct xml_writer *w, struct err *e)
{
    c->rs->status = status;
    content_type(c, arena_printf(c->arena, "%s+xml", type));
    return xml_writer_end(w, e);
}

const char *api_href(const struct api_call *c, const char *fmt, ...)
{
    char path[URL_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(path, sizeof(path), fmt, args);
    va_end(args);
    return arena_printf(c->arena, "%s%s", c->site->base_url, path);
}

json_t *api_json_text(const char *s)
{
    return s ? json_string(s) : json_null();
}

json_t *api_json_ref(const char *name, const char *id)
{
    return id ? json_pack("{s:s?, s:s}", "name", name, "id", id) : json_null();
}

json_t *api_json_time(int64_t ms)
{
    char text[TEXT_TIME];
    if (ms == 0)
        return json_null();
    text_time(ms / 1000, text);
    text[strlen(text) - 1] = '\0'; /* the Z comes behind the fraction */
    return json_sprintf("%s.%03dZ", text, (int)(ms % 1000));
}

bool api_need(const struct api_call *c, enum right r, struct err *e)
{
    return caller_may(&c->caller, r) || err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(r));
}
