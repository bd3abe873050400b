#include "cli/names.h"

#include <string.h>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "wire/json.h"

static const struct kind {
    const char *kind, *path, *name;
    const char *member; /* of the answer's array; NULL: a list of /cloudapi, page after page */
} kinds[] = {
    { "advisory", "/cloudapi/1.0.0/advisories", "id", NULL },
    { "certificate", "/cloudapi/1.0.0/ssl/trustedCertificates", "alias", NULL },
    { "nsx", "/api/admin/extension/nsxtManagers", "name", "nsxTManager" },
    { "org", "/cloudapi/1.0.0/orgs", "name", NULL },
    { "role", "/cloudapi/1.0.0/roles", "name", NULL },
    { "session", "/cloudapi/1.0.0/sessions", "id", NULL },
    { "token", "/cloudapi/1.0.0/tokens", "name", NULL },
    { "user", "/cloudapi/1.0.0/users", "username", NULL },
    { "vcenter", "/cloudapi/1.0.0/virtualCenters", "name", NULL },
};

static bool read_rows(struct remote *r, const struct kind *k, json_t **ret)
{
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    struct err e;
    if (!k->member)
        return remote_list(r, k->path, ret, &e);
    if (!remote_get(r, k->path, &whole, &e))
        return false;
    *ret = json_incref(json_object_get(whole, k->member));
    return *ret != NULL;
}

static const struct kind *find(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    return NULL;
}

void names_each(struct cli *cli, const char *kind, const struct remote_args *cell, void (*each)(void *self, const char *name), void *self)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *rows = NULL;
    struct remote_args args = *cell;
    struct err e;
    const struct kind *k = find(kind);
    args.timeout = (struct arg_number){ true, NAMES_MS };
    args.running_only = true;
    if (!k || !remote_open(cli, &args, &r, &e) || !read_rows(r, k, &rows))
        return;
    for (size_t i = 0; i < json_array_size(rows) && i < NAMES_MAX; i++)
        each(self, answer_shown(json_array_get(rows, i), k->name, "", &cli->arena));
}
