/* bench-issue - a VMCA of the lab signs requests at the profile of 7.0 (RSA-2048): bench-issue cpu|durable DIR.
 * cpu: certificates per CPU second, from PEM to PEM, without the disk. durable: certificates per second with 64 requesters
 * at a time, each handed out when its line is on the disk. */
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "bench/drive.h"
#include "lab/issue.h"
#include "lab/pem.h"
#include "lab/vmca.h"

enum { REQUESTERS = 64 };

static const char scenario[] = "[lab]\nseed = bench\nhost_keys = 1\n[vcenter vc1]\nversion = 7.0\n";

struct bench {
    struct lab_estate *estate;
    char csr[4096];
    size_t len;
    double until;
};

static void make_request(struct bench *b)
{
    static const struct lab_rdn subject[] = { { "CN", "vc1.lab.test" }, { "C", "US" }, { 0 } };
    static const struct lab_ext exts[] = { { NID_subject_alt_name, "DNS:vc1.lab.test" },
                                           { NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement" }, { 0 } };
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509_REQ *req = lab_csr_make(subject, exts, key, NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    bench_must(req && bio && PEM_write_bio_X509_REQ(bio, req), "a request");
    long len = BIO_get_mem_data(bio, &text);
    bench_must(len > 0 && (size_t)len < sizeof(b->csr), "a request of that length");
    memcpy(b->csr, text, (size_t)len);
    b->len = (size_t)len;
    BIO_free(bio);
    X509_REQ_free(req);
    EVP_PKEY_free(key);
}

/* The whole of it but the line on the disk. */
static void sign_one(void *self)
{
    struct bench *b = self;
    struct lab_issue i;
    struct buf pem;
    int code;
    lab_lock(b->estate);
    bool ok = lab_issue_begin(&i, &b->estate->vcenters[0], 0, 0, NULL);
    lab_unlock(b->estate);
    X509_REQ *req = ok ? lab_csr_read(b->csr, b->len, &code, NULL) : NULL;
    X509 *x = req ? lab_sign(&i.sign, req, &code, NULL) : NULL;
    buf_init(&pem, LAB_PEM_MAX);
    bench_must(x && lab_pem_cert(&pem, x, NULL), "lab_sign");
    buf_done(&pem);
    X509_free(x);
    X509_REQ_free(req);
    lab_issue_drop(&i);
}

static void *requester(void *self)
{
    const struct bench *b = self;
    size_t done = 0;
    while (bench_wall() < b->until) {
        struct lab_issue i;
        struct buf pem;
        int code;
        lab_lock(b->estate);
        bool ok = lab_issue_begin(&i, &b->estate->vcenters[0], 0, 0, NULL);
        lab_unlock(b->estate);
        buf_init(&pem, LAB_PEM_MAX);
        bench_must(ok && lab_issue_pem(&i, b->csr, b->len, &pem, &code, NULL), "lab_issue_pem");
        buf_done(&pem);
        done++;
    }
    return (void *)done; /* NOLINT(performance-no-int-to-ptr) */
}

static double durable(void *self)
{
    struct bench *b = self;
    pthread_t threads[REQUESTERS];
    size_t total = 0;
    double from = bench_wall();
    b->until = from + BENCH_SECONDS;
    for (int i = 0; i < REQUESTERS; i++)
        bench_must(pthread_create(&threads[i], NULL, requester, b) == 0, "pthread_create");
    for (int i = 0; i < REQUESTERS; i++) {
        void *done;
        bench_must(pthread_join(threads[i], &done) == 0, "pthread_join");
        total += (size_t)done;
    }
    return (double)total / (bench_wall() - from);
}

static double cpu(void *self)
{
    return bench_rate(sign_one, self);
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct err e;
    bench_must(argc == 3, "usage: bench-issue cpu|durable DIR");
    b.estate = lab_estate_open(argv[2], scenario, strlen(scenario), time(NULL), false, &e);
    bench_must(b.estate != NULL, e.msg);
    make_request(&b);
    bench_serve(!strcmp(argv[1], "cpu") ? cpu : durable, &b);
    (void)lab_estate_destroy(b.estate);
    return 0;
}
