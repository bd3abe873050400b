/* Consoles that are open now, as our own API shows them, and a way to end one. */
#include "api/list.h"
#include "api/op.h"
#include "api/tables.h"
#include "base/text.h"
#include "flow/console.h"

#define PATH "/cloudapi/vouchsafe/1.0.0/consoleSessions"

/* Which anchor vouches for the host is the provider's business, and so is where the host is. */
static json_t *write_row(struct api_call *c, const void *row)
{
    const struct console_row *r = row;
    char print[3 * DIGEST_SHA256];
    json_t *j = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:I, s:I}", "id", r->id, "user", api_json_ref(r->user_name, r->user), "org",
                          api_json_ref(r->org_name, r->org), "vm", api_json_ref(r->vm_name, r->vm), "clientAddress", r->from,
                          "since", api_json_time(r->since_ms), "bytesFromClient", (json_int_t)r->up, "bytesToClient",
                          (json_int_t)r->down);
    if (!j || !c->caller.system)
        return j;
    text_fingerprint(r->anchor, sizeof(r->anchor), print);
    json_t *provider = json_pack("{s:s, s:s, s:s, s:s}", "host", r->host_name, "vcenter", r->vcenter, "anchor", print, "proof",
                                 r->single_proof ? "chain" : "chain-and-thumbprint");
    (void)json_object_update_new(j, provider);
    return j;
}

enum { VM, VM_NAME, USER, ORG, HOST, SINCE };

static const struct fiql_field fields[] = {
    [VM] = { "vm.id", FIQL_CASELESS, false, false },    [VM_NAME] = { "vm.name", FIQL_CASELESS, false, false },
    [USER] = { "user.name", FIQL_CASELESS, false, false }, [ORG] = { "org.id", FIQL_CASELESS, false, false },
    [HOST] = { "host", FIQL_CASELESS, false, false },   [SINCE] = { "since", FIQL_TIME, false, false },
};

static struct fiql_value value_of(const void *row, size_t field)
{
    const struct console_row *r = row;
    const char *const texts[] = { [VM] = r->vm, [VM_NAME] = r->vm_name, [USER] = r->user_name, [ORG] = r->org,
                                  [HOST] = r->host_name };
    return field == SINCE ? (struct fiql_value){ NULL, r->since_ms } : (struct fiql_value){ texts[field], 0 };
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value_of, NULL, false, "ConsoleSessions", write_row };
    struct console_row *rows;
    size_t len;
    console_list(c->site, &c->caller, c->arena, &rows, &len);
    return api_answer_array(c, &shape, rows, len, sizeof(*rows), e);
}

static bool end(struct api_call *c, struct err *e)
{
    if (!console_end(c->site, &c->caller, api_param(c, "id"), e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_vouchsafe_consoles_ops[] = {
    { "GET", PATH, API_CLOUDAPI, RIGHT_CONSOLE, 0, list, 0 },
    { "DELETE", PATH "/{id}", API_CLOUDAPI, RIGHT_CONSOLE, 0, end, 0 },
    { 0 },
};
