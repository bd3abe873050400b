#include "flow/audit_sign.h"

#include "base/clock.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "net/tls_own.h"
#include "store/store.h"
#include "wire/json.h"

enum { SIGNATURE_MAX = 4096 }; /* bytes; RSA of 16,384 bits makes half of that */

bool audit_head_now(struct store *s, struct audit_head *ret, struct err *e)
{
    struct audit_head h = { .at_ms = clock_wall_ms() };
    if (!store_audit_head(s, &h.count, h.hash, e))
        return false;
    (void)text_copy(h.store, sizeof(h.store), store_identity(s));
    *ret = h;
    return true;
}

static bool sign(const struct site *site, const struct audit_head *h, json_t *o, struct err *e)
{
    AUTO(buf_done) struct buf said, signature, text, chain;
    const char *algorithm;
    buf_init(&said, AUDIT_SIGNED_MAX);
    buf_init(&signature, SIGNATURE_MAX);
    buf_init(&text, 2 * SIGNATURE_MAX);
    buf_init(&chain, TLS_OWN_PEM);
    if (!audit_head_signed(h, &said, e) || !tls_own_sign(site->data_dir, said.data, said.len, &signature, &algorithm, &chain, e) ||
        !text_base64(&text, signature.data, signature.len, e))
        return false;
    json_object_set_new(o, "algorithm", json_string(algorithm));
    json_object_set_new(o, "signature", json_string(buf_str(&text)));
    json_object_set_new(o, "certificates", json_string(buf_str(&chain)));
    return true;
}

bool audit_sign(const struct site *site, json_t **ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct audit_head h;
    if (!loan_begin(site->shelf, &l, e) || !audit_head_now(l.store, &h, e))
        return false;
    AUTO(wire_json_decrefp) json_t *o = audit_head_write(AUDIT_SIGNATURE_FORMAT, &h);
    if (!sign(site, &h, o, e))
        return false;
    *ret = STEAL(o);
    return true;
}
