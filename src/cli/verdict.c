#include "cli/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/wrap.h"
#include "trust/cert.h"
#include "trust/set.h"

enum { LABEL = 15 }; /* column where the text of a field begins */

void verdict_sha256(const uint8_t digest[DIGEST_SHA256], char out[VERDICT_SHA256])
{
    memcpy(out, "SHA256:", 7);
    text_fingerprint(digest, DIGEST_SHA256, out + 7);
}

void verdict_sha1(const uint8_t digest[DIGEST_SHA1], char out[VERDICT_SHA1])
{
    memcpy(out, "SHA1:", 5);
    text_fingerprint(digest, DIGEST_SHA1, out + 5);
}

bool verdict_sha256_read(const char *what, const char *text, uint8_t out[DIGEST_SHA256], struct err *e)
{
    const char *hex = text_caseeq_n(text, strnlen(text, 7), "SHA256:", 7) ? text + 7 : text;
    size_t digits = 0;
    for (const char *p = hex; *p; p++)
        digits += *p != ':';
    if (text_caseeq_n(text, strnlen(text, 5), "SHA1:", 5) || digits == 2UL * DIGEST_SHA1)
        return err_set(e, ERR_INPUT, "%s: that is a SHA-1, which proves nothing; name the SHA-256", what);
    return text_unhex(hex, out, DIGEST_SHA256) ||
           err_set(e, ERR_INPUT, "%s: not a SHA-256 fingerprint (SHA256:AA:BB:.., 32 bytes)", what);
}

void verdict_reason(const struct trust_verdict *v, char out[VERDICT_REASON])
{
    const char *code = trust_rule_code(v->rule);
    if (v->ok)
        (void)snprintf(out, VERDICT_REASON, "%s: path of %u", code, v->path_len);
    else if (v->expected[0] || v->seen[0])
        (void)snprintf(out, VERDICT_REASON, "%s: %s: expected %s, seen %s", code, v->subject, v->expected, v->seen);
    else
        (void)snprintf(out, VERDICT_REASON, "%s: %s%s%s", code, v->subject, v->subject[0] ? ": " : "",
                       trust_rule_text(v->rule)->what);
}

static const struct trust_cert *cert_find(const struct verdict_view *w, const uint8_t digest[DIGEST_SHA256])
{
    for (size_t i = 0; i < w->chain_len; i++)
        if (!memcmp(trust_cert_sha256(w->chain[i]), digest, DIGEST_SHA256))
            return w->chain[i];
    return w->set ? trust_set_find(w->set, digest) : NULL;
}

static json_t *fingerprint_json(const uint8_t *digest, size_t len)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(digest, len, text);
    return json_string(text);
}

static json_t *time_json(int64_t t)
{
    char text[TEXT_TIME];
    text_time(t, text);
    return json_string(text);
}

typedef void cert_text(const struct trust_cert *c, char *out, size_t size);

static json_t *cert_text_json(const struct trust_cert *c, cert_text *read)
{
    char text[1024];
    read(c, text, sizeof(text));
    return out_text(text);
}

json_t *verdict_cert_json(const struct trust_cert *c)
{
    uint8_t sha1[DIGEST_SHA1];
    trust_cert_sha1(c, sha1);
    json_t *j = json_object();
    json_object_set_new(j, "subject", cert_text_json(c, trust_cert_subject));
    json_object_set_new(j, "issuer", cert_text_json(c, trust_cert_issuer));
    json_object_set_new(j, "serial", cert_text_json(c, trust_cert_serial));
    json_object_set_new(j, "key", cert_text_json(c, trust_cert_key_text));
    json_object_set_new(j, "names", cert_text_json(c, trust_cert_names));
    json_object_set_new(j, "ca", json_boolean(trust_cert_is_ca(c)));
    json_object_set_new(j, "not_before", time_json(trust_cert_not_before(c)));
    json_object_set_new(j, "not_after", time_json(trust_cert_not_after(c)));
    json_object_set_new(j, "sha256", fingerprint_json(trust_cert_sha256(c), DIGEST_SHA256));
    json_object_set_new(j, "sha1", fingerprint_json(sha1, DIGEST_SHA1));
    return j;
}

/* The certificate that a refusal fell on; its texts were kept in the verdict. */
static json_t *fallen_json(const struct trust_verdict *v)
{
    json_t *j = json_object();
    json_object_set_new(j, "index", v->at >= 0 ? json_integer(v->at) : json_null());
    json_object_set_new(j, "subject", out_text(v->subject));
    json_object_set_new(j, "issuer", out_text(v->issuer));
    json_object_set_new(j, "sha256", fingerprint_json(v->at_sha256, DIGEST_SHA256));
    json_object_set_new(j, "sha1", fingerprint_json(v->at_sha1, DIGEST_SHA1));
    return j;
}

static json_t *path_json(const struct verdict_view *w)
{
    json_t *path = json_array();
    for (size_t i = 0; i < w->verdict->path_len; i++) {
        const struct trust_cert *c = cert_find(w, w->verdict->path[i]);
        json_t *j = c ? verdict_cert_json(c) : json_object();
        if (!c)
            json_object_set_new(j, "sha256", fingerprint_json(w->verdict->path[i], DIGEST_SHA256));
        json_array_append_new(path, j);
    }
    return path;
}

