/* lab/vmdk.h - stream-optimised virtual disks (Virtual Disk Format 5.0): a checker that looks on while one is uploaded,
 * and a writer of small ones for machines that have no bytes on disk. Called by leases. Sans-I/O, pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { LAB_VMDK_SECTOR = 512, LAB_VMDK_OVERHEAD_MAX = 65536 /* sectors before the first grain */ };

struct lab_vmdk {
    enum { LAB_VMDK_HEADER, LAB_VMDK_MARKERS, LAB_VMDK_END } state;
    uint8_t sector[LAB_VMDK_SECTOR];
    size_t have;
    uint64_t skip;           /* sectors that are only counted */
    uint64_t capacity;       /* sectors of the disk */
    uint64_t grain;          /* sectors of a grain */
    uint64_t next_lba;       /* grains come in order */
    uint64_t grains;
};

/* From zero. ERR_INPUT says what is wrong with it. */
MUST_USE bool lab_vmdk_feed(struct lab_vmdk *v, const uint8_t *p, size_t len, struct err *e);
/* After the last byte: was it whole? */
MUST_USE bool lab_vmdk_finish(const struct lab_vmdk *v, struct err *e);
/* Bytes that were really written into the disk. */
uint64_t lab_vmdk_populated(const struct lab_vmdk *v);

/* A disk of that size whose first bytes are text (at most a grain); everything else is zeros. */
MUST_USE bool lab_vmdk_write(struct buf *out, int64_t kb, const char *text, struct err *e);
