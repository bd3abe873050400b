#include "lab/issue.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "lab/change.h"
#include "lab/ledger.h"
#include "lab/pem.h"
#include "lab/vmca.h"

enum { PREDATE = 600, LINE_MAX_ = 512 };

bool lab_issue_begin(struct lab_issue *i, struct lab_vcenter *vc, int64_t not_before, int64_t not_after, struct err *e)
{
    struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    int64_t now = lab_now_at(&vc->at), ca_start = lab_time_of(X509_get0_notBefore(ca->cert)) + 1;
    int64_t usual = now - PREDATE > ca_start ? now - PREDATE : ca_start;
    *i = (struct lab_issue){
        .estate = vc->at.estate,
        .sign = { .issuer = ca->cert, .key = ca->key, .now = now, .not_before = not_before ? not_before : usual,
                  .pnid = lab_pnid(vc), .many_names = vc->plan->many_names, .policy = vc->plan->name_policy },
        .n = vc->vmca->issued++,
        .crash = vc->at.faults & LAB_FAULT_CRASH,
    };
    i->sign.not_after = not_after ? not_after : i->sign.not_before + (int64_t)LAB_ISSUE_DAYS * LAB_DAY;
    (void)text_copy(i->label, sizeof(i->label), vc->vmca->label);
    (void)X509_up_ref(ca->cert);
    (void)EVP_PKEY_up_ref(ca->key);
    if (ca->above_len)
        i->above[i->above_len++] = ca->cert;
    for (size_t n = 0; n + 1 < ca->above_len; n++)
        i->above[i->above_len++] = ca->above[n];
    for (size_t n = 0; n < i->above_len; n++)
        (void)X509_up_ref(i->above[n]);
    /* It dies once, not again after the next start. */
    if (i->crash && !lab_set_faults(&vc->at, vc->at.faults & ~(unsigned)LAB_FAULT_CRASH, e)) {
        lab_issue_drop(i);
        return false;
    }
    return true;
}

void lab_issue_drop(struct lab_issue *i)
{
    X509_free(i->sign.issuer);
    EVP_PKEY_free(i->sign.key);
    for (size_t n = 0; n < i->above_len; n++)
        X509_free(i->above[n]);
    *i = (struct lab_issue){ .n = 0 };
}

/* Another number for each request and time; the same for the same, so that a seed makes the same estate. */
static void number(struct lab_issue *i, const char *csr, size_t len)
{
    uint8_t digest[DIGEST_SHA256];
    char hex[2 * DIGEST_SHA256 + 1], label[LAB_LABEL_MAX];
    digest_sha256(csr, len, digest);
    text_hex(digest, 16, hex);
    (void)snprintf(label, sizeof(label), "issued %.40s %llu %lld %.32s", i->label, (unsigned long long)i->n,
                   (long long)i->sign.not_before, hex);
    lab_keys_derive(i->estate->keys, label, i->sign.serial, sizeof(i->sign.serial));
}

/* {"vmca","serial","until","sha256"} */
static bool store(const struct lab_issue *i, X509 *x, struct err *e)
{
    uint8_t digest[DIGEST_SHA256], *der = NULL;
    char print[2 * DIGEST_SHA256 + 1], serial[2 * LAB_SERIAL_MAX + 1], line[LINE_MAX_];
    const ASN1_INTEGER *number = X509_get0_serialNumber(x);
    int len = i2d_X509(x, &der);
    if (len <= 0)
        return err_set(e, ERR_INTERNAL, "libcrypto can't write a certificate");
    digest_sha256(der, (size_t)len, digest);
    OPENSSL_free(der);
    text_hex(digest, sizeof(digest), print);
    text_hex(ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number), serial);
    int n = snprintf(line, sizeof(line), "{\"vmca\":\"%s\",\"serial\":\"%s\",\"until\":%lld,\"sha256\":\"%s\"}\n", i->label, serial,
                     (long long)lab_time_of(X509_get0_notAfter(x)), print);
    return lab_ledger_append(i->estate->ledger, line, (size_t)n, e);
}

static X509 *issue(struct lab_issue *i, const char *csr, size_t len, int *ret_code, struct err *e)
{
    *ret_code = 0;
    AUTO(lab_req_freep) X509_REQ *req = lab_csr_read(csr, len, ret_code, e);
    if (!req)
        return NULL;
    number(i, csr, len);
    AUTO(lab_x509_freep) X509 *x = lab_sign(&i->sign, req, ret_code, e);
    if (x && i->crash)
        (void)kill(getpid(), SIGKILL);
    return x && store(i, x, e) ? STEAL(x) : NULL;
}

X509 *lab_issue_end(struct lab_issue *i, const char *csr, size_t len, int *ret_code, struct err *e)
{
    AUTO(lab_x509_freep) X509 *x = issue(i, csr, len, ret_code, e);
    lab_issue_drop(i);
    X509 *whole = x ? X509_dup(x) : NULL; /* decodes its key */
    if (x && !whole)
        (void)err_set(e, ERR_INTERNAL, "libcrypto can't read a certificate");
    return whole;
}

bool lab_issue_pem(struct lab_issue *i, const char *csr, size_t len, struct buf *out, int *ret_code, struct err *e)
{
    AUTO(lab_x509_freep) X509 *x = issue(i, csr, len, ret_code, e);
    bool ok = x && lab_pem_cert(out, x, e);
    for (size_t n = 0; ok && n < i->above_len; n++)
        ok = lab_pem_cert(out, i->above[n], e);
    lab_issue_drop(i);
    return ok;
}
