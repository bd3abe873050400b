/* bench-trust - our side of peer-openssl: bench-trust decoded|fresh|load|memory|swap|audit|loop CORPUS.
 * audit: CPU seconds of an audit of ENDPOINTS endpoints whose signatures are proved (trust/proofs.h); loop: of a bare loop that decides each of them once.
 * memory: resident bytes an anchor costs in a set; swap: the longest of SWAPS replacements of the live set, in
 * microseconds of wall time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench/corpus.h"
#include "bench/drive.h"
#include "trust/audit.h"
#include "trust/proofs.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "trust/verdict.h"

enum { SWAPS = 5, ENDPOINTS = 50000 };

struct ours {
    struct corpus corpus;
    struct trust_row *rows; /* owned */
    struct trust_set *set;
    struct trust_cert *leaves[CORPUS_LEAVES];
    size_t turn;
};

static struct trust_set *build_set(const struct ours *o)
{
    struct trust_set_report report = { 0 };
    struct trust_set *set = trust_set_create(
        &(struct trust_rows){ .anchors = o->rows, .anchors_len = o->corpus.anchors_len, .generation = 1 }, &report);
    bench_must(report.bad_anchors == 0 && trust_set_count(set) == o->corpus.anchors_len, "building the set");
    return set;
}

static struct trust_cert *decode(const struct corpus_item *item)
{
    struct trust_cert *cert = NULL;
    struct err e = { 0 };
    bench_must(trust_cert_parse(item->der, item->len, &cert, &e), "trust_cert_parse");
    return cert;
}

static void decide(const struct ours *o, const struct trust_cert *leaf)
{
    static const char *const names[] = { CORPUS_HOST };
    struct trust_verdict verdict;
    trust_decide(o->set, &(struct trust_question){
        .chain = &leaf, .chain_len = 1, .names = names, .names_len = 1, .names_mode = TRUST_NAMES_CHECK,
        .behalf = { .kind = TRUST_FOR_ADDRESS, .host = CORPUS_HOST, .port = 443 },
        .purpose = TRUST_PURPOSE_SERVER, .now = CORPUS_NOW }, &verdict);
    bench_must(verdict.ok, trust_rule_code(verdict.rule));
}

static void step_decoded(void *self)
{
    struct ours *o = self;
    decide(o, o->leaves[o->turn++ % CORPUS_LEAVES]);
}

static void step_fresh(void *self)
{
    struct ours *o = self;
    struct trust_cert *leaf = decode(&o->corpus.leaves[o->turn++ % CORPUS_LEAVES]);
    decide(o, leaf);
    trust_cert_unref(leaf);
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
    double began = bench_cpu();
    struct trust_set *set = build_set(self);
    double spent = bench_cpu() - began;
    trust_set_unref(set);
    return spent;
}

static double resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    bench_must(in && fscanf(in, "%lu %lu", &size, &resident) == 2, "reading statm");
    (void)fclose(in);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Only the first answer of a process means anything: later sets live in memory that the first left behind. */
static double run_memory(void *self)
{
    struct ours *o = self;
    double before = resident_bytes();
    struct trust_set *set = build_set(o);
    double grown = resident_bytes() - before;
    trust_set_unref(set);
    return grown / (double)o->corpus.anchors_len;
}

static double run_swap(void *self)
{
    double longest = 0;
    struct trust_live *live = trust_live_create(build_set(self));
    for (int i = 0; i < SWAPS; i++) {
        struct trust_set *next = build_set(self);
        double began = bench_wall();
        struct trust_set *old = trust_live_swap(live, next);
        double took = bench_wall() - began;
        trust_set_unref(old);
        longest = took > longest ? took : longest;
    }
    trust_live_destroy(live);
    return longest * 1e6;
}

static struct trust_replay_case *make_cases(const struct ours *o, struct trust_proofs *proofs)
{
    static const char *const names[] = { CORPUS_HOST };
    struct trust_replay_case *cases = xcalloc(ENDPOINTS, sizeof(*cases));
    for (size_t i = 0; i < ENDPOINTS; i++)
        cases[i] = (struct trust_replay_case){
            .q = { .chain = (const struct trust_cert *const *)&o->leaves[i % CORPUS_LEAVES], .chain_len = 1, .names = names, .names_len = 1,
                   .names_mode = TRUST_NAMES_CHECK, .behalf = { .kind = TRUST_FOR_ADDRESS, .host = CORPUS_HOST, .port = 443 },
                   .purpose = TRUST_PURPOSE_SERVER, .now = CORPUS_NOW, .proofs = proofs },
            .known = true, .looked = true };
    return cases;
}

/* Every leaf's signer is needed, everybody else is not. */
static double run_audit(void *self)
{
    const struct ours *o = self;
    AUTO(trust_proofs_destroyp) struct trust_proofs *proofs = trust_proofs_create();
    AUTO(freep) struct trust_replay_case *cases = make_cases(o, proofs);
    AUTO(arena_done) struct arena a = { 0 };
    struct trust_audit found;
    double began = bench_cpu();
    trust_audit(o->set, cases, ENDPOINTS, CORPUS_NOW, &a, &found);
    double spent = bench_cpu() - began;
    bench_must(found.unneeded == o->corpus.anchors_len - CORPUS_LEAVES && found.links_len == ENDPOINTS, "the audit's answer");
    return spent;
}

static double run_loop(void *self)
{
    struct ours *o = self;
    double began = bench_cpu();
    for (size_t i = 0; i < ENDPOINTS; i++)
        step_decoded(o);
    return bench_cpu() - began;
}

static void make_rows(struct ours *o)
{
    o->rows = xcalloc(o->corpus.anchors_len, sizeof(*o->rows));
    for (size_t i = 0; i < o->corpus.anchors_len; i++)
        o->rows[i] = (struct trust_row){ .der = o->corpus.anchors[i].der, .len = o->corpus.anchors[i].len,
                                         .scope = { .kind = TRUST_SCOPE_ANY }, .system = true };
}

int main(int argc, char **argv)
{
    static const struct { const char *name; double (*run)(void *self); } modes[] = {
        { "decoded", run_decoded }, { "fresh", run_fresh }, { "load", run_load }, { "memory", run_memory },
        { "swap", run_swap },       { "audit", run_audit }, { "loop", run_loop },
    };
    struct ours o = { 0 };
    double (*run)(void *self) = NULL;
    for (size_t i = 0; argc == 3 && i < ARRAY_LEN(modes); i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            run = modes[i].run;
    if (!run) {
        (void)fprintf(stderr, "usage: bench-trust decoded|fresh|load|memory|swap|audit|loop CORPUS\n");
        return 2;
    }
    corpus_read(&o.corpus, argv[2]);
    make_rows(&o);
    for (size_t i = 0; i < CORPUS_LEAVES; i++)
        o.leaves[i] = decode(&o.corpus.leaves[i]);
    if (run == run_decoded || run == run_fresh || run == run_audit || run == run_loop)
        o.set = build_set(&o);
    bench_serve(run, &o);
    for (size_t i = 0; i < CORPUS_LEAVES; i++)
        trust_cert_unref(o.leaves[i]);
    trust_set_unref(o.set);
    free(o.rows);
    corpus_done(&o.corpus);
    return 0;
}
