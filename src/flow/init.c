#include "flow/init.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/seal.h"
#include "flow/master_key.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/user.h"
#include "store/datadir.h"
#include "store/store.h"

bool init_paths(const struct init_place *p, char ret_url[STORE_PATH_MAX], char ret_key[STORE_PATH_MAX], struct err *e)
{
    int url = p->store_url ? snprintf(ret_url, STORE_PATH_MAX, "%s", p->store_url)
                           : snprintf(ret_url, STORE_PATH_MAX, "sqlite:%s/store.db", p->data_dir);
    int key = p->key_file ? snprintf(ret_key, STORE_PATH_MAX, "%s", p->key_file)
                          : snprintf(ret_key, STORE_PATH_MAX, "%s/master.key", p->data_dir);
    return (url < STORE_PATH_MAX && key < STORE_PATH_MAX) || err_set(e, ERR_INPUT, "a path is too long");
}

bool init_has_administrator(struct store *s, bool *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct role r;
    struct user *users;
    size_t len;
    *ret = false;
    if (!role_find(s, ORG_SYSTEM_URN, ROLE_SYSTEM_ADMINISTRATOR, &a, &r, e))
        return e->kind == ERR_NOT_FOUND;
    if (!user_list(s, ORG_SYSTEM_URN, &a, &users, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (users[i].enabled && strcmp(users[i].role, r.urn) == 0)
            *ret = true;
    return true;
}

static bool fill(struct store *s, const char *hash, const struct store_by *by, struct arena *a, struct err *e)
{
    struct org system, made = { .urn = ORG_SYSTEM_URN, .name = ORG_SYSTEM_NAME, .display_name = ORG_SYSTEM_NAME,
                                .description = "The provider's own organization", .enabled = true };
    struct user u = { .name = INIT_ADMINISTRATOR, .org = ORG_SYSTEM_URN, .full_name = "", .email = "", .telephone = "",
                      .description = "Made by vouchsafe init", .enabled = true };
    struct role r;
    bool there;
    if (!init_has_administrator(s, &there, e))
        return false;
    if (there)
        return err_set(e, ERR_CONFLICT, "this cell has an administrator already");
    if (!org_get(s, ORG_SYSTEM_URN, a, &system, e) && (e->kind != ERR_NOT_FOUND || !org_save(s, &made, by, a, e)))
        return false;
    if (!role_save_fixed(s, by, a, e) || !role_find(s, ORG_SYSTEM_URN, ROLE_SYSTEM_ADMINISTRATOR, a, &r, e))
        return false;
    u.role = r.urn;
    struct user old;
    if (user_find(s, ORG_SYSTEM_URN, INIT_ADMINISTRATOR, a, &old, e))
        u.urn = old.urn; /* disabled, or with another role: whoever holds the cell's machine may repair that */
    else if (e->kind != ERR_NOT_FOUND)
        return false;
    return user_save(s, &u, by, a, e) && user_save_hash(s, u.urn, hash, by, e);
}

bool init_fill(struct store *s, const char *hash, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(store_abortp) struct store *open = NULL;
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    open = s;
    return fill(s, hash, by, &a, e) && store_commit(STEAL(open), e);
}

static bool make_directory(const char *path, struct err *e)
{
    if (mkdir(path, 0700) == 0)
        return file_sync_parent(path, e);
    return errno == EEXIST || err_sys(e, ERR_STORE, errno, "making the data directory %s", path);
}

static bool hold_key(const char *path, struct seal_keys *keys, bool *ret_made, struct err *e)
{
    *ret_made = false;
    if (master_key_hold(path, keys, e))
        return true;
    *ret_made = e->kind == ERR_NOT_FOUND;
    return *ret_made && seal_key_create(path, e) && master_key_hold(path, keys, e);
}

static bool open_or_create(const char *url, const struct seal_keys *keys, struct store_source **ret, struct err *e)
{
    if (store_source_open(url, STORE_OPEN_MIGRATE, keys, ret, NULL, e))
        return true;
    return e->kind == ERR_NOT_FOUND && store_source_open(url, STORE_OPEN_CREATE, keys, ret, NULL, e);
}

bool init_run(const struct init_place *p, const struct secret *password, enum secret_cost cost, const struct store_by *by,
              struct init_done *ret, struct err *e)
{
    struct init_done done = { 0 };
    char hash[SECRET_HASH];
    if (!user_check_password(password, e) || !init_paths(p, done.store_url, done.key_file, e) ||
        !make_directory(p->data_dir, e))
        return false;
    AUTO(store_datadir_releasep) struct store_datadir *dir = NULL;
    AUTO(seal_keys_destroyp) struct seal_keys *keys = seal_keys_create();
    AUTO(store_source_closep) struct store_source *src = NULL;
    AUTO(store_closep) struct store *s = NULL;
    if (!store_datadir_take(p->data_dir, &dir, e) || !hold_key(done.key_file, keys, &done.key_made, e) ||
        !open_or_create(done.store_url, keys, &src, e) || !store_open(src, &s, e) ||
        !secret_password_hash(password, cost, hash, e) || !init_fill(s, hash, by, e))
        return false;
    *ret = done;
    return true;
}
