/* trust/der.h - strict DER (X.690 section 10): definite minimal lengths, one-byte tags, nothing left over.
 * Used by trust's decoders only. A struct der is a borrowed stretch of bytes; readers take from its front and
 * leave it untouched when they fail. Never allocates. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8 = 0x0c,
    DER_NUMERIC = 0x12,
    DER_PRINTABLE = 0x13,
    DER_T61 = 0x14,
    DER_IA5 = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE = 0x1a,
    DER_UNIVERSAL = 0x1c,
    DER_BMP = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_CONTEXT(n) ((uint8_t)(0x80 | (n)))             /* [n] IMPLICIT, primitive */
#define DER_CONTEXT_CONSTRUCTED(n) ((uint8_t)(0xa0 | (n))) /* [n] EXPLICIT, or IMPLICIT of a constructed type */

struct der {
    const uint8_t *p; /* borrowed */
    size_t len;
};

/* Takes the next element whatever its tag. whole (may be NULL) gets the element with tag and length. */
MUST_USE bool der_next(struct der *in, uint8_t *ret_tag, struct der *ret_value, struct der *ret_whole);
/* Takes the next element, which must have this tag. */
MUST_USE bool der_take(struct der *in, uint8_t tag, struct der *ret_value);
/* How many bytes of tag and length stand before the content of the SEQUENCE that begins here, which may be cut off or, with an
 * indefinite length, BER: for telling forms of files apart. 0: no SEQUENCE begins here. */
size_t der_sequence_head(const uint8_t *p, size_t len);
/* True when the next element has this tag. */
bool der_at(const struct der *in, uint8_t tag);

/* Values of elements that were taken. */
MUST_USE bool der_boolean(struct der value, bool *ret);              /* 00 or FF only */
MUST_USE bool der_integer(struct der value);                         /* minimal two's complement, not empty */
MUST_USE bool der_small(struct der value, uint32_t *ret);            /* a non-negative INTEGER of at most 31 bits */
MUST_USE bool der_bits(struct der value, struct der *ret_bytes);     /* BIT STRING of whole octets */
/* A named bit list (X.690 11.2.2): bit n of the result is bit n of the list; at most 32 bits. */
MUST_USE bool der_flags(struct der value, uint32_t *ret);
/* UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5 (seconds present, Z, no fraction); tag says which. */
MUST_USE bool der_time(uint8_t tag, struct der value, int64_t *ret_unix);
MUST_USE bool der_oid(struct der value); /* well-formed: minimal subidentifiers, complete */

bool der_equal(struct der a, struct der b);
/* Integer content without sign octet and leading zeros, for comparing magnitudes. */
struct der der_magnitude(struct der integer);
/* -1, 0, 1 for two non-negative integers' contents. */
int der_compare_integers(struct der a, struct der b);

#define DER_OF(array) ((struct der){ (const uint8_t *)(array), sizeof(array) })
