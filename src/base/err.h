/* base/err.h - the one way a function says that it failed.
 * A fallible function returns bool (true = done) and takes a struct err as its last parameter; the caller
 * owns the struct, reporting never allocates. Programming faults are assert(), never an err.
 * This file never logs and never prints: text is made here, shown at the edge. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>

#include "base/def.h"

/* A kind is a decision that the caller can take; one table per face maps it to a status or exit code. */
enum err_kind {
    ERR_NONE,
    ERR_INPUT,      /* what was given is wrong; the same again will be wrong again */
    ERR_NOT_FOUND,  /* no such thing */
    ERR_CONFLICT,   /* it exists already, or changed since it was read */
    ERR_DENIED,     /* who asks may not */
    ERR_UNTRUSTED,  /* a verdict refused it */
    ERR_PEER,       /* the other side is unreachable, broke off or spoke nonsense */
    ERR_TIMEOUT,    /* a deadline passed */
    ERR_LIMIT,      /* a named cap was reached */
    ERR_STORE,      /* what we keep could not be read or written */
    ERR_CANCELLED,  /* somebody asked for it to stop */
    ERR_INTERNAL,   /* a library refused what it should have done */
};

enum { ERR_MSG_MAX = 640 }; /* a verdict with two names and both fingerprints fits */

struct err {
    enum err_kind kind;
    int sys; /* errno where one is behind it, else 0 */
    char msg[ERR_MSG_MAX];
};

/* Sets kind and text (cut at ERR_MSG_MAX). Returns false, so that `return err_set(...)` reads well.
 * e may be NULL: then nobody wants the reason. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* The same for a failed system call: appends ": <strerror(sys)>" and keeps sys. */
bool err_sys(struct err *e, enum err_kind kind, int sys, const char *fmt, ...) PRINTF(4, 5);

/* Puts "<context>: " before the text that is there; kind stays. Returns false. */
bool err_in(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* The analyzer sees one file at a time; it must know that these three always return false. */
#ifdef __clang_analyzer__
#define err_set(...) ({ (void)err_set(__VA_ARGS__); false; })
#define err_sys(...) ({ (void)err_sys(__VA_ARGS__); false; })
#define err_in(...) ({ (void)err_in(__VA_ARGS__); false; })
#endif

/* A stable lower-case word for the kind ("not-found"), for logs and JSON. */
const char *err_kind_name(enum err_kind kind);
