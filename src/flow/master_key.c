#include "flow/master_key.h"

#include <stdio.h>

#include "base/seal.h"

bool master_key_next(const char *path, char ret[STORE_PATH_MAX], struct err *e)
{
    return snprintf(ret, STORE_PATH_MAX, "%s" MASTER_KEY_NEXT, path) < STORE_PATH_MAX || err_set(e, ERR_INPUT, "the path %s is too long", path);
}

static bool hold(const char *path, struct seal_keys *keys, struct err *e)
{
    AUTO(secret_done) struct secret key = { 0 };
    return seal_key_read(path, &key, e) && seal_keys_add(keys, &key, e);
}

bool master_key_hold(const char *path, struct seal_keys *keys, struct err *e)
{
    char next[STORE_PATH_MAX];
    struct err why;
    if (!hold(path, keys, e) || !master_key_next(path, next, e))
        return false;
    /* ERR_CONFLICT: killed between the two names of one key. */
    return hold(next, keys, &why) || why.kind == ERR_NOT_FOUND || why.kind == ERR_CONFLICT || err_set(e, why.kind, "%s", why.msg);
}
