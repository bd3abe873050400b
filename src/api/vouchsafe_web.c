/* The session of a page: its token lies in a cookie that no script can read and no other site can send, and each change
 * carries a word that only a page of this cell's own can have read. (RFC 6265bis 4.1.3.2, __Host-; OWASP's cookie-to-header.)
 * Everything else of it is an ordinary session. */
#include <string.h>

#include "api/login.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/site.h"
#include "http/request.h"
#include "http/response.h"
#include "wire/http1.h"

#define PATH "/cloudapi/vouchsafe/1.0.0/webSession"
#define COOKIE "__Host-vouchsafe"
#define COOKIE_FIELDS "; Path=/; Secure; HttpOnly; SameSite=Strict"

enum { WORD = 2 * DIGEST_SHA256 + 1 };

/* What the page sends with a change: made of the token, so that nothing has to be kept, and useless for finding it. */
static void word_of(const char *token, char out[WORD])
{
    static const char use[] = "vouchsafe page";
    uint8_t mac[DIGEST_SHA256];
    digest_hmac(token, strlen(token), use, sizeof(use) - 1, mac);
    text_hex(mac, sizeof(mac), out);
}

const char *api_cookie_token(const struct api_call *c)
{
    static const char name[] = COOKIE "=";
    const struct http1_head *h = c->rq->head;
    for (size_t i = 0; i < h->fields_len; i++) {
        if (!text_caseeq(h->fields[i].name, "Cookie"))
            continue;
        for (const char *p = h->fields[i].value; *p;) {
            p += strspn(p, "; ");
            size_t len = strcspn(p, ";");
            if (len > sizeof(name) - 1 && memcmp(p, name, sizeof(name) - 1) == 0)
                return arena_strndup(c->arena, p + sizeof(name) - 1, len - (sizeof(name) - 1));
            p += len;
        }
    }
    return NULL;
}

/* "https://host[:port]", as a browser writes it, of the address that the cell is known by or was asked at. */
static bool is_own_origin(const struct api_call *c, const char *origin)
{
    static const char scheme[] = "https://";
    const char *host = api_field(c, "Host"), *base = c->site->base_url;
    size_t base_len = strncmp(base, scheme, sizeof(scheme) - 1) == 0 ? sizeof(scheme) - 1 + strcspn(base + sizeof(scheme) - 1, "/") : 0;
    if (base_len && strlen(origin) == base_len && text_caseeq_n(origin, base_len, base, base_len))
        return true;
    return host && text_caseeq(origin, arena_printf(c->arena, "%s%s", scheme, host));
}

bool api_cookie_change(const struct api_call *c, const char *token, struct err *e)
{
    const char *method = c->rq->head->method;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    char word[WORD];
    const char *origin = api_field(c, "Origin"), *said = api_field(c, "X-Vouchsafe-Csrf");
    word_of(token, word);
    if (!origin || !is_own_origin(c, origin))
        return err_set(e, ERR_DENIED, "a change by a page's session has to come from a page of this cell");
    if (!said || strlen(said) != WORD - 1 || !secret_bytes_equal(said, word, WORD - 1))
        return err_set(e, ERR_DENIED, "a change by a page's session needs X-Vouchsafe-Csrf");
    return true;
}

static json_t *rights_json(const struct caller *who)
{
    json_t *list = json_array();
    for (enum right r = RIGHT_NONE + 1; r < RIGHTS; r++)
        if (caller_may(who, r))
            json_array_append_new(list, json_string(right_name(r)));
    return list;
}

static bool answer(struct api_call *c, const struct caller *who, const char *token, struct err *e)
{
    char word[WORD];
    word_of(token, word);
    json_t *o = api_session_json(c, who);
    json_object_set_new(o, "rights", rights_json(who));
    json_object_set_new(o, "provider", json_boolean(who->system));
    json_object_set_new(o, "csrf", json_string(word));
    json_object_set_new(o, "cell", json_pack("{s:s, s:s}", "name", c->site->cell_name, "version", SITE_VERSION));
    http_response_field(c->rs, "Cache-Control", "no-store");
    return api_answer_json(c, 200, o, e);
}

/* A login by another site would put a person into somebody else's session: the Origin counts here too. */
static bool login(struct api_call *c, struct err *e)
{
    struct session_new n;
    const char *origin = api_field(c, "Origin");
    if (origin && !is_own_origin(c, origin))
        return err_set(e, ERR_DENIED, "a page's session is opened by a page of this cell");
    if (!api_login_open(c, SESSION_EITHER, &n, e))
        return false;
    const char *token = (const char *)n.access.bytes;
    http_response_field(c->rs, "Set-Cookie", arena_printf(c->arena, COOKIE "=%s" COOKIE_FIELDS, token));
    bool ok = answer(c, &n.caller, token, e);
    session_new_done(&n);
    return ok;
}

static bool current(struct api_call *c, struct err *e)
{
    const char *token = api_cookie_token(c);
    if (!token)
        return err_set(e, ERR_NOT_FOUND, "this session is not a page's");
    return answer(c, &c->caller, token, e);
}

static bool logout(struct api_call *c, struct err *e)
{
    http_response_field(c->rs, "Set-Cookie", COOKIE "=" COOKIE_FIELDS "; Max-Age=0");
    http_response_field(c->rs, "Clear-Site-Data", "\"cache\"");
    return api_logout(c, e);
}

const struct api_op api_vouchsafe_web_ops[] = {
    { "POST", PATH, API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_LOGIN, login, 0 },
    { "GET", PATH, API_CLOUDAPI, RIGHT_NONE, 0, current, 0 },
    { "DELETE", PATH, API_CLOUDAPI, RIGHT_NONE, 0, logout, 0 },
    { 0 },
};
