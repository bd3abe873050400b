/* vim/session_fields.h - what session.c and rest.c share; nobody else includes it. */
#pragma once
#include <pthread.h>

#include "base/secret.h"
#include "vim/session.h"

struct vim_session {
    struct vim_endpoint *ep;      /* borrowed */
    char *user;                   /* owned */
    struct secret password;
    pthread_mutex_t lock;         /* of held alone */
    pthread_cond_t freed;         /* held ended; monotonic clock */
    bool held;                    /* somebody has what follows to itself; during a login as well, so that it is sent once */
    bool rejected;
    bool about_known;
    struct vim_about about;
    struct secret cookie;         /* "vmware_soap_session=.."; empty = not logged in */
    struct secret rest_id;        /* empty = not logged in */
    enum vim_rest_family family;  /* that the REST session was made with */
    bool rest_absent;             /* the server has no REST session at all */
    uint64_t soap_epoch, rest_epoch; /* so-many-eth login: an old call must not end a newer session */
    unsigned logins;
};

/* Takes the lock before the deadline, or ERR_TIMEOUT: another thread may be logging in. */
MUST_USE bool session_lock(struct vim_session *s, int64_t deadline_ms, struct err *e);
void session_wait(struct vim_session *s); /* the same without a deadline: every login has one */
void session_unlock(struct vim_session *s);
/* Remembers that the password was rejected. Returns false, with ERR_DENIED. Lock held. */
bool session_reject(struct vim_session *s, struct err *e);
/* False with ERR_DENIED when it was. Lock held. */
bool session_may_try(struct vim_session *s, struct err *e);
void session_rest_logout(struct vim_session *s, int64_t deadline_ms); /* rest.c; lock not held */
