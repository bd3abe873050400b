/* flow/ovf_join.h - the OVF descriptors of several machines as one of all of them, in a VirtualSystemCollection (DSP0243 2.1.1, 9.2): a vCenter
 * describes one machine at a time. Called by flow/download.c. Pure. Nouns: ovf.
 *
 * What belongs to one machine keeps its meaning: ids of files and disks are told apart, namespaces are kept whatever their prefixes were, networks
 * of one name are one. A section beside the machines that several have is taken once. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct arena;

enum {
    OVF_JOINED_MAX = 8 * 1024 * 1024, /* bytes of what comes out */
    OVF_SPACES_MAX = 32,              /* namespaces of all of them */
};

/* texts: of one Envelope with one VirtualSystem each, as a vCenter writes them. name: of the whole. The result lives in the arena.
 * ERR_PEER: one is none; ERR_LIMIT. */
MUST_USE bool ovf_join(const char *name, const char *const *texts, size_t len, struct arena *a, const char **ret, struct err *e);
