/* API tokens (vcd-api.md 1.7). See cli/remote.h. */
#include <string.h>

#include "base/text.h"
#include "cli/remote_fields.h"
#include "wire/json.h"

static void wipe(struct buf *b)
{
    if (b->data)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}

/* "/oauth/provider" or "/oauth/tenant/ORG", of whose session this is. */
static bool oauth_path(struct remote *r, struct arena *a, const char **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *session = NULL;
    if (!remote_get(r, "/cloudapi/1.0.0/sessions/current", &session, e))
        return false;
    const char *org = json_string_value(json_object_get(json_object_get(session, "org"), "name"));
    if (!org)
        return err_set(e, ERR_PEER, "%s does not tell whose session this is", r->url);
    *ret = text_caseeq(org, "System") ? "/oauth/provider" : arena_printf(a, "/oauth/tenant/%s", remote_escape(a, org));
    return true;
}

static bool write_form(const struct remote *r, const char *client, struct buf *form, struct err *e)
{
    static const char scheme[] = "bearer ";
    return buf_puts(form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=", e) &&
           url_encode(form, client, strlen(client), e) && buf_puts(form, "&assertion=", e) &&
           url_encode(form, (const char *)r->bearer.bytes + sizeof(scheme) - 1, r->bearer.len - (sizeof(scheme) - 1), e);
}

bool remote_api_token(struct remote *r, const char *name, struct arena *a, const char **ret_urn, struct secret *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *client = NULL, *tokens = NULL;
    AUTO(wipe) struct buf form;
    const char *path = NULL;
    buf_init(&form, WIRE_JSON_MAX);
    if (!r->bearer.len)
        return err_set(e, ERR_DENIED, "an API token belongs to a user, and on the cell's machine you are none: 'vouchsafe login' first");
    if (!oauth_path(r, a, &path, e) ||
        !remote_send(r, "POST", arena_printf(a, "%s/register", path), json_pack("{s:s}", "client_name", name), &client, e))
        return false;
    const char *id = json_string_value(json_object_get(client, "client_id"));
    if (!id || !write_form(r, id, &form, e) ||
        !remote_post_bytes(r, arena_printf(a, "%s/token", path), "application/x-www-form-urlencoded", &form, &tokens, e))
        return id ? false : err_set(e, ERR_PEER, "%s gave the token no id", r->url);
    const char *secret = json_string_value(json_object_get(tokens, "refresh_token"));
    *ret_urn = arena_printf(a, "urn:vcloud:token:%s", id);
    return secret ? secret_set(ret, secret, strlen(secret), e) : err_set(e, ERR_PEER, "%s gave out no token", r->url);
}
