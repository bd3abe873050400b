#include "api/login.h"

#include <string.h>

#include "api/op.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/site.h"
#include "http/request.h"
#include "http/response.h"

enum { BASIC_MAX = 4096 }; /* decoded; the field itself is limited by the head's size */

static bool split(const struct buf *plain, struct arena *a, const char **ret_name, struct secret *ret_password, struct err *e)
{
    const uint8_t *colon = memchr(plain->data, ':', plain->len);
    if (!colon)
        return err_set(e, ERR_DENIED, "the credentials are not user@org:password");
    size_t name = (size_t)(colon - plain->data);
    *ret_name = arena_strndup(a, (const char *)plain->data, name);
    if (strlen(*ret_name) != name)
        return err_set(e, ERR_DENIED, "the credentials are not user@org:password");
    return secret_set(ret_password, colon + 1, plain->len - name - 1, e);
}

static bool read_basic(struct api_call *c, const char **ret_name, struct secret *ret_password, struct err *e)
{
    static const char scheme[] = "basic ";
    const char *field = api_field(c, "Authorization");
    if (!field || !text_caseeq_n(field, strnlen(field, sizeof(scheme) - 1), scheme, sizeof(scheme) - 1))
        return err_set(e, ERR_DENIED, "this login needs Basic credentials: user@org and a password");
    field += sizeof(scheme) - 1;
    field += strspn(field, " ");
    AUTO(buf_done) struct buf plain;
    uint8_t *room;
    buf_init(&plain, BASIC_MAX);
    bool ok = buf_reserve(&plain, BASIC_MAX, &room, e) && text_unbase64(field, strlen(field), false, &plain, e);
    if (!ok)
        (void)err_set(e, ERR_DENIED, "the credentials are not base64, or too long");
    ok = ok && plain.len > 0 ? split(&plain, c->arena, ret_name, ret_password, e)
                             : err_set(e, ERR_DENIED, "the credentials are not user@org:password");
    secret_wipe(plain.data, plain.len);
    return ok;
}

bool api_login_open(struct api_call *c, enum session_door door, struct session_new *ret, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    const char *name = NULL; /* gcc does not see that err_set is always false */
    char from[STORE_NAME_MAX];
    http_request_client(c->rq, from, sizeof(from));
    return read_basic(c, &name, &password, e) && session_login(c->site->sessions, name, &password, door, from, ret, e);
}

bool api_login(struct api_call *c, enum session_door door, struct caller *ret, struct err *e)
{
    struct session_new n;
    if (!api_login_open(c, door, &n, e))
        return false;
    http_response_field(c->rs, "X-VMWARE-VCLOUD-ACCESS-TOKEN", (const char *)n.access.bytes);
    http_response_field(c->rs, "X-VMWARE-VCLOUD-TOKEN-TYPE", "Bearer");
    http_response_field(c->rs, "X-VCLOUD-AUTHORIZATION", (const char *)n.legacy.bytes);
    http_response_field(c->rs, "Cache-Control", "no-store");
    *ret = n.caller;
    session_new_done(&n);
    return true;
}

bool api_logout(struct api_call *c, struct err *e)
{
    if (!session_end(c->site->sessions, c->caller.session, e) && e->kind != ERR_NOT_FOUND)
        return false;
    api_answer_empty(c, 204);
    return true;
}

const char *api_location(const struct api_call *c, const struct caller *who)
{
    return arena_printf(c->arena, "%s@%s", api_uuid(who->org), api_uuid(c->site->cell_urn));
}

json_t *api_session_json(const struct api_call *c, const struct caller *who)
{
    return json_pack("{s:s, s:o, s:o, s:s, s:[s], s:[o], s:I}", "id", who->session, "user",
                     api_json_ref(who->user_name, who->user), "org", api_json_ref(who->org_name, who->org), "location",
                     api_location(c, who), "roles", who->role_name, "roleRefs", api_json_ref(who->role_name, who->role),
                     "sessionIdleTimeoutMinutes", (json_int_t)(session_idle_ms(c->site->sessions) / 60000));
}
