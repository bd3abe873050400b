/* cli/intake.h - certificates out of whatever a person hands over: PEM with anything between the blocks, DER, PKCS#7, PKCS#12, and the
 * zip that a vCenter serves (folders for each system with the same files, CRLs among them). Called by cert import. Decides
 * nothing about them. A private key is never taken: it is counted, so that the person can be told. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct out;
struct secret;
struct trust_cert;

enum {
    INTAKE_BYTES_MAX = 16 * 1024 * 1024, /* of one file */
    INTAKE_CERTS_MAX = 1000,             /* different certificates of all files */
};

struct intake {
    struct intake_cert {
        struct trust_cert *cert; /* owned by the intake */
        const char *from;        /* the file, and behind a colon the file in the archive; escaped */
        size_t copies;           /* how often it was there */
    } *items;                    /* in the arena of the call */
    size_t len;
    size_t crls, keys, other;    /* left out */
    size_t unreadable;           /* certificates and files of an archive that can't be read; first says why of the first */
    struct err first;
};
void intake_done(struct intake *in);

/* Adds what is in a file ("-": standard input). A PKCS#12 file that needs a password asks for it, or reads password_file (may be NULL);
 * with neither it is ERR_INPUT that names the option. ERR_INPUT also when it holds nothing of use, or the archive is bad; ERR_LIMIT. */
MUST_USE bool intake_file(struct out *o, const char *path, const char *password_file, struct arena *a, struct intake *in, struct err *e);
/* The same from memory; password NULL: none is known (ERR_DENIED when one is needed). Pure. */
MUST_USE bool intake_bytes(const void *data, size_t len, const char *from, const struct secret *password, struct arena *a,
                           struct intake *in, struct err *e);
