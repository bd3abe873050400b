/* api/error.h - the one table from what failed to what a client reads (contracts, "Errors"; vcd-api.md 1.8).
 * Every refusal of /cloudapi has a JSON body that is not empty, every refusal of /api an XML one unless JSON was asked
 * for (trap 3). What does not exist is 403 for cloudapi (trap 4). Pure. */
#pragma once
#include "api/accept.h"
#include "base/err.h"

struct buf;

struct api_error {
    int status;        /* HTTP */
    const char *minor; /* minorErrorCode */
};

struct api_error api_error_of(enum err_kind kind, enum api_face face);
/* The same, which tells a conflict of names from an entity that is busy: by the words that VCD's clients look for as well. */
struct api_error api_error_for(const struct err *e, enum api_face face);

/* Appends the body in the form that the request asked for. */
MUST_USE bool api_error_write(const struct err *e, enum api_face face, enum api_format format, struct buf *out,
                              struct err *failed);

/* The same for a status that no kind has: 401, 406 and what the HTTP server refuses. */
MUST_USE bool api_error_write_as(struct api_error as, const char *text, enum api_face face, enum api_format format,
                                 struct buf *out, struct err *failed);

/* The text of a task's error. go-vcloud-director deletes and re-creates a vCenter for two minutes when it reads
 * `400`, `is currently busy`, `BUSY_ENTITY`, `another transaction` or `408:TIMEDOUT` in it (trap 17), be it a part of a
 * fingerprint or of a host's name: a word joiner (U+2060) behind the first character keeps it from matching and is not
 * seen. Always terminated, cut at size. */
void api_task_text(const char *text, char *out, size_t size);
/* majorErrorCode of a failed task: the status, but never 400 or 408 ("408:TIMEDOUT" is read as well). */
int api_task_major(enum err_kind kind);
