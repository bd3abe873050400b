/* bench/corpus.h - the certificates that both sides of a bench read, as mkcorpus wrote them into one file.
 * Leaves first, each signed by another anchor and spread evenly over them, so that no side is lucky with the place
 * where its anchor lies. Never changes what it read. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    CORPUS_LEAVES = 5,             /* leaves, and real signers among the anchors */
    CORPUS_ANCHORS_MAX = 100000,
};

/* What every leaf is for, and when they are all valid. */
#define CORPUS_HOST "vc1.example"
#define CORPUS_NOW INT64_C(1700000000)

struct corpus_item {
    const uint8_t *der; /* borrowed from the corpus */
    size_t len;
};

struct corpus {
    struct corpus_item leaves[CORPUS_LEAVES];
    struct corpus_item *anchors; /* owned */
    size_t anchors_len;
    uint8_t *bytes; /* owned: the whole file */
};

/* Ends the program when the file is not whole. */
void corpus_read(struct corpus *c, const char *path);
void corpus_done(struct corpus *c);
