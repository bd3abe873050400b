/* trust/oid.h - the object identifiers that trust knows, as DER content bytes. Data only. */
#pragma once
#include <stdint.h>

/* 2.5.29.x: certificate and CRL extensions (RFC 5280 4.2 and 5.2). */
enum {
    EXT_SUBJECT_KEY_ID = 14,
    EXT_KEY_USAGE = 15,
    EXT_SUBJECT_ALT_NAME = 17,
    EXT_ISSUER_ALT_NAME = 18,
    EXT_BASIC_CONSTRAINTS = 19,
    EXT_CRL_NUMBER = 20,
    EXT_REASON_CODE = 21,
    EXT_INVALIDITY_DATE = 24,
    EXT_DELTA_CRL = 27,
    EXT_ISSUING_POINT = 28,
    EXT_CERTIFICATE_ISSUER = 29,
    EXT_NAME_CONSTRAINTS = 30,
    EXT_CRL_POINTS = 31,
    EXT_POLICIES = 32,
    EXT_POLICY_MAPPINGS = 33,
    EXT_AUTHORITY_KEY_ID = 35,
    EXT_POLICY_CONSTRAINTS = 36,
    EXT_EXTENDED_KEY_USAGE = 37,
    EXT_FRESHEST_CRL = 46,
    EXT_INHIBIT_ANY = 54,
};

/* 2.5.29.32.0 */
static const uint8_t OID_ANY_POLICY[] __attribute__((unused)) = { 0x55, 0x1d, 0x20, 0x00 };
/* 2.5.29.37.0 */
static const uint8_t OID_ANY_EKU[] __attribute__((unused)) = { 0x55, 0x1d, 0x25, 0x00 };
/* 1.3.6.1.5.5.7.3.1 */
static const uint8_t OID_SERVER_AUTH[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
/* 1.2.840.113549.1.9.1 */
static const uint8_t OID_EMAIL_ADDRESS[] __attribute__((unused)) = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 };
/* 1.3.6.1.5.5.7.2.1 and .2: the policy qualifiers of RFC 5280 4.2.1.4 */
static const uint8_t OID_CPS[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 2, 1 };
static const uint8_t OID_USER_NOTICE[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 2, 2 };
/* 1.3.6.1.5.5.7.8.9: SmtpUTF8Mailbox, an otherName (RFC 9598) */
static const uint8_t OID_SMTP_MAILBOX[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 8, 9 };
/* 1.3.6.1.4.1.32473.1818321441: made by vsphere-lab's CAs, never critical (docs/trust.md). Under the number for
 * documentation (RFC 5612), because a UUID's arc (2.25) is longer than what Go's crypto/x509 reads. */
static const uint8_t OID_LAB[] __attribute__((unused)) = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xfd, 0x59, 0x86, 0xe3,
                                                           0x85, 0xc4, 0x21 };
/* 1.3.6.1.5.5.7.1.1 and 1.3.6.1.5.5.7.48.2: where the issuer's certificate lies (RFC 5280 4.2.2.1) */
static const uint8_t OID_AUTHORITY_ACCESS[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 1, 1 };
static const uint8_t OID_CA_ISSUERS[] __attribute__((unused)) = { 0x2b, 6, 1, 5, 5, 7, 0x30, 2 };
