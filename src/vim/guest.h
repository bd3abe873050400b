/* vim/guest.h - what a vCenter Server does inside a guest through its VMware Tools: where a file for it is to be sent, starting a
 * program, how that ended. Called by flow/guest_script.c. The bytes of a file go to the ESXi host that runs the machine, over the URL
 * given here, and never by this folder. */
#pragma once
#include "vim/session.h"

struct arena;
struct secret;

enum {
    VIM_GUEST_PATH = 256,      /* bytes of a path in a guest with its NUL */
    VIM_GUEST_URL = 1024,      /* bytes of a URL with its NUL; a longer one is ERR_PEER */
    VIM_GUEST_CALL_MS = 60 * 1000, /* deadline of one call where the caller has none of its own: tools are slow to answer */
};

/* One machine, and as whom to work in its guest; all borrowed. */
struct vim_guest {
    struct vim_session *session;
    const char *moref;
    const char *user;
    const struct secret *password;
};

/* Can something be done in it now? Tools run, and say so. ERR_NOT_FOUND: there is no such machine. */
MUST_USE bool vim_guest_ready(struct vim_session *s, const char *moref, int64_t deadline_ms, bool *ret_ready, struct err *e);

struct vim_guest_file {
    const char *path;
    bool windows;
    int64_t size;              /* exactly what will be PUT */
    int64_t mode;              /* not of Windows: 0700 */
};
/* Where to PUT it, once and soon: "https://HOST:443/guestFile?id=..&token=.."; the host is "*" or a name of the inventory, the
 * rest a capability: never log it. An older file of that path is replaced. ERR_DENIED: the guest refuses the account. */
MUST_USE bool vim_guest_upload(const struct vim_guest *g, const struct vim_guest_file *f, int64_t deadline_ms, struct arena *a,
                               const char **ret_url, struct err *e);

/* arguments are one text, as a shell would be given it. Never sent twice. */
MUST_USE bool vim_guest_start(const struct vim_guest *g, const char *program, const char *arguments, int64_t deadline_ms,
                              int64_t *ret_pid, struct err *e);

struct vim_guest_process {
    bool known;                /* tools remember those that ended for five minutes */
    bool ended;
    int64_t code;
};
MUST_USE bool vim_guest_ask(const struct vim_guest *g, int64_t pid, int64_t deadline_ms, struct vim_guest_process *ret,
                            struct err *e);

/* ERR_NOT_FOUND: there is no such file. */
MUST_USE bool vim_guest_remove(const struct vim_guest *g, const char *path, int64_t deadline_ms, struct err *e);
