/* flow/media_upload_parts.h - what media_upload.c (beginning, requests, the way of the bytes) and media_upload_task.c (the steps) share. Nobody
 * else includes it. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "flow/media_upload.h"
#include "flow/transfer.h"

struct gate_upload;
struct vim_session;

#define MEDIA_UPLOAD_FOLDER "vouchsafe-media" /* on each datastore; nothing of a client's is in a file's name */
#define MEDIA_UPLOAD_NAME "file"

/* The live half of one. Counted: the table's, and one for each way that has not ended. */
struct media_upload {
    const struct site *site;
    char id[RANDOM_UUID];
    char org[STORE_ID_MAX + 1], name[STORE_NAME_MAX + 1], user[STORE_NAME_MAX + 1];
    char vcenter[STORE_ID_MAX + 1], datastore[STORE_ID_MAX + 1];
    char file[MEDIA_UPLOAD_FILE]; /* "vouchsafe-media/0b5c...iso" */
    int64_t size;
    pthread_mutex_t lock;         /* of all that follows */
    pthread_cond_t changed;
    unsigned refs;
    char task[STORE_ID_MAX + 1];  /* "" until its first step has run */
    struct gate_upload *way;      /* a reference; NULL: the next PUT makes one */
    unsigned live;                /* ways that have not ended */
    unsigned attempt;             /* counts ways: what an older one says is not heard any more */
    bool opening, complete, broken, over;
    struct err failed;            /* the first thing that ends it */
};

extern const struct transfer_ops media_upload_ops;

struct media_upload *media_upload_unref(struct media_upload *u); /* NULL */
/* Something came that the task waits for. */
void media_upload_wake(struct media_upload *u);
/* No byte goes out any more; waits until the host's connection is gone, MEDIA_UPLOAD_STOP_MS at most. */
void media_upload_stop(struct media_upload *u, const struct err *why);