json_t *verdict_json(const struct verdict_view *w)
{
    const struct trust_verdict *v = w->verdict;
    const struct trust_rule_text *rule = trust_rule_text(v->rule);
    char reason[VERDICT_REASON];
    verdict_reason(v, reason);
    json_t *j = json_object();
    json_object_set_new(j, "result", json_string(v->ok ? "ok" : "fail"));
    json_object_set_new(j, "rule", json_string(rule->code));
    json_object_set_new(j, "reason", out_text(reason));
    json_object_set_new(j, "clause", out_text(rule->clause));
    if (v->ok) {
        json_object_set_new(j, "anchor", fingerprint_json(v->anchor, DIGEST_SHA256));
        json_object_set_new(j, "path", path_json(w));
    } else {
        json_object_set_new(j, "certificate", fallen_json(v));
        json_object_set_new(j, "expected", out_text(v->expected));
        json_object_set_new(j, "seen", out_text(v->seen));
        json_object_set_new(j, "what", out_text(rule->what));
        json_object_set_new(j, "why", out_text(rule->why));
        json_object_set_new(j, "next", out_text(rule->next));
    }
    json_object_set_new(j, "signatures", json_integer(v->signatures));
    json_object_set_new(j, "crl_stale", json_boolean(v->crl_stale));
    return j;
}

void verdict_field(struct out *o, const char *label, const char *fmt, ...)
{
    char text[1200];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    out_printf(o, "  %-*s%s\n", LABEL - 2, label, text);
}

void verdict_prose(struct out *o, const char *label, const char *text)
{
    out_printf(o, "  %-*s", LABEL - 2, label);
    wrap_text(o, text, strlen(text), LABEL, LABEL);
}

static void print_path(struct out *o, const struct verdict_view *w)
{
    const struct trust_verdict *v = w->verdict;
    for (size_t i = 0; i < v->path_len; i++) {
        const struct trust_cert *c = cert_find(w, v->path[i]);
        char subject[512] = "?", until[TEXT_TIME] = "?", sha256[VERDICT_SHA256];
        if (c) {
            trust_cert_subject(c, subject, sizeof(subject));
            text_time(trust_cert_not_after(c), until);
        }
        verdict_sha256(v->path[i], sha256);
        bool anchor = i + 1 == v->path_len;
        verdict_field(o, !i ? "certificate" : anchor ? "anchor" : "issued by", "%s%s", subject,
                      !i && anchor ? " (itself an anchor)" : "");
        verdict_field(o, "", "%s", sha256);
        verdict_field(o, "", "valid until %s", until);
    }
}

static void print_refusal(struct out *o, const struct trust_verdict *v)
{
    const struct trust_rule_text *rule = trust_rule_text(v->rule);
    char sha256[VERDICT_SHA256], sha1[VERDICT_SHA1];
    verdict_sha256(v->at_sha256, sha256);
    verdict_sha1(v->at_sha1, sha1);
    if (v->at >= 0)
        verdict_field(o, "certificate", "%s (number %d of the chain)", v->subject, v->at + 1);
    else
        verdict_field(o, "certificate", "%s", v->subject[0] ? v->subject : "-");
    verdict_field(o, "issuer", "%s", v->issuer[0] ? v->issuer : "-");
    verdict_field(o, "fingerprints", "%s", sha256);
    verdict_field(o, "", "%s", sha1);
    if (v->expected[0])
        verdict_field(o, "expected", "%s", v->expected);
    if (v->seen[0])
        verdict_field(o, "seen", "%s", v->seen);
    verdict_prose(o, "what", rule->what);
    verdict_prose(o, "why", rule->why);
    verdict_prose(o, "next step", rule->next);
    verdict_field(o, "more", "%s explain %s", o->program, rule->code);
}

void verdict_print(struct out *o, const struct verdict_view *w)
{
    const struct trust_verdict *v = w->verdict;
    if (v->ok) {
        out_printf(o, "%sok%s: believed, by a path of %u\n", out_begin(o, OUT_GOOD), out_end(o, OUT_GOOD),
                   v->path_len);
        print_path(o, w);
        if (v->crl_stale)
            verdict_field(o, "note", "a CRL for this path was missing or past its next update");
        return;
    }
    out_printf(o, "%srefused%s: %s (%s)\n", out_begin(o, OUT_BAD), out_end(o, OUT_BAD), trust_rule_code(v->rule),
               trust_rule_text(v->rule)->clause);
    print_refusal(o, v);
}

void verdict_cert_print(struct out *o, const char *label, const struct trust_cert *c)
{
    char text[1024], from[TEXT_TIME], until[TEXT_TIME], key[64];
    uint8_t sha1[DIGEST_SHA1];
    trust_cert_subject(c, text, sizeof(text));
    verdict_field(o, label, "%s", text);
    trust_cert_issuer(c, text, sizeof(text));
    verdict_field(o, "", "issuer %s", text);
    trust_cert_names(c, text, sizeof(text));
    if (*text)
        verdict_field(o, "", "names %s", text);
    trust_cert_key_text(c, key, sizeof(key));
    text_time(trust_cert_not_before(c), from);
    text_time(trust_cert_not_after(c), until);
    verdict_field(o, "", "valid %s to %s, %s%s", from, until, key, trust_cert_is_ca(c) ? ", a CA" : "");
    verdict_sha256(trust_cert_sha256(c), text);
    verdict_field(o, "", "%s", text);
    trust_cert_sha1(c, sha1);
    verdict_sha1(sha1, text);
    verdict_field(o, "", "%s", text);
}
