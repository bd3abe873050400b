#include "unit/api/ask.h"

#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "wire/http1.h"

int desk_set_up(void **state)
{
    void *rig = NULL;
    struct desk *d = calloc(1, sizeof(*d));
    CHECK_EQ(rig_set_up(&rig), 0);
    d->rig = rig;
    d->g = ground_begin(d->rig->world);
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    *state = d;
    return 0;
}

int desk_tear_down(void **state)
{
    struct desk *d = *state;
    void *rig = d->rig;
    ground_end(d->g);
    free(d);
    return rig_tear_down(&rig);
}

void desk_become(struct desk *d, const char *name, const char *password)
{
    struct session_new n;
    d->token[0] = '\0';
    if (!name)
        return;
    ground_login(d->g, name, password, &n);
    CHECK(text_copy(d->token, sizeof(d->token), (const char *)n.access.bytes));
    session_new_done(&n);
}

static const char *fields_of(const struct desk *d, const char *basic, bool legacy, struct arena *a)
{
    struct err e;
    const char *all = "";
    AUTO(buf_done) struct buf text;
    buf_init(&text, 16384);
    if (basic) {
        CHECK_OK(text_base64(&text, basic, strlen(basic), &e), &e);
        all = arena_printf(a, "Authorization: Basic %s\r\n", buf_str(&text));
    } else if (d->token[0]) {
        all = arena_printf(a, "authorization: bearer %s\r\n", d->token);
    }
    if (d->tenant[0])
        all = arena_printf(a, "%sX-VMWARE-VCLOUD-TENANT-CONTEXT: %s\r\n", all, d->tenant);
    const char *accept = d->accept ? d->accept : legacy ? "application/*+xml;version=37.0" : "application/json;version=37.0";
    return arena_printf(a, "%sAccept: %s\r\n", all, accept);
}

struct answer ask_as(struct desk *d, const char *basic, const char *method, const char *target, const char *body)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *fields = fields_of(d, basic, strncmp(target, "/api/", 5) == 0, &a), *all = "";
    struct answer got = { .status = rig_call(d->rig, arena_printf(&a, "%s %s", method, target), fields, body) };
    const struct http_response *rs = &d->rig->rs;
    for (size_t i = 0; i < rs->fields_len; i++)
        all = arena_printf(&a, "%s%s: %s\n", all, rs->fields[i].name, rs->fields[i].value);
    got.fields = strdup(all);
    got.body = strdup(rig_body(d->rig));
    got.json = json_loads(got.body, JSON_REJECT_DUPLICATES, NULL);
    return got;
}

struct answer ask(struct desk *d, const char *method, const char *target, const char *body)
{
    return ask_as(d, NULL, method, target, body);
}

void answer_done(struct answer *a)
{
    free(a->body);
    free(a->fields);
    json_decref(a->json);
    *a = (struct answer){ 0 };
}

void answer_field(const struct answer *a, const char *name, char *ret, size_t size)
{
    *ret = '\0';
    for (const char *at = a->fields; *at; at = strchr(at, '\n') + 1)
        if (strncasecmp(at, name, strlen(name)) == 0 && at[strlen(name)] == ':') {
            at += strlen(name) + 2;
            (void)snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
        }
}

static const json_t *member(const struct answer *a, const char *path)
{
    const json_t *j = a->json;
    char key[80];
    while (j && *path) {
        size_t len = strcspn(path, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
        j = json_is_array(j) ? json_array_get(j, (size_t)strtoul(key, NULL, 10)) : json_object_get(j, key);
        path += len + (path[len] == '.');
    }
    return j;
}

const char *answer_text(const struct answer *a, const char *path)
{
    const char *text = json_string_value(member(a, path));
    if (!text)
        fail_msg("no text %s in %s", path, a->body);
    return text;
}

json_int_t answer_number(const struct answer *a, const char *path)
{
    const json_t *j = member(a, path);
    if (!json_is_integer(j))
        fail_msg("no number %s in %s", path, a->body);
    return json_integer_value(j);
}

struct answer ask_for(struct desk *d, int status, const char *method, const char *target, const char *body)
{
    struct answer a = ask(d, method, target, body);
    if (a.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, target, a.status, status, a.body);
    return a;
}

void ask_only(struct desk *d, int status, const char *method, const char *target, const char *body)
{
    struct answer a = ask_for(d, status, method, target, body);
    answer_done(&a);
}
