/* peer-issue - what a plain user of OpenSSL would write to sign a request: peer-issue cpu|durable FILE.
 * The same input and profile as bench-issue: PEM in, its signature verified, extensions copied, AKI and AIA added, signed
 * with RSA-2048, PEM out. durable: one after the other, each appended to FILE and synced before the next. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "bench/drive.h"

struct peer {
    EVP_PKEY *ca_key;
    X509 *ca;
    char csr[4096];
    size_t len;
    int fd;
};

static void add(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bench_must(ext && X509_add_ext(x, ext, -1), "an extension");
    X509_EXTENSION_free(ext);
}

static void set_serial(X509 *x)
{
    unsigned char bytes[8];
    bench_must(RAND_bytes(bytes, sizeof(bytes)) == 1, "RAND_bytes");
    BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(bn, NULL);
    bench_must(serial && X509_set_serialNumber(x, serial), "a serial number");
    ASN1_INTEGER_free(serial);
    BN_free(bn);
}

static void make_ca(struct peer *p)
{
    X509_NAME *name = X509_NAME_new();
    p->ca_key = EVP_RSA_gen(2048);
    p->ca = X509_new();
    bench_must(p->ca_key && p->ca && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"CA", -1, -1, 0),
               "a CA");
    X509_set_version(p->ca, X509_VERSION_3);
    set_serial(p->ca);
    X509_set_subject_name(p->ca, name);
    X509_set_issuer_name(p->ca, name);
    X509_gmtime_adj(X509_getm_notBefore(p->ca), -86400);
    X509_gmtime_adj(X509_getm_notAfter(p->ca), 315360000);
    X509_set_pubkey(p->ca, p->ca_key);
    add(p->ca, p->ca, NID_subject_key_identifier, "hash");
    bench_must(X509_sign(p->ca, p->ca_key, EVP_sha256()) > 0, "X509_sign");
    X509_NAME_free(name);
}

static void make_request(struct peer *p)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509_REQ *req = X509_REQ_new();
    X509_NAME *name = X509_NAME_new();
    STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"vc1.lab.test", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"US", -1, -1, 0);
    sk_X509_EXTENSION_push(exts, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:vc1.lab.test"));
    sk_X509_EXTENSION_push(exts, X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement"));
    bench_must(X509_REQ_set_subject_name(req, name) && X509_REQ_set_pubkey(req, key) && X509_REQ_add_extensions(req, exts) &&
               X509_REQ_sign(req, key, EVP_sha256()) > 0 && PEM_write_bio_X509_REQ(bio, req), "a request");
    long len = BIO_get_mem_data(bio, &text);
    bench_must(len > 0 && (size_t)len < sizeof(p->csr), "a request of that length");
    memcpy(p->csr, text, (size_t)len);
    p->len = (size_t)len;
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    BIO_free(bio);
    X509_NAME_free(name);
    X509_REQ_free(req);
    EVP_PKEY_free(key);
}

static void write_out(const struct peer *p, X509 *x)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    bench_must(out && PEM_write_bio_X509(out, x), "PEM");
    long len = BIO_get_mem_data(out, &text);
    if (p->fd >= 0)
        bench_must(write(p->fd, text, (size_t)len) == len && fdatasync(p->fd) == 0, "the disk");
    BIO_free(out);
}

static void sign_one(void *self)
{
    struct peer *p = self;
    BIO *in = BIO_new_mem_buf(p->csr, (int)p->len);
    X509_REQ *req = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
    EVP_PKEY *key = req ? X509_REQ_get0_pubkey(req) : NULL;
    X509 *x = X509_new();
    bench_must(key && X509_REQ_verify(req, key) == 1, "the request");
    X509_set_version(x, X509_VERSION_3);
    set_serial(x);
    X509_set_subject_name(x, X509_REQ_get_subject_name(req));
    X509_set_issuer_name(x, X509_get_subject_name(p->ca));
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 63072000);
    X509_set_pubkey(x, key);
    STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
    for (int i = 0; i < sk_X509_EXTENSION_num(exts); i++)
        X509_add_ext(x, sk_X509_EXTENSION_value(exts, i), -1);
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    add(x, p->ca, NID_authority_key_identifier, "keyid");
    add(x, p->ca, NID_info_access, "caIssuers;URI:https://vc1.lab.test/afd/vecs/ca");
    bench_must(X509_sign(x, p->ca_key, EVP_sha256()) > 0, "X509_sign");
    write_out(p, x);
    X509_free(x);
    X509_REQ_free(req);
    BIO_free(in);
}

static double cpu(void *self)
{
    return bench_rate(sign_one, self);
}

static double durable(void *self)
{
    const double from = bench_wall();
    int done = 0;
    do {
        sign_one(self);
        done++;
    } while (bench_wall() < from + BENCH_SECONDS);
    return done / (bench_wall() - from);
}

int main(int argc, char **argv)
{
    static struct peer p = { .fd = -1 };
    bench_must(argc == 3, "usage: peer-issue cpu|durable FILE");
    make_ca(&p);
    make_request(&p);
    if (!strcmp(argv[1], "durable"))
        p.fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bench_serve(!strcmp(argv[1], "cpu") ? cpu : durable, &p);
    return 0;
}
