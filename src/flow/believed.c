#include "flow/believed.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/kept.h"
#include "store/endpoint.h"
#include "store/record.h"
#include "trust/cert.h"

#define KIND "believed"

enum { ID_TEXT = 2 * DIGEST_SHA256 + 1 };

void believed_done(struct believed *b)
{
    (void)trust_cert_unref(b->cert);
    *b = (struct believed){ 0 };
}

enum believed_change believed_compare(const struct believed *b, const struct trust_cert *now)
{
    if (!b->cert)
        return BELIEVED_FIRST;
    if (memcmp(trust_cert_sha256(b->cert), trust_cert_sha256(now), DIGEST_SHA256) == 0)
        return BELIEVED_SAME;
    bool same_key = memcmp(trust_cert_key_sha256(b->cert), trust_cert_key_sha256(now), DIGEST_SHA256) == 0;
    return same_key ? BELIEVED_SAME_KEY : BELIEVED_CHANGED;
}

const char *believed_vmca_key(const char *vcenter, struct arena *a)
{
    return arena_printf(a, "%s/vmca", vcenter);
}

/* Keys may be longer than an id. */
static void id_of(const char *key, char out[ID_TEXT])
{
    uint8_t digest[DIGEST_SHA256];
    digest_sha256(key, strlen(key), digest);
    text_hex(digest, sizeof(digest), out);
}

/* The row's own leaf was believed at some time since it is presented. */
static bool row_speaks(const struct store_endpoint *row)
{
    return row->chain_len > 0 && row->verified_ms > 0 && row->verified_ms >= row->since_ms;
}

static bool get_row(struct store *s, const char *key, struct arena *a, struct store_endpoint *ret, bool *ret_there, struct err *e)
{
    *ret_there = store_endpoint_get(s, key, a, ret, e);
    return *ret_there || e->kind == ERR_NOT_FOUND;
}

static bool get_record(struct store *s, const char *key, struct arena *a, struct believed *ret, struct err *e)
{
    struct store_record r;
    char id[ID_TEXT];
    json_t *j;
    struct err none;
    id_of(key, id);
    if (!store_record_get(s, KIND, id, a, &r, e))
        return e->kind == ERR_NOT_FOUND;
    if (!kept_json(&r, &j, e))
        return false;
    const char *pem = kept_text(j, "certificate", a);
    ret->since_ms = kept_number(j, "since");
    ret->until_ms = kept_number(j, "until");
    json_decref(j);
    if (!anchor_read(pem, strlen(pem), &ret->cert, &none)) /* damaged: as if nothing was ever believed */
        *ret = (struct believed){ 0 };
    return true;
}

bool believed_get(struct store *s, const char *key, struct believed *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_endpoint row;
    struct err none;
    bool there;
    *ret = (struct believed){ 0 };
    if (!get_row(s, key, &a, &row, &there, e))
        return false;
    if (!there || !row_speaks(&row))
        return get_record(s, key, &a, ret, e);
    if (trust_cert_parse(row.chain[0].der, row.chain[0].len, &ret->cert, &none)) {
        ret->since_ms = row.since_ms;
        ret->until_ms = row.verified_ms;
    }
    return true;
}

static bool put(struct store *s, const char *key, const char *urn, const uint8_t *der, size_t len, const struct believed *times,
                struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *pem;
    char id[ID_TEXT];
    id_of(key, id);
    return anchor_write(der, len, &a, &pem, e) &&
           kept_put(s, (struct store_record){ .kind = KIND, .id = id, .owner = urn ? urn : "", .name = "", .state = "",
                                              .made_ms = times->until_ms },
                    json_pack("{s:s, s:I, s:I}", "certificate", pem, "since", (json_int_t)times->since_ms, "until",
                              (json_int_t)times->until_ms), e);
}

bool believed_save(struct store *s, const char *key, const char *urn, const struct trust_cert *next, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_endpoint row;
    size_t len;
    bool there;
    if (!get_row(s, key, &a, &row, &there, e))
        return false;
    const uint8_t *der = trust_cert_der(next, &len);
    if (!there || !row_speaks(&row) || (row.chain[0].len == len && memcmp(row.chain[0].der, der, len) == 0))
        return true;
    return put(s, key, urn, row.chain[0].der, row.chain[0].len,
               &(struct believed){ .since_ms = row.since_ms, .until_ms = row.verified_ms }, e);
}

bool believed_put(struct store *s, const char *key, const char *urn, const struct trust_cert *cert, int64_t now_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(believed_done) struct believed old = { 0 };
    size_t len;
    if (!get_record(s, key, &a, &old, e))
        return false;
    if (believed_compare(&old, cert) == BELIEVED_SAME)
        return true;
    const uint8_t *der = trust_cert_der(cert, &len);
    return put(s, key, urn, der, len, &(struct believed){ .since_ms = now_ms, .until_ms = now_ms }, e);
}

bool believed_drop(struct store *s, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, urn, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!store_record_remove(s, KIND, rows[i].id, e))
            return false;
    return true;
}
