/* store/cells.h - rows read back strictly: from untyped cells, as any backend can give them, to a record.
 * Pure: the backends fill the cells, the fuzz target invents them. A row that was damaged, or that another program
 * wrote, gives ERR_STORE naming record, row and field; nothing of it is believed.
 * The order of a record's cells is given with its function. Pointers in a record point into the cells. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/backend.h"

enum store_cell_kind {
    STORE_CELL_NULL,
    STORE_CELL_NUMBER,
    STORE_CELL_TEXT,  /* bytes is followed by a NUL that len does not count */
    STORE_CELL_BYTES,
    STORE_CELL_OTHER, /* a type that we never write */
};

struct store_cell {
    enum store_cell_kind kind;
    int64_t number;
    const void *bytes; /* borrowed; not NULL for TEXT */
    size_t len;
};

enum { STORE_CELLS_MAX = 16 };

/* id, owner, alias, scope, made_ms, made_by, flow, sha256, der (whose digest must be that sha256) */
enum { STORE_GRANT_CELLS = 9 };
MUST_USE bool store_grant_read(const struct store_cell *cells, size_t len, struct store_grant *ret, struct err *e);

/* vcenter ("" = every CA), issuer_key, part, number or null, this_ms, next_ms or null, kept_ms, der */
enum { STORE_CRL_CELLS = 8 };
MUST_USE bool store_crl_read(const struct store_cell *cells, size_t len, struct store_crl *ret, struct err *e);

/* kind, id, key_id, kept_ms, sealed (which must name that key) */
enum { STORE_SEALED_CELLS = 5 };
MUST_USE bool store_sealed_read(const struct store_cell *cells, size_t len, struct store_sealed_row *ret,
                                struct err *e);

/* anchor, endpoint, purpose, first_ms, last_ms, count */
enum { STORE_EVIDENCE_CELLS = 6 };
MUST_USE bool store_evidence_read(const struct store_cell *cells, size_t len, struct store_evidence *ret,
                                  struct err *e);

/* key, kind, urn or null, host, port, names (one a line), rule, seen_ms, since_ms, verified_ms or null, anchor or null.
 * The names are cut apart in `store`, which must live as long as the record. */
enum { STORE_ENDPOINT_CELLS = 11 };
struct store_endpoint_names {
    char text[STORE_ENDPOINT_NAMES][STORE_NAME_MAX + 1];
    const char *at[STORE_ENDPOINT_NAMES];
};
MUST_USE bool store_endpoint_read(const struct store_cell *cells, size_t len, struct store_endpoint_names *names,
                                  struct store_endpoint *ret, struct err *e);

/* sha256, der */
enum { STORE_CERT_CELLS = 2 };
MUST_USE bool store_cert_read(const struct store_cell *cells, size_t len, const uint8_t **ret_der, size_t *ret_len,
                              struct err *e);

/* seq, id, at_ms, kind, severity, entity, text, data */
enum { STORE_EVENT_CELLS = 8 };
MUST_USE bool store_event_read(const struct store_cell *cells, size_t len, struct store_event *ret, struct err *e);

/* seq, id, at_ms, who, from, flow, action, entity, sha256 or null, text, data, hash */
enum { STORE_AUDIT_CELLS = 12 };
MUST_USE bool store_audit_read(const struct store_cell *cells, size_t len, struct store_audit *ret, struct err *e);

/* key, value, changed_ms */
enum { STORE_SETTING_CELLS = 3 };
MUST_USE bool store_setting_read(const struct store_cell *cells, size_t len, struct store_setting *ret, struct err *e);

/* kind, id, owner, name, state, made_ms, until_ms, data */
enum { STORE_RECORD_CELLS = 8 };
MUST_USE bool store_record_read(const struct store_cell *cells, size_t len, struct store_record *ret, struct err *e);

/* A single count. */
MUST_USE bool store_count_read(const struct store_cell *cells, size_t len, uint64_t *ret, struct err *e);
