/* api/accept.h - which API version a request speaks and which form its answer takes (vcd-api.md 1.1, 1.2).
 * Called first for every request of /api and /cloudapi. Lenient where VCD's clients need it: several Accept lines,
 * ranges that are none, parameters that nobody knows. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf;

enum { API_ACCEPT_LINES_MAX = 8, API_VERSION_TEXT = 16 };

enum api_face { API_CLOUDAPI, API_LEGACY };
enum api_format { API_JSON, API_XML };

struct api_version {
    unsigned major, minor;
};

/* What is spoken when a request names no version, and the newest that is listed. */
#define API_VERSION_DEFAULT ((struct api_version){ 37, 0 })

struct api_accept {
    enum api_format format;
    struct api_version version;
    bool named; /* the request named the version itself */
};

/* lines: the values of the Accept fields. The first version= that reads as a version counts; JSON when any range is
 * application/json or ends in +json, else XML for /api and JSON for /cloudapi. ERR_INPUT: the version is not one of
 * ours (the caller answers 406). */
MUST_USE bool api_accept_read(const char *const *lines, size_t len, enum api_face face, struct api_accept *ret,
                              struct err *e);

/* True for a version that GET /api/versions lists. */
bool api_version_supported(struct api_version v);

/* The body of GET /api/versions. base: "https://host[:port]" of the cell. */
MUST_USE bool api_versions_write(const char *base, struct buf *out, struct err *e);
