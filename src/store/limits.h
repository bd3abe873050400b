/* store/limits.h - every size and count that the store accepts, in one place.
 * Lengths are in bytes without the NUL. Longer is ERR_INPUT at the door; found longer in a row it is ERR_STORE. */
#pragma once

enum {
    STORE_ID_MAX = 128,             /* ids and URNs (VCD's own limit) */
    STORE_ALIAS_CHARS = 255,        /* characters of an alias (VCD's own limit) .. */
    STORE_ALIAS_MAX = 4 * STORE_ALIAS_CHARS, /* .. and the bytes that they can take in UTF-8 */
    STORE_WORD_MAX = 64,            /* words of ours: flows, kinds, actions, purposes, setting keys */
    STORE_NAME_MAX = 256,           /* who and from where; host names */
    STORE_ENDPOINT_MAX = 512,       /* what names an endpoint for good */
    STORE_TEXT_MAX = 4096,          /* a sentence for people */
    STORE_DATA_MAX = 64 * 1024,     /* JSON beside it */
    STORE_PAGE_MAX = 1000,          /* rows of one list call */
    STORE_GRANTS_MAX = 50000,       /* grants of the System organization */
    STORE_GRANTS_PER_ORG = 1000,    /* grants of any other one */
    STORE_CRL_MAX = 8 * 1024 * 1024,
    STORE_CRLS_MAX = 4096,
    STORE_CRL_NUMBER_MAX = 20,      /* octets of a crlNumber (RFC 5280 section 5.2.3) */
    STORE_EVIDENCE_MAX = 200000,    /* distinct (anchor, endpoint, purpose) */
    STORE_ENDPOINTS_MAX = 100000,
    STORE_CHAIN_MAX = 16,           /* certificates kept of what an endpoint presented .. */
    STORE_CHAIN_BYTES = 256 * 1024, /* .. and their bytes */
    STORE_ENDPOINT_NAMES = 16,      /* accepted names of one endpoint */
    STORE_EVENTS_KEPT = 100000,     /* of each severity; older ones make room .. */
    STORE_EVENTS_TRIM = 256,        /* .. each time that so many have come */
    STORE_RECORDS_MAX = 200000,     /* of one kind .. */
    STORE_RECORD_MAX = 256 * 1024,  /* .. and the bytes of JSON in one */
    STORE_SETTINGS_MAX = 1000,
    STORE_SETTING_MAX = 64 * 1024,
    STORE_TURN_MS = 10000,          /* how long a change waits for its turn */
    STORE_PATH_MAX = 4096,
};

/* Times are UTC in milliseconds since 1970, from 0 to the end of the year 9999. */
#define STORE_TIME_MAX INT64_C(253402300799999)
