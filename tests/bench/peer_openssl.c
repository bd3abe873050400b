/* peer-openssl - what a plain user of OpenSSL would write: peer-openssl decoded|fresh|load CORPUS.
 * decoded: X509_verify_cert on a leaf that is decoded already; fresh: the leaf is decoded from DER each time;
 * load: CPU seconds of a d2i_X509 loop over the anchors. No host name, no purpose, no policy: less than ours does. */
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/corpus.h"
#include "bench/drive.h"

struct peer {
    struct corpus corpus;
    X509_STORE *store;
    X509_STORE_CTX *ctx;
    X509 *leaves[CORPUS_LEAVES];
    X509 **loaded;
    size_t turn;
};

static X509 *decode(const struct corpus_item *item)
{
    const uint8_t *at = item->der;
    X509 *x = d2i_X509(NULL, &at, (long)item->len);
    bench_must(x != NULL, "d2i_X509");
    return x;
}

static void fill_store(struct peer *p)
{
    p->store = X509_STORE_new();
    p->ctx = X509_STORE_CTX_new();
    bench_must(p->store && p->ctx, "X509_STORE_new");
    for (size_t i = 0; i < p->corpus.anchors_len; i++) {
        X509 *x = decode(&p->corpus.anchors[i]);
        bench_must(X509_STORE_add_cert(p->store, x) == 1, "X509_STORE_add_cert");
        X509_free(x);
    }
    bench_must(X509_STORE_set_flags(p->store, X509_V_FLAG_PARTIAL_CHAIN) == 1, "X509_STORE_set_flags");
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(p->store), CORPUS_NOW);
}

static void verify(struct peer *p, X509 *leaf)
{
    bench_must(X509_STORE_CTX_init(p->ctx, p->store, leaf, NULL) == 1, "X509_STORE_CTX_init");
    bench_must(X509_verify_cert(p->ctx) == 1, "X509_verify_cert");
    X509_STORE_CTX_cleanup(p->ctx);
}

static void step_decoded(void *self)
{
    struct peer *p = self;
    verify(p, p->leaves[p->turn++ % CORPUS_LEAVES]);
}

static void step_fresh(void *self)
{
    struct peer *p = self;
    X509 *leaf = decode(&p->corpus.leaves[p->turn++ % CORPUS_LEAVES]);
    verify(p, leaf);
    X509_free(leaf);
}

static double run_decoded(void *self)
{
    return bench_rate(step_decoded, self);
}

static double run_fresh(void *self)
{
    return bench_rate(step_fresh, self);
}

static double run_load(void *self)
{
    struct peer *p = self;
    double began = bench_cpu();
    for (size_t i = 0; i < p->corpus.anchors_len; i++)
        p->loaded[i] = decode(&p->corpus.anchors[i]);
    double spent = bench_cpu() - began;
    for (size_t i = 0; i < p->corpus.anchors_len; i++)
        X509_free(p->loaded[i]);
    return spent;
}

int main(int argc, char **argv)
{
    static const struct { const char *name; double (*run)(void *self); } modes[] = {
        { "decoded", run_decoded }, { "fresh", run_fresh }, { "load", run_load },
    };
    struct peer p = { 0 };
    double (*run)(void *self) = NULL;
    for (size_t i = 0; argc == 3 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            run = modes[i].run;
    if (!run) {
        (void)fprintf(stderr, "usage: peer-openssl decoded|fresh|load CORPUS\n");
        return 2;
    }
    corpus_read(&p.corpus, argv[2]);
    p.loaded = calloc(p.corpus.anchors_len, sizeof(X509 *));
    bench_must(p.loaded != NULL, "calloc");
    for (size_t i = 0; i < CORPUS_LEAVES; i++)
        p.leaves[i] = decode(&p.corpus.leaves[i]);
    if (run != run_load)
        fill_store(&p);
    bench_serve(run, &p);
    for (size_t i = 0; i < CORPUS_LEAVES; i++)
        X509_free(p.leaves[i]);
    X509_STORE_CTX_free(p.ctx);
    X509_STORE_free(p.store);
    free(p.loaded);
    corpus_done(&p.corpus);
    return 0;
}
