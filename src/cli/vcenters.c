#include "cli/vcenters.h"

#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/verdict.h"
#include "wire/json.h"

static const char *shown(const char *name, struct arena *a)
{
    char text[160];
    text_escape(text, sizeof(text), name, strlen(name));
    return arena_strdup(a, text);
}

bool vcenters_find(struct remote *r, const char *name, struct arena *a, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *rows = NULL;
    static const char prefix[] = VCENTERS_URN;
    if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
        return remote_get(r, arena_printf(a, VCENTERS_PATH "/%s", remote_escape(a, name)), ret, e);
    /* The names are compared here: a filter's own characters (, ; *) may stand in a name. */
    if (!remote_list(r, VCENTERS_PATH, &rows, e))
        return false;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *own = answer_str(row, "name");
        if (own && text_caseeq(own, name)) {
            *ret = json_incref(row);
            return true;
        }
    }
    return err_set(e, ERR_NOT_FOUND, "no vCenter Server '%s' is registered ('vouchsafe vcenter list')", shown(name, a));
}

bool vcenters_path(const json_t *vcenter, struct arena *a, const char **ret, struct err *e)
{
    const char *urn = answer_str(vcenter, "vcId");
    if (!urn)
        return err_set(e, ERR_PEER, "the cell's answer names no vCenter Server");
    *ret = arena_printf(a, VCENTERS_PATH "/%s", remote_escape(a, urn));
    return true;
}

static json_t *row_of(const json_t *v)
{
    json_t *j = json_object(), *nsxv = answer_member(v, "nsxVManager");
    json_object_set_new(j, "name", answer_text(v, "name"));
    json_object_set_new(j, "id", answer_text(v, "vcId"));
    json_object_set_new(j, "description", answer_text(v, "description"));
    json_object_set_new(j, "url", answer_text(v, "url"));
    json_object_set_new(j, "user", answer_text(v, "username"));
    json_object_set_new(j, "enabled", json_boolean(answer_true(v, "isEnabled")));
    json_object_set_new(j, "connected", json_boolean(answer_true(v, "isConnected")));
    json_object_set_new(j, "state", answer_text(v, "listenerState"));
    json_object_set_new(j, "problem", answer_text(v, "connectionProblem"));
    json_object_set_new(j, "mode", answer_text(v, "mode"));
    json_object_set_new(j, "version", answer_text(v, "vcVersion"));
    json_object_set_new(j, "build", answer_text(v, "buildNumber"));
    json_object_set_new(j, "uuid", answer_text(v, "uuid"));
    json_object_set_new(j, "nsxv", json_is_object(nsxv) ? answer_text(nsxv, "url") : json_null());
    return j;
}

json_t *vcenters_whole(struct remote *r, const json_t *vcenter, struct arena *a)
{
    json_t *row = row_of(vcenter), *trust = NULL;
    const char *urn = answer_str(vcenter, "vcId");
    struct err e;
    if (!urn || !ours_trust(r, urn, a, &trust, &e))
        trust = json_null();
    json_object_set_new(row, "trust", trust);
    return row;
}

static void print(struct cli *cli, const json_t *row)
{
    static const struct {
        const char *label, *key;
    } fields[] = {
        { "url", "url" },         { "user", "user" },       { "state", "state" }, { "mode", "mode" },
        { "version", "version" }, { "build", "build" },     { "uuid", "uuid" },   { "nsx-v", "nsxv" },
        { "id", "id" },           { "about", "description" },
    };
    struct out *o = &cli->out;
    out_printf(o, "%s%s%s, %s\n", out_begin(o, OUT_BOLD), answer_str(row, "name"), out_end(o, OUT_BOLD),
               answer_true(row, "enabled") ? "enabled" : "disabled");
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *text = answer_str(row, fields[i].key);
        if (text && *text)
            verdict_field(o, fields[i].label, "%s", text);
    }
    if (answer_str(row, "problem"))
        verdict_prose(o, "problem", answer_str(row, "problem"));
    if (answer_str(row, "trust.vmca"))
        verdict_field(o, "vmca", "%s", answer_str(row, "trust.vmca"));
    if (answer_str(row, "trust.verified_text"))
        verdict_field(o, "hosts", "%s verified", answer_str(row, "trust.verified_text"));
    if (answer_str(row, "trust.text"))
        verdict_prose(o, "", answer_str(row, "trust.text"));
}

void vcenters_print(struct cli *cli, struct remote *r, const json_t *vcenter)
{
    AUTO(wire_json_decrefp) json_t *row = vcenters_whole(r, vcenter, &cli->arena);
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL)
        out_json(&cli->out, STEAL(row));
    else if (cli->out.format == OUT_NAME)
        out_printf(&cli->out, "%s\n", answer_shown(row, "name", "-", &cli->arena));
    else
        print(cli, row);
}
