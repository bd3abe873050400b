#include "cli/object.h"

#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "wire/json.h"

enum { LABEL_MAX = 40, SHOWN_MAX = 160 };

static const char *noun_of(const struct object *o)
{
    return o->noun ? o->noun : o->what;
}

static bool list_all(struct remote *r, const struct object *o, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    if (!o->member)
        return remote_list(r, o->path, ret, e);
    if (!remote_get(r, o->path, &answer, e))
        return false;
    json_t *list = answer_member(answer, o->member);
    if (!json_is_array(list))
        return err_set(e, ERR_PEER, "%s: the answer is no list of %s", remote_name(r), o->plural);
    *ret = json_incref(list);
    return true;
}

static bool has_id(const struct object *o, const json_t *theirs, const char *word)
{
    const char *id = answer_str(theirs, o->id);
    return id && (text_caseeq(id, word) || text_caseeq(answer_uuid(id), word));
}

/* Names are compared here: the characters of a filter may stand in a name. */
bool object_find(struct remote *r, const struct object *o, const char *word, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *all = NULL;
    char shown[SHOWN_MAX];
    size_t i, named = 0;
    json_t *one, *found = NULL;
    if (!list_all(r, o, &all, e))
        return false;
    json_array_foreach(all, i, one) {
        const char *name = answer_str(one, o->name);
        if (has_id(o, one, word)) {
            *ret = json_incref(one);
            return true;
        }
        if (name && text_caseeq(name, word)) {
            found = one;
            named++;
        }
    }
    text_escape(shown, sizeof(shown), word, strlen(word));
    if (named == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no %s '%s' ('vouchsafe %s list')", o->what, shown, noun_of(o));
    if (named > 1)
        return err_set(e, ERR_INPUT, "%zu %s are called '%s': name one by its id ('vouchsafe %s list -o wide')", named, o->plural, shown,
                       noun_of(o));
    *ret = json_incref(found);
    return true;
}

bool object_path(const struct object *o, const json_t *theirs, struct arena *a, const char **ret, struct err *e)
{
    const char *id = answer_str(theirs, o->id);
    if (!id)
        return err_set(e, ERR_PEER, "the cell gave the %s no id", o->what);
    *ret = arena_printf(a, "%s/%s", o->path, remote_escape(a, o->by_uuid ? answer_uuid(id) : id));
    return true;
}

enum cli_exit object_list(struct cli *cli, struct remote *r, const struct object *o)
{
    AUTO(wire_json_decrefp) json_t *all = NULL;
    AUTO(rows_done) struct rows rows = { 0 };
    struct err e = { 0 };
    size_t i;
    json_t *one;
    if (!list_all(r, o, &all, &e))
        return cli_fail(cli, &e);
    rows_init(&rows, &cli->out, o->columns, o->columns_len);
    json_array_foreach(all, i, one) {
        rows_add(&rows, o->row(one));
    }
    rows_finish(&rows, o->plural, NULL);
    return CLI_DONE;
}

/* "full name" of "FULL NAME". */
static const char *label(const char *title, char out[LABEL_MAX])
{
    size_t n = 0;
    for (; n < LABEL_MAX - 1 && title[n]; n++)
        out[n] = text_lower(title[n]);
    out[n] = '\0';
    return out;
}

static void print_field(struct out *out, const struct rows_column *column, const json_t *row)
{
    const json_t *v = answer_member(row, column->key);
    char name[LABEL_MAX];
    if (json_is_string(v) && *json_string_value(v))
        verdict_field(out, label(column->title, name), "%s", json_string_value(v));
    else if (json_is_integer(v))
        verdict_field(out, label(column->title, name), "%lld", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        verdict_field(out, label(column->title, name), "%s", json_is_true(v) ? "yes" : "no");
}

void object_print_row(struct cli *cli, const struct rows_column *columns, size_t len, json_t *take_row)
{
    AUTO(wire_json_decrefp) json_t *row = take_row;
    struct out *out = &cli->out;
    const char *name = answer_shown(row, columns[0].key, "-", &cli->arena);
    switch (out->format) {
    case OUT_JSON:
    case OUT_JSONL:
        out_json(out, STEAL(row));
        return;
    case OUT_NAME:
        out_printf(out, "%s\n", name);
        return;
    case OUT_TABLE:
    case OUT_WIDE:
        out_printf(out, "%s%s%s\n", out_begin(out, OUT_BOLD), name, out_end(out, OUT_BOLD));
        for (size_t i = 1; i < len; i++)
            print_field(out, &columns[i], row);
    }
}

void object_print(struct cli *cli, const struct object *o, const json_t *theirs)
{
    object_print_row(cli, o->columns, o->columns_len, o->row(theirs));
}

enum cli_exit object_remove(struct cli *cli, struct remote *r, const struct object *o, const char *word, bool agreed,
                            const char *question, const char *done)
{
    AUTO(wire_json_decrefp) json_t *one = NULL;
    struct err e = { 0 };
    const char *path;
    if (!object_find(r, o, word, &one, &e) || !object_path(o, one, &cli->arena, &path, &e))
        return cli_fail(cli, &e);
    const char *name = answer_shown(one, o->name, "it", &cli->arena);
    if (!prompt_agreed(&cli->out, agreed, "--yes",
                       arena_printf(&cli->arena, "%s %s '%s'?%s%s", question, o->what, name, o->warning ? " " : "", o->warning ? o->warning : ""), &e) ||
        !remote_send(r, "DELETE", path, NULL, NULL, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "%s '%s' %s", o->what, name, done);
    return CLI_DONE;
}

static bool act_in(struct remote *r, const char *word, struct err *e)
{
    static const struct object orgs = { .what = "org", .path = "/cloudapi/1.0.0/orgs", .name = "name", .id = "id" };
    AUTO(wire_json_decrefp) json_t *one = NULL;
    if (!object_find(r, &orgs, word, &one, e))
        return false;
    const char *id = answer_str(one, "id");
    return id ? remote_tenant(r, id, e) : err_set(e, ERR_PEER, "the cell gave the organization no id");
}

bool object_open(struct cli *cli, const struct remote_args *args, const char *org, struct remote **ret, struct err *e)
{
    AUTO(remote_closep) struct remote *r = NULL;
    if (!remote_open(cli, args, &r, e) || (org && !act_in(r, org, e)))
        return false;
    *ret = STEAL(r);
    return true;
}
