/* vim/datastore.h - files on datastores: which host carries them, the ticket for one request straight to it, and what only the
 * vCenter does (folders, deleting). Called by flow where media go up and down. The bytes are the gate's. */
#pragma once
#include "vim/session.h"

struct arena;

enum {
    VIM_DATASTORE_PATH = 1024,   /* bytes of "[datastore1] media/x.iso" with its NUL */
    VIM_DATASTORE_HOSTS = 64,    /* that are looked at for one that can be used */
    VIM_DATASTORE_MS = 30 * 1000, /* deadline of one call where the caller has none of its own */
    VIM_TICKET_ID = 256,         /* bytes of a service ticket with its NUL */
};

/* Texts live in the call's arena. */
struct vim_datastore {
    const char *name;
    struct vim_object datacenter; /* that its folder stands in */
    struct vim_object host;       /* connected, not in maintenance mode, mounts it and can reach it */
};

/* ERR_NOT_FOUND: it is gone; ERR_PEER: no host can be used now. */
MUST_USE bool vim_datastore_read(struct vim_session *s, const struct vim_object *datastore, int64_t deadline_ms, struct arena *a,
                                 struct vim_datastore *ret, struct err *e);

/* "[name] file" */
MUST_USE bool vim_datastore_path(const char *name, const char *file, char out[VIM_DATASTORE_PATH], struct err *e);
/* The file in "[name] file"; NULL when it is no such path. */
const char *vim_datastore_file(const char *path);

/* Makes the folder "[name] folder" with what is above it; one that is there is fine. */
MUST_USE bool vim_datastore_folder(struct vim_session *s, const struct vim_object *datacenter, const char *path, int64_t deadline_ms,
                                   struct err *e);
/* Deletes a file and waits until it is gone; one that is not there is fine. */
MUST_USE bool vim_datastore_delete(struct vim_session *s, const struct vim_object *datacenter, const char *path, int64_t deadline_ms,
                                   struct err *e);

enum vim_ticket_method { VIM_TICKET_GET, VIM_TICKET_PUT };

/* A capability of seconds for one request; wipe the id when it was used. Strings live in the call's arena. */
struct vim_service_ticket {
    char *id;                    /* for "Cookie: vmware_cgi_ticket=<id>" */
    const char *prints[8];       /* "AA:BB:..", of the host's certificate */
    size_t prints_len;
};
/* url: exactly the one that will be asked for, the host by its management address, without dcPath. */
MUST_USE bool vim_service_ticket(struct vim_session *s, enum vim_ticket_method method, const char *url, int64_t deadline_ms,
                                 struct arena *a, struct vim_service_ticket *ret, struct err *e);
