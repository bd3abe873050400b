/* flow/spool.h - where what clients download lies between the host and them: files of one entity at a time, under DATA_DIR/spool, within
 * a quota, until nobody has asked for them for a while. Called by the downloads' workflow (flow/download.h), which fills an entry,
 * and by the requests that serve it. Nothing of it outlives the process: what a killed cell left is swept at the start.
 *
 * What its bytes came over is kept with it (flow/voucher.h), and an entry that would not be believed any more is withdrawn: nobody finds it,
 * and who reads of it is told so.
 *
 * An entry is filled by one, then published, then read by many. Each who holds one has a reference; its files are there as long.
 * Removing files is done by who may block: an entry that nobody wants any more goes at the next sweep, or when room is needed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/random.h"

struct chain;
struct gate_target;
struct spool;
struct trust_set;
struct trust_verdict;
struct turns;

enum {
    SPOOL_FILES_MAX = 1024,             /* of one entry */
    SPOOL_NAME_MAX = 100,               /* bytes of a file's name: it goes into archives (wire/tar_write.h) */
    SPOOL_IDLE_MS = 60 * 60 * 1000,     /* TRANSFER_IDLE_MS: since the last byte was asked for */
    SPOOL_SWEEP_MS = 30 * 1000,         /* how often what is idle is looked for */
    SPOOL_AT_ONCE = 4,                  /* entries that are filled at a time; the rest wait in line */
};
#define SPOOL_BYTES_MAX (UINT64_C(64) << 30) /* unless the configuration says otherwise */

struct spool_config {
    const char *data_dir;
    uint64_t bytes_max;                 /* 0: SPOOL_BYTES_MAX */
    int64_t idle_ms;                    /* 0: SPOOL_IDLE_MS */
};

struct spool_file {
    const char *name, *path;            /* owned by the entry; the path says nothing of the name */
    uint64_t size;
};

/* A value for who holds a reference. */
struct spool_entry {
    char id[RANDOM_UUID];               /* in the transfer's URLs */
    const char *entity, *org;           /* URNs: whose it is */
    int64_t made_ms;                    /* wall clock */
    struct spool_file *files;           /* in the order they were added */
    size_t files_len;
};

/* Makes the folder, and empties it. ERR_STORE. */
MUST_USE bool spool_create(const struct spool_config *c, struct spool **ret, struct err *e);
struct spool *spool_destroy(struct spool *s); /* nobody holds an entry; NULL in, NULL out */
DEFINE_AUTO(spool_destroyp, struct spool *, spool_destroy)

/* ---- filling: one thread ---- */
MUST_USE bool spool_begin(struct spool *s, const char *entity, const char *org, struct spool_entry **ret, struct err *e);
/* Adds a file; what is written from now on goes there. ERR_INPUT: no name for a file, or one that is taken; ERR_LIMIT. */
MUST_USE bool spool_add(struct spool_entry *n, const char *name, struct err *e);
/* ERR_LIMIT: the quota, or the disk, is full, in words for who asked. */
MUST_USE bool spool_write(struct spool_entry *n, const void *p, size_t len, struct err *e);
/* The last file is whole. */
MUST_USE bool spool_whole(struct spool_entry *n, struct err *e);
/* What is written came over this connection, which was believed then (wall clock); the target and the chain are kept. */
void spool_vouch(struct spool_entry *n, const struct gate_target *t, const struct chain *c, int64_t since_ms);
/* From now on it is found, in the place of what was there of its entity. The reference stays the caller's. */
void spool_publish(struct spool_entry *n, int64_t now_ms);

/* ---- reading: any thread ---- */
/* What is published of an entity, or under an id; NULL: nothing. With a reference; opening counts as use, finding doesn't. */
struct spool_entry *spool_find(struct spool *s, const char *entity);
struct spool_entry *spool_open(struct spool *s, const char *id, int64_t now_ms);
/* Somebody has just read of it. */
void spool_used(struct spool_entry *n, int64_t now_ms);
/* NULL: it has no such file. */
const struct spool_file *spool_file(const struct spool_entry *n, const char *name);
struct spool_entry *spool_ref(struct spool_entry *n);
/* Gives the reference back; never blocks on the disk. NULL in, NULL out. */
struct spool_entry *spool_unref(struct spool_entry *n);
DEFINE_AUTO(spool_unrefp, struct spool_entry *, spool_unref)

/* ---- trust: any thread, once it is published ---- */
/* Decides with this set what it came over. False: it is withdrawn, and *ret says why. */
MUST_USE bool spool_decide(struct spool_entry *n, const struct trust_set *set, struct trust_verdict *ret);
/* The same for all: the live trust was swapped. How many were withdrawn. */
size_t spool_review(struct spool *s, const struct trust_set *set);
bool spool_withdrawn(struct spool_entry *n);

/* Nobody finds it any more; harmless when there is none. */
void spool_drop(struct spool *s, const char *entity);
/* Removes what was dropped or is idle, and nobody reads. now_ms: monotonic, as above. */
void spool_sweep(struct spool *s, int64_t now_ms);

/* Whose turn it is to fill an entry: tasks, by their URNs. */
struct turns *spool_turns(struct spool *s);

struct spool_counts {
    uint64_t bytes, bytes_max;          /* written and not removed */
    size_t entries, files, filling, waiting;
};
void spool_count(struct spool *s, struct spool_counts *ret);
