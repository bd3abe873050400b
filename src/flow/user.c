#include "flow/user.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/kept.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/words.h"
#include "wire/json.h"

#define KIND "user"
#define HASH_KIND "user-password"

static bool read(const struct store_record *r, struct arena *a, struct user *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct user){
        .urn = r->id, .name = r->name, .org = r->owner, .role = kept_text(j, "role", a),
        .full_name = kept_text(j, "fullName", a), .email = kept_text(j, "email", a),
        .description = kept_text(j, "description", a), .telephone = kept_text(j, "telephone", a),
        .enabled = strcmp(r->state, "enabled") == 0, .made_ms = r->made_ms,
    };
    return true;
}

bool user_get(struct store *s, const char *urn, struct arena *a, struct user *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool user_find(struct store *s, const char *org, const char *name, struct arena *a, struct user *ret, struct err *e)
{
    struct store_record r;
    return store_record_find(s, KIND, org, name, a, &r, e) && read(&r, a, ret, e);
}

bool user_list(struct store *s, const char *org, struct arena *a, struct user **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, org, a, &rows, &len, e))
        return false;
    *ret = arena_array(a, len + 1, sizeof(**ret));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &(*ret)[i], e))
            return false;
    *ret_len = len;
    return true;
}

static bool check(const struct user *u, struct err *e)
{
    if (!store_take_text("the user's name", STORE_LINE, u->name, USER_NAME_MAX, e) ||
        !store_take_text("fullName", STORE_LINE_OR_NONE, u->full_name, USER_TEXT_MAX, e) ||
        !store_take_text("email", STORE_LINE_OR_NONE, u->email, USER_TEXT_MAX, e) ||
        !store_take_text("telephone", STORE_LINE_OR_NONE, u->telephone, USER_TEXT_MAX, e) ||
        !store_take_text("description", STORE_PROSE, u->description, USER_TEXT_MAX, e))
        return false;
    return !strchr(u->name, ':') || err_set(e, ERR_INPUT, "a user's name can't have a ':'");
}

bool user_save(struct store *s, struct user *u, const struct store_by *by, struct arena *a, struct err *e)
{
    bool fresh = !u->urn;
    if (!check(u, e))
        return false;
    if (fresh)
        u->urn = kept_urn("user", a);
    const struct store_record r = { .kind = KIND, .id = u->urn, .owner = u->org, .name = u->name,
                                    .state = u->enabled ? "enabled" : "disabled", .made_ms = by->at_ms };
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "role", u->role, "fullName", u->full_name, "email", u->email,
                          "description", u->description, "telephone", u->telephone);
    char shown[2 * USER_NAME_MAX];
    text_escape(shown, sizeof(shown), u->name, strlen(u->name));
    return kept_put(s, r, j, e) && kept_audit(s, by, fresh ? "user.add" : "user.change", u->urn, e, "User %s %s%s", shown,
                                              fresh ? "made" : "changed", u->enabled ? "" : ", disabled");
}

bool user_save_hash(struct store *s, const char *urn, const char *hash, const struct store_by *by, struct err *e)
{
    struct secret plain = { 0 };
    bool ok = secret_set(&plain, hash, strlen(hash), e) && store_sealed_put(s, HASH_KIND, urn, &plain, by->at_ms, e) &&
              kept_audit(s, by, "user.password", urn, e, "Password set");
    secret_done(&plain);
    return ok;
}

bool user_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e)
{
    struct err none;
    if (!store_record_remove(s, KIND, urn, e))
        return false;
    if (!store_sealed_remove(s, HASH_KIND, urn, &none) && none.kind != ERR_NOT_FOUND)
        return err_set(e, none.kind, "%s", none.msg);
    return kept_audit(s, by, "user.remove", urn, e, "User removed");
}

bool user_check_password(const struct secret *password, struct err *e)
{
    if (password->len < USER_PASSWORD_MIN)
        return err_set(e, ERR_INPUT, "a password has %d characters or more", USER_PASSWORD_MIN);
    return password->len <= SECRET_PASSWORD_MAX ||
           err_set(e, ERR_INPUT, "a password has %d bytes or fewer", SECRET_PASSWORD_MAX);
}

bool user_hash(struct store *s, const char *urn, char ret[SECRET_HASH], struct err *e)
{
    struct secret plain = { 0 };
    bool ok = store_sealed_get(s, HASH_KIND, urn, &plain, e);
    if (ok && !text_copy(ret, SECRET_HASH, (const char *)plain.bytes))
        ok = err_set(e, ERR_STORE, "the password hash of %s is damaged", urn);
    secret_done(&plain);
    return ok;
}
