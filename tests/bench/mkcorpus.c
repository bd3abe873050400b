/* mkcorpus - writes a corpus (corpus.h): mkcorpus distinct|same COUNT FILE. The anchors are roots as VMCA makes them;
 * CORPUS_LEAVES of them have a real key and sign the leaves, the others are the same certificate with another key, key
 * identifier and serial number written over it. Nobody verifies an anchor's own signature, so theirs need not hold. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "bench/corpus.h"
#include "bench/drive.h"
#include "fixture/vmca.h"

enum { MODULUS = 256, SERIAL = 8, KEY_HEAD = 9, KEY_TAIL = 5 }; /* KEY_*: RSAPublicKey around the modulus */

struct pattern {
    uint8_t modulus[MODULUS], key_id[DIGEST_SHA1], serial[SERIAL];
    const char *host;
    const struct mint_made *made;
};

/* The same bytes on every run: SHA-256 over a counter. */
static void noise(uint8_t *out, size_t len, uint64_t seed)
{
    uint8_t hash[DIGEST_SHA256];
    for (size_t at = 0; at < len; at += sizeof(hash), seed++) {
        digest_sha256(&seed, sizeof(seed), hash);
        size_t n = len - at < sizeof(hash) ? len - at : sizeof(hash);
        memcpy(out + at, hash, n);
    }
}

static void put(FILE *out, const uint8_t *der, size_t len)
{
    uint32_t head = (uint32_t)len;
    bench_must(fwrite(&head, sizeof(head), 1, out) == 1 && fwrite(der, 1, len, out) == len, "writing the corpus");
}

/* Writes `to` over every occurrence of `from`; there must be one. Returns the last. */
static uint8_t *overwrite(uint8_t *der, size_t len, const void *from, const void *to, size_t size)
{
    uint8_t *at = der, *last = NULL;
    while ((at = memmem(at, len - (size_t)(at - der), from, size)) != NULL) {
        memcpy(at, to, size);
        last = at;
        at += size;
    }
    bench_must(last != NULL, "finding what to overwrite");
    return last;
}

static struct pattern pattern_of(struct mint *m, const struct mint_made *made, const char *host)
{
    struct pattern p = { .made = made, .host = host };
    BIGNUM *n = NULL;
    bench_must(EVP_PKEY_get_bn_param(mint_key(m, made->key), OSSL_PKEY_PARAM_RSA_N, &n) == 1, "the modulus");
    bench_must(BN_bn2binpad(n, p.modulus, MODULUS) == MODULUS, "the modulus's size");
    BN_free(n);
    const uint8_t *at = memmem(made->der, made->len, p.modulus, MODULUS);
    bench_must(at != NULL, "finding the modulus");
    digest_sha1(at - KEY_HEAD, KEY_HEAD + MODULUS + KEY_TAIL, p.key_id);
    bench_must(text_unhex(made->serial + strlen(made->serial) - 2 * (size_t)SERIAL, p.serial, SERIAL), "the serial number");
    return p;
}

static void put_variant(FILE *out, const struct pattern *p, size_t number, const char *host)
{
    uint8_t der[4096], modulus[MODULUS], serial[SERIAL], key_id[DIGEST_SHA1];
    bench_must(p->made->len <= sizeof(der), "the pattern's size");
    memcpy(der, p->made->der, p->made->len);
    noise(modulus, sizeof(modulus), number << 8);
    modulus[0] |= 0x80;
    modulus[MODULUS - 1] |= 1;
    noise(serial, sizeof(serial), ~(uint64_t)number);
    serial[0] |= 0xc0;
    const uint8_t *key = overwrite(der, p->made->len, p->modulus, modulus, MODULUS);
    digest_sha1(key - KEY_HEAD, KEY_HEAD + MODULUS + KEY_TAIL, key_id);
    (void)overwrite(der, p->made->len, p->key_id, key_id, sizeof(key_id));
    (void)overwrite(der, p->made->len, p->serial, serial, SERIAL);
    (void)overwrite(der, p->made->len, p->host, host, strlen(p->host));
    put(out, der, p->made->len);
}

static void name_host(char out[32], bool same, size_t number)
{
    (void)snprintf(out, 32, "vc%06zu.example", same ? (size_t)0 : number);
}

static void write_corpus(struct mint *m, FILE *out, bool same, size_t count)
{
    char host[32];
    size_t signers = count < CORPUS_LEAVES ? count : CORPUS_LEAVES, step = count / signers;
    const struct mint_made *roots[CORPUS_LEAVES];
    for (size_t i = 0; i < signers; i++) {
        name_host(host, same, i * step + step / 2);
        roots[i] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .host = host, .key = (int)i });
    }
    for (size_t i = 0; i < CORPUS_LEAVES; i++) {
        const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){
            .kind = VMCA_MACHINE_SSL_CERTOOL, .by = roots[i % signers], .host = CORPUS_HOST, .key = CORPUS_LEAVES });
        put(out, leaf->der, leaf->len);
    }
    char first[32];
    name_host(first, same, step / 2);
    struct pattern p = pattern_of(m, roots[0], first);
    for (size_t i = 0; i < count; i++) {
        name_host(host, same, i);
        if (i % step == step / 2 && i / step < signers)
            put(out, roots[i / step]->der, roots[i / step]->len);
        else
            put_variant(out, &p, i, host);
    }
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    bool same = argc == 4 && strcmp(argv[1], "same") == 0;
    if (argc != 4 || (!same && strcmp(argv[1], "distinct") != 0) || !text_number(argv[2], 1, CORPUS_ANCHORS_MAX, &count)) {
        (void)fprintf(stderr, "usage: mkcorpus distinct|same COUNT FILE\n");
        return 2;
    }
    FILE *out = fopen(argv[3], "wb");
    bench_must(out != NULL, "creating the corpus");
    AUTO(mint_destroyp) struct mint *m = mint_create();
    write_corpus(m, out, same, (size_t)count);
    bench_must(fclose(out) == 0, "closing the corpus");
    return 0;
}
