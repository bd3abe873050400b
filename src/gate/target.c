#include "gate/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "wire/url.h"
#include "trust/cert.h"
#include "trust/rule.h"

struct gate_target *gate_target_create(void)
{
    struct gate_target *t = xcalloc(1, sizeof(*t));
    t->refs = 1;
    return t;
}

struct gate_target *gate_target_ref(struct gate_target *t)
{
    (void)__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

void gate_target_settle(struct gate_target *t)
{
    if (t->path)
        secret_wipe(t->path, strlen(t->path));
    free(t->path);
    t->path = NULL;
}

struct gate_target *gate_target_unref(struct gate_target *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
        return NULL;
    char **const texts[] = { &t->session, &t->user, &t->user_name, &t->org, &t->org_name, &t->vm, &t->vm_name,
                             &t->from, &t->vcenter, &t->endpoint, &t->host_name, &t->host };
    gate_target_settle(t);
    for (size_t i = 0; i < t->names_len; i++)
        free(t->names[i]);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(*texts[i]);
    free(t);
    return NULL;
}

bool gate_target_thumbprint(struct gate_target *t, const char *text)
{
    static const size_t sizes[] = { DIGEST_SHA1, DIGEST_SHA256 };
    if (t->prints_len == GATE_THUMBPRINTS)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct gate_thumbprint *p = &t->prints[t->prints_len];
        if (!text_unhex(text, p->digest, sizes[i]))
            continue;
        p->len = sizes[i];
        t->prints_len++;
        return true;
    }
    return false;
}

bool gate_target_host(const struct gate_target *t, struct url_host *ret, struct err *e)
{
    char text[URL_HOST_TEXT];
    (void)snprintf(text, sizeof(text), strchr(t->host, ':') ? "[%s]:%u" : "%s:%u", t->host, t->port);
    return url_host_parse(text, strlen(text), ret, e);
}

bool gate_target_proves(const struct gate_target *t, const struct trust_cert *leaf, struct trust_verdict *v)
{
    uint8_t sha1[DIGEST_SHA1];
    trust_cert_sha1(leaf, sha1);
    for (size_t i = 0; i < t->prints_len; i++) {
        const struct gate_thumbprint *p = &t->prints[i];
        if (secret_bytes_equal(p->len == DIGEST_SHA1 ? sha1 : trust_cert_sha256(leaf), p->digest, p->len))
            return true;
    }
    if (t->prints_len && v) {
        v->ok = false;
        v->rule = TRUST_THUMBPRINT_MISMATCH;
        v->at = 0;
        memcpy(v->at_sha256, trust_cert_sha256(leaf), sizeof(v->at_sha256));
        memcpy(v->at_sha1, sha1, sizeof(v->at_sha1));
        text_fingerprint(t->prints[0].digest, t->prints[0].len, v->expected);
        text_fingerprint(trust_cert_sha256(leaf), DIGEST_SHA256, v->seen);
    }
    return !t->prints_len;
}

void gate_target_question(const struct gate_target *t, struct trust_question *ret)
{
    *ret = (struct trust_question){
        .names = (const char *const *)t->names, .names_len = t->names_len, .names_mode = t->names_mode,
        .behalf = { TRUST_FOR_ESXI, t->port, t->vcenter, t->host }, .purpose = TRUST_PURPOSE_SERVER,
        .crl_mode = t->crl_mode, .policy = t->policy,
    };
}
