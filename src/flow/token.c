#include "flow/token.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/kept.h"
#include "flow/org.h"
#include "flow/user.h"
#include "store/record.h"
#include "store/store.h"
#include "store/words.h"
#include "wire/json.h"

#define KIND "token"
#define PREFIX "urn:vcloud:token:"

enum { HALF = TOKEN_SECRET - TOKEN_PUBLIC, USED_NOTE_MS = 60 * 1000 };

static bool read(const struct store_record *r, struct arena *a, struct token *ret, const char **ret_hash, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct token){ r->id, r->name, r->owner, kept_text(j, "org", a), strcmp(r->state, "issued") == 0, r->made_ms,
                           kept_number(j, "used") };
    *ret_hash = kept_text(j, "hash", a);
    return true;
}

static bool put(struct store *s, const struct token *t, const char *hash, struct err *e)
{
    const struct store_record r = { .kind = KIND, .id = t->urn, .owner = t->user, .name = t->name,
                                    .state = t->issued ? "issued" : "registered", .made_ms = t->made_ms };
    return kept_put(s, r, json_pack("{s:s, s:s, s:I}", "org", t->org, "hash", hash, "used", (json_int_t)t->used_ms), e);
}

static bool get(struct store *s, const char *urn, struct arena *a, struct token *ret, const char **ret_hash, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, ret_hash, e);
}

bool token_get(struct store *s, const char *urn, struct arena *a, struct token *ret, struct err *e)
{
    const char *hash;
    return get(s, urn, a, ret, &hash, e);
}

bool token_list(struct store *s, const char *user, struct arena *a, struct token **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    const char *hash;
    size_t len;
    if (!kept_all(s, KIND, user, a, &rows, &len, e))
        return false;
    *ret = arena_array(a, len + 1, sizeof(**ret));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &(*ret)[i], &hash, e))
            return false;
    *ret_len = len;
    return true;
}

bool token_register(struct store *s, const struct caller *who, const char *name, const struct store_by *by,
                    struct arena *a, struct token *ret, struct err *e)
{
    const struct store_record_query his = { .kind = KIND, .owner = who->user };
    struct user user;
    uint64_t count;
    if (!user_get(s, who->user, a, &user, e)) /* root on the cell's machine is nobody who could log in with it */
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "an API token belongs to a user: log in first") : false;
    if (!store_take_text("client_name", STORE_LINE, name, TOKEN_NAME_MAX, e) || !store_record_count(s, &his, &count, e))
        return false;
    if (count >= TOKEN_PER_USER)
        return err_set(e, ERR_LIMIT, "the user has %d API tokens, the most there may be", TOKEN_PER_USER);
    const struct token t = { .urn = kept_urn(KIND, a), .name = arena_strdup(a, name), .user = arena_strdup(a, who->user),
                             .org = arena_strdup(a, who->org), .made_ms = by->at_ms };
    char shown[2 * TOKEN_NAME_MAX];
    text_escape(shown, sizeof(shown), name, strlen(name));
    if (!put(s, &t, "", e) || !kept_audit(s, by, "token.add", t.urn, e, "API token %s registered", shown))
        return false;
    *ret = t;
    return true;
}

/* The record's UUID without its dashes, and 128 random bits, in hex. */
static bool make_secret(const char *urn, struct secret *ret, struct err *e)
{
    uint8_t random[HALF / 2];
    char *out;
    if (!secret_room(ret, TOKEN_SECRET, e))
        return false;
    out = (char *)ret->bytes;
    for (const char *p = urn + sizeof(PREFIX) - 1; *p; p++)
        if (*p != '-')
            *out++ = *p;
    char hex[HALF + 1];
    random_bytes(random, sizeof(random));
    text_hex(random, sizeof(random), hex);
    memcpy(out, hex, HALF);
    secret_wipe(random, sizeof(random));
    secret_wipe(hex, sizeof(hex));
    return true;
}

static void hash_of(const struct secret *refresh, char ret[2 * DIGEST_SHA256 + 1])
{
    uint8_t hash[DIGEST_SHA256];
    digest_sha256(refresh->bytes, refresh->len, hash);
    text_hex(hash, sizeof(hash), ret);
}

bool token_issue(struct store *s, const struct caller *who, const char *urn, const struct store_by *by, struct secret *ret,
                 struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *old;
    struct token t;
    char hash[2 * DIGEST_SHA256 + 1];
    if (!get(s, urn, &a, &t, &old, e))
        return false;
    if (strcmp(t.user, who->user) != 0)
        return err_set(e, ERR_NOT_FOUND, "there is no API token of this id");
    if (t.issued)
        return err_set(e, ERR_CONFLICT, "the API token was given out already; it can't be shown again");
    if (!make_secret(urn, ret, e))
        return false;
    hash_of(ret, hash);
    t.issued = true;
    return put(s, &t, hash, e) && kept_audit(s, by, "token.issue", urn, e, "API token given out");
}

static bool urn_of(const struct secret *refresh, char ret[STORE_ID_MAX + 1])
{
    const char *hex = (const char *)refresh->bytes;
    if (refresh->len != TOKEN_SECRET || strspn(hex, "0123456789abcdef") != TOKEN_SECRET)
        return false;
    (void)snprintf(ret, STORE_ID_MAX + 1, PREFIX "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return true;
}

static bool note_use(struct store *s, struct token *t, const char *hash, int64_t now_ms, struct err *e)
{
    if (now_ms - t->used_ms < USED_NOTE_MS)
        return true;
    AUTO(store_abortp) struct store *open = NULL;
    AUTO(arena_done) struct arena a = { 0 };
    const char *same;
    t->used_ms = now_ms;
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    open = s;
    /* it may have been deleted meanwhile: never bring it back */
    return get(s, t->urn, &a, &(struct token){ 0 }, &same, e) && put(s, t, hash, e) && store_commit(STEAL(open), e);
}

bool token_redeem(struct store *s, const struct secret *refresh, const char *org, int64_t now_ms,
                  char ret_urn[STORE_ID_MAX + 1], char ret_user[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *kept;
    struct token t;
    struct org o;
    char urn[STORE_ID_MAX + 1], hash[2 * DIGEST_SHA256 + 1];
    if (!urn_of(refresh, urn))
        return err_set(e, ERR_DENIED, "no API token");
    if (!get(s, urn, &a, &t, &kept, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_DENIED, "no such API token") : false;
    hash_of(refresh, hash);
    if (!t.issued || strlen(kept) != strlen(hash) || !secret_bytes_equal(kept, hash, strlen(hash)))
        return err_set(e, ERR_DENIED, "a wrong API token");
    if (!org_get(s, t.org, &a, &o, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_DENIED, "its organization is gone") : false;
    if (!text_caseeq(o.name, org ? org : ORG_SYSTEM_NAME))
        return err_set(e, ERR_DENIED, "an API token of another organization");
    if (!note_use(s, &t, kept, now_ms, e))
        return false;
    (void)text_copy(ret_urn, STORE_ID_MAX + 1, t.urn);
    (void)text_copy(ret_user, STORE_ID_MAX + 1, t.user);
    return true;
}

bool token_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e)
{
    return store_record_remove(s, KIND, urn, e) && kept_audit(s, by, "token.remove", urn, e, "API token deleted");
}

bool token_remove_user(struct store *s, const char *user, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct token *all;
    size_t len;
    if (!token_list(s, user, &a, &all, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!token_remove(s, all[i].urn, by, e))
            return false;
    return true;
}
