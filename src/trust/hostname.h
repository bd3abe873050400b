/* trust/hostname.h - does a certificate carry the name that was asked for? (RFC 9525 section 6)
 * Only subjectAltName counts: dNSName for names, iPAddress for addresses; the subject's CN never. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trust_cert;

/* Letters, digits, hyphen and underscore in labels of 1 to 63, 253 in all, no dot at either end. */
bool hostname_ok(const char *s, size_t len);

/* All digits and dots, or holding a colon: nobody's DNS name. */
bool hostname_is_address_like(const char *s, size_t len);

/* The address that the text is, as 4 or 16 octets; 0 when it is a name. Strict: no leading zeros, no hex. */
size_t hostname_address(const char *text, uint8_t out[16]);

/* pattern: one dNSName; an asterisk stands for exactly the whole leftmost label (RFC 9525 6.3). A dot at the end
 * of host is ignored. */
bool hostname_matches(const char *host, const char *pattern, size_t pattern_len);

enum hostname_result {
    HOSTNAME_MATCH,
    HOSTNAME_MISMATCH,
    HOSTNAME_NONE, /* the certificate carries no name of that form */
};

enum hostname_result hostname_check(const struct trust_cert *c, const char *host);
