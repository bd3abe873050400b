#include <stdio.h>

#include "base/file.h"
#include "base/secret.h"
#include "net/tls_own.h"
#include "net/tls_server.h"

enum { PATH_BYTES = 4096 };

void tls_own_wipe(struct buf *b)
{
    if (b->data)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}

static bool path_of(const char *dir, const char *name, char ret[PATH_BYTES], struct err *e)
{
    int n = snprintf(ret, PATH_BYTES, "%s/%s", dir, name);
    return (n > 0 && n < PATH_BYTES) || err_set(e, ERR_INPUT, "the path %s is too long", dir);
}

bool tls_own_read(const char *dir, struct buf *out, struct err *e)
{
    char path[PATH_BYTES];
    return path_of(dir, TLS_OWN_FILE, path, e) && file_read(path, out, e);
}

bool tls_own_load(const char *dir, struct tls_identity **ret, struct err *e)
{
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    if (!tls_own_read(dir, &pem, e))
        return false;
    *ret = tls_identity_parse(pem.data, pem.len, pem.data, pem.len, e);
    return *ret || err_in(e, "%s/" TLS_OWN_FILE, dir);
}

bool tls_own_keep(const char *dir, const void *pem, size_t len, struct err *e)
{
    char path[PATH_BYTES];
    AUTO(tls_identity_unrefp) struct tls_identity *check = tls_identity_parse(pem, len, pem, len, e);
    return check && path_of(dir, TLS_OWN_FILE, path, e) && file_replace(path, pem, len, e);
}
