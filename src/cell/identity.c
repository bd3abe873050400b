#include "cell/identity.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "cell/wiring.h"
#include "net/hosts.h"
#include "net/tls_own.h"
#include "wire/url.h"

/* By which names a client may call this cell, as far as the cell can know. */
static size_t own_names(struct cell *c, const char *names[TLS_OWN_NAMES])
{
    struct url u;
    struct address a;
    char text[ADDRESS_TEXT];
    size_t n = 0;
    if (c->config.public_url && url_parse(c->config.public_url, strlen(c->config.public_url), &u, NULL))
        names[n++] = arena_strdup(&c->arena, u.host.name);
    if (hosts_name_valid(c->site.cell_name) && (n == 0 || strcmp(names[0], c->site.cell_name) != 0))
        names[n++] = c->site.cell_name;
    if (n == 0 || strcmp(names[0], "localhost") != 0)
        names[n++] = "localhost";
    names[n++] = "127.0.0.1";
    if (address_parse_port(c->config.listen, &a, NULL) && address_class(&a) != ADDRESS_UNSPECIFIED) {
        address_write(&a, text);
        if (strcmp(text, "127.0.0.1") != 0)
            names[n++] = arena_strdup(&c->arena, text);
    }
    return n;
}

static bool make(struct cell *c, struct err *e)
{
    const char *names[TLS_OWN_NAMES];
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    size_t len = own_names(c, names);
    if (!tls_own_make(names, len, clock_wall_ms() / 1000, &pem, e) ||
        !tls_own_keep(c->config.data_dir, pem.data, pem.len, e))
        return err_in(e, "making the cell's certificate");
    LOG(INFO, "cell.certificate", "made=self-signed name=%s days=%d", names[0], TLS_OWN_DAYS);
    return true;
}

bool cell_identity_open(struct cell *c, struct tls_identity **ret, struct err *e)
{
    struct err why;
    if (tls_own_load(c->config.data_dir, ret, &why))
        return true;
    if (why.kind != ERR_NOT_FOUND) {
        *e = why;
        return err_in(e, "the cell's certificate");
    }
    return make(c, e) && tls_own_load(c->config.data_dir, ret, e);
}

bool cell_urn(struct cell *c, const char **ret, struct err *e)
{
    char uuid[RANDOM_UUID];
    AUTO(buf_done) struct buf kept;
    buf_init(&kept, RANDOM_UUID);
    const char *path = arena_printf(&c->arena, "%s/cell.id", c->config.data_dir);
    struct err why;
    if (!file_read(path, &kept, &why)) {
        if (why.kind != ERR_NOT_FOUND) {
            *e = why;
            return false;
        }
        random_uuid(uuid);
        if (!file_replace(path, uuid, RANDOM_UUID - 1, e) || !buf_puts(&kept, uuid, e))
            return false;
    }
    if (kept.len != RANDOM_UUID - 1 || strspn(buf_str(&kept), "0123456789abcdef-") != kept.len)
        return err_set(e, ERR_STORE, "%s does not hold a UUID", path);
    *ret = arena_printf(&c->arena, "urn:vcloud:cell:%s", buf_str(&kept));
    return true;
}
