#include "api/trust_json.h"

#include "api/op.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/look.h"
#include "flow/task.h"
#include "trust/cert.h"

json_t *trust_json_sha256(const uint8_t *sha256)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(sha256, DIGEST_SHA256, text);
    return json_string(text);
}

static json_t *sha1(const uint8_t *digest)
{
    char text[3 * DIGEST_SHA1];
    text_fingerprint(digest, DIGEST_SHA1, text);
    return json_string(text);
}

static void set(json_t *o, const char *key, json_t *take)
{
    (void)json_object_set_new(o, key, take ? take : json_null());
}

json_t *trust_json_cert(const struct trust_cert *c)
{
    AUTO(arena_done) struct arena a = { 0 };
    char text[2048];
    uint8_t digest[DIGEST_SHA1];
    struct err none;
    size_t len;
    const char *pem = NULL;
    json_t *o = json_object();
    trust_cert_subject(c, text, sizeof(text));
    set(o, "subject", task_json(text));
    trust_cert_issuer(c, text, sizeof(text));
    set(o, "issuer", task_json(text));
    set(o, "sha256", trust_json_sha256(trust_cert_sha256(c)));
    trust_cert_sha1(c, digest);
    set(o, "sha1", sha1(digest));
    trust_cert_serial(c, text, sizeof(text));
    set(o, "serial", json_string(text));
    set(o, "notBefore", api_json_time(trust_cert_not_before(c) * 1000));
    set(o, "notAfter", api_json_time(trust_cert_not_after(c) * 1000));
    trust_cert_key_text(c, text, sizeof(text));
    set(o, "key", json_string(text));
    trust_cert_signature(c, text, sizeof(text));
    set(o, "signature", json_string(text));
    trust_cert_names(c, text, sizeof(text));
    set(o, "names", task_json(text));
    set(o, "isCa", json_boolean(trust_cert_is_ca(c)));
    const uint8_t *der = trust_cert_der(c, &len);
    if (anchor_write(der, len, &a, &pem, &none))
        set(o, "certificate", json_string(pem));
    return o;
}

json_t *trust_json_verdict(const struct trust_verdict *v)
{
    const struct trust_rule_text *t = trust_rule_text(v->rule);
    char text[ERR_MSG_MAX];
    json_t *o = json_object();
    set(o, "ok", json_boolean(v->ok));
    set(o, "rule", json_string(t->code));
    set(o, "crlStale", json_boolean(v->crl_stale));
    look_verdict_text(v, text, sizeof(text));
    set(o, "text", task_json(text));
    if (v->ok) {
        set(o, "anchor", trust_json_sha256(v->anchor));
        return o;
    }
    set(o, "clause", json_string(t->clause));
    set(o, "what", json_string(t->what));
    set(o, "why", json_string(t->why));
    set(o, "next", json_string(t->next));
    set(o, "expected", task_json(v->expected));
    set(o, "seen", task_json(v->seen));
    set(o, "subject", task_json(v->subject));
    set(o, "issuer", task_json(v->issuer));
    set(o, "sha256", trust_json_sha256(v->at_sha256));
    set(o, "sha1", sha1(v->at_sha1));
    return o;
}
