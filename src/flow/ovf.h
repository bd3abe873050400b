/* flow/ovf.h - an OVF package as a client sends it: the descriptor's list of files, and the manifest with their digests (DSP0243 2.1.1).
 * Called by flow/import.h. Both are hostile input: read strictly, no DTD, names that are names, sizes that add up; what the
 * descriptor says of hardware is the vCenter's to judge. Pure. Nouns: ovf. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct arena;
struct xml_element;

#define OVF_DESCRIPTOR "descriptor.ovf" /* what VCD calls them, whatever their names at the client */
#define OVF_MANIFEST "descriptor.mf"
#define OVF_ARCHIVE "descriptor.ova"

enum {
    OVF_DESCRIPTOR_MAX = 1024 * 1024,
    OVF_MANIFEST_MAX = 128 * 1024,
    OVF_ELEMENTS_MAX = 20000,
    OVF_FILES_MAX = 200,
    OVF_NETWORKS_MAX = 64,
    OVF_NAME_MAX = 255,
    OVF_LINES_MAX = 512,      /* of a manifest */
};
#define OVF_SIZE_MAX (INT64_C(1) << 46) /* 64 TiB: of one file, and of all together */

/* Texts live in the arena of the call. */
struct ovf_file {
    const char *href;
    int64_t size;             /* -1 = not said */
    int64_t chunk;            /* bytes of its parts, which follow each other on one link; 0 = in one piece */
};

struct ovf_package {
    struct ovf_file *files;
    size_t files_len;
    const char **networks;    /* by name */
    size_t networks_len;
    int64_t total;            /* of the sizes that are said */
};
/* ERR_INPUT, ERR_LIMIT. */
MUST_USE bool ovf_parse(const void *data, size_t len, struct arena *a, struct ovf_package *ret, struct err *e);

/* "SHA256(disk-0.vmdk)= 0f..". */
struct ovf_sum {
    const char *name;
    enum digest_kind kind;
    uint8_t digest[DIGEST_MAX];
};
/* ERR_INPUT: a line that is none, one that is there twice; ERR_LIMIT. */
MUST_USE bool ovf_manifest_parse(const void *data, size_t len, struct arena *a, struct ovf_sum **ret, size_t *ret_len, struct err *e);

/* An attribute in the element's own namespace, as it should be, or in none, as some write it; NULL. */
const char *ovf_attribute(const struct xml_element *el, const char *name);

/* A name without a way in it: not empty, no '/', no '\', not "." or "..", no control characters, UTF-8, at most OVF_NAME_MAX bytes. */
bool ovf_name_valid(const char *name);
