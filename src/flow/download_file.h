/* flow/download_file.h - one file of a download: from its ESXi host through the gate into the spool. Called by flow/download.c only; it knows
 * neither media nor templates. What the host's certificate lacks is kept as an event and said as the task's error (row S9).
 * Nouns: download. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/host_file.h"

struct flow;
struct spool_entry;

/* All borrowed. */
struct download_file {
    struct flow *flow;
    struct spool_entry *entry;       /* the file is added to it */
    const char *name;                /* of the file there */
    const char *shown, *org;         /* of what it is a file: its name; whose, a URN */
    /* Of an export: kept alive while bytes come. */
    const struct vim_object *lease;  /* NULL: there is none */
    struct vim_session *session;
    int64_t lease_s;
    int percent;                     /* how far the whole is */
};

/* A thumbprint that differs is asked for once more, as the certificate may just have been renewed. ERR_UNTRUSTED with the verdict's text;
 * ERR_LIMIT: the spool is full. */
MUST_USE bool download_medium(const struct download_file *what, const struct host_file_at *at, uint64_t *ret_size, struct err *e);
MUST_USE bool download_disk(const struct download_file *what, const char *vcenter, const struct vim_object *host,
                            const struct vim_lease_url *url, uint64_t *ret_size, struct err *e);
