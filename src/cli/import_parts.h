/* cli/import_parts.h - the inside of cert import, shared by cert_import.c (the command: which, and trusting them) and import_preview.c
 * (what the cell knows of them, and showing it). Nobody else includes it. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "cli/args.h"
#include "cli/intake.h"
#include "cli/remote.h"

struct cli;
struct out;
struct trust_cert;

enum { PICK_ALL, PICK_VMCA };

struct import_args {
    struct remote_args remote;
    struct arg_list files, fingerprints;
    const char *scope, *alias, *vcenter, *password_file;
    bool yes, dry_run;
    int pick;
};

/* One run. */
struct import {
    struct cli *cli;
    const struct import_args *args;
    struct remote *remote;
    const char *scope;   /* with URNs; NULL with --dry-run when nobody said */
    const char *spoken;  /* the same as a person writes it */
    const char *vcenter; /* URN; NULL */
    struct intake in;
    json_t *preview;     /* owned; NULL: the cell does not tell */
    bool *picked;        /* beside in.items */
    size_t count;        /* of them */
};

/* Fills preview; ERR_DENIED and ERR_NOT_FOUND when the cell does not tell. */
MUST_USE bool import_ask(struct import *m, struct err *e);
/* What the preview says of this certificate; NULL: nothing. */
const json_t *import_told(const struct import *m, const struct trust_cert *c);
/* How many live hosts of the vCenter it verifies. row: of import_told. */
json_int_t import_hosts_of(const struct import *m, const json_t *row);
/* An equal or wider grant of it exists. */
bool import_granted(const struct import *m, const json_t *row);
/* "valid", "expired", "not yet valid". */
const char *import_when(const struct trust_cert *c);

/* The certificates as rows, and what was left out and can't be said in one. */
void import_show_rows(const struct import *m, struct out *o);
void import_show_notes(const struct import *m);
