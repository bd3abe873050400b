#include "cli/intake.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/input.h"
#include "cli/password.h"
#include "trust/cert.h"
#include "trust/keystore.h"
#include "trust/pem.h"
#include "wire/archive.h"

enum { SHOWN_MAX = 160 };

void intake_done(struct intake *in)
{
    for (size_t i = 0; i < in->len; i++)
        trust_cert_unref(in->items[i].cert);
    *in = (struct intake){ 0 };
}

/* What is being read. */
struct reading {
    struct intake *in;
    struct arena *arena;
    const char *from;
};

static void unreadable(struct intake *in, const struct err *why)
{
    if (!in->unreadable++)
        in->first = *why;
}

static bool add_cert(const struct reading *r, const uint8_t *der, size_t len, struct err *e)
{
    struct intake *in = r->in;
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct err why;
    if (!trust_cert_parse(der, len, &cert, &why)) {
        unreadable(in, &why);
        return true;
    }
    for (size_t i = 0; i < in->len; i++) {
        if (!memcmp(trust_cert_sha256(in->items[i].cert), trust_cert_sha256(cert), DIGEST_SHA256)) {
            in->items[i].copies++;
            return true;
        }
    }
    if (in->len == INTAKE_CERTS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d different certificates", INTAKE_CERTS_MAX);
    if (!in->items)
        in->items = arena_array(r->arena, INTAKE_CERTS_MAX, sizeof(*in->items));
    in->items[in->len++] = (struct intake_cert){ STEAL(cert), r->from, 1 };
    return true;
}

static bool add_block(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    const struct reading *r = self;
    switch (kind) {
    case TRUST_PEM_CERTIFICATE: return add_cert(r, der, len, e);
    case TRUST_PEM_CRL: r->in->crls++; return true;
    case TRUST_PEM_OTHER: r->in->other++; return true;
    }
    return true;
}

/* A file of an archive that nobody can read spoils nothing else; only a cap does. */
static bool add_file(void *self, const struct wire_archive_file *f, struct err *e)
{
    const struct reading *zip = self;
    char shown[SHOWN_MAX];
    struct err why = { 0 };
    text_escape(shown, sizeof(shown), f->path, strlen(f->path));
    struct reading r = { zip->in, zip->arena, arena_printf(zip->arena, "%s:%s", zip->from, shown) };
    if (trust_pem_read(f->data, f->len, add_block, &r, &why))
        return true;
    if (why.kind != ERR_INPUT)
        return err_set(e, why.kind, "%s: %s", shown, why.msg);
    unreadable(zip->in, &why);
    return true;
}

static bool add_keystore(struct reading *r, const void *data, size_t len, const struct secret *password, struct err *e)
{
    struct trust_keystore_found found;
    if (!trust_keystore_read(data, len, password, add_block, r, &found, e))
        return false;
    r->in->keys += found.keys;
    r->in->other += found.other;
    return true;
}

/* What was added before a failure stays in the list: the caller drops it all. */
bool intake_bytes(const void *data, size_t len, const char *from, const struct secret *password, struct arena *a, struct intake *in,
                  struct err *e)
{
    struct reading r = { in, a, from };
    if (len >= 4 && !memcmp(data, "PK\3\4", 4))
        return wire_archive_read(data, len, NULL, add_file, &r, e);
    if (trust_keystore_is(data, len))
        return add_keystore(&r, data, len, password, e);
    return trust_pem_read(data, len, add_block, &r, e);
}

bool intake_file(struct out *o, const char *path, const char *password_file, struct arena *a, struct intake *in, struct err *e)
{
    AUTO(buf_done) struct buf data;
    AUTO(secret_done) struct secret password = { 0 };
    char shown[SHOWN_MAX];
    struct err why = { 0 };
    const size_t before = in->len + in->crls + in->unreadable;
    buf_init(&data, INTAKE_BYTES_MAX);
    text_escape(shown, sizeof(shown), strcmp(path, "-") ? path : "standard input", strlen(strcmp(path, "-") ? path : "standard input"));
    const char *from = arena_strdup(a, shown);
    if (!input_file(path, &data, e))
        return false;
    bool ok = intake_bytes(data.data, data.len, from, NULL, a, in, &why);
    if (!ok && why.kind == ERR_DENIED)
        ok = password_known(o, "--password-file", password_file, arena_printf(a, "Password of %s", from), &password, &why) &&
             intake_bytes(data.data, data.len, from, &password, a, in, &why);
    if (!ok)
        return err_set(e, why.kind == ERR_LIMIT ? ERR_INPUT : why.kind, "%s: %s", from, why.msg);
    return in->len + in->crls + in->unreadable > before || in->keys ||
           err_set(e, ERR_INPUT, "%s: holds no certificate", from);
}
