/* trust/general_name.h - the names inside subjectAltName, name constraints and CRL points (RFC 5280 4.2.1.6).
 * Reads one after the other from borrowed bytes; says what a name is, not whether it fits. */
#pragma once
#include <stdbool.h>

#include "trust/der.h"

/* The context tags of GeneralName. */
enum general_name_kind {
    NAME_OTHER = 0,
    NAME_EMAIL = 1,
    NAME_DNS = 2,
    NAME_X400 = 3,
    NAME_DIRECTORY = 4,
    NAME_EDI = 5,
    NAME_URI = 6,
    NAME_IP = 7,
    NAME_REGISTERED_ID = 8,
};

struct general_name {
    enum general_name_kind kind;
    struct der value; /* text or octets; NAME_DIRECTORY: the content of the Name SEQUENCE */
};

/* Takes the next name; false at the end and when it is malformed (then names->len is not 0). */
bool general_name_next(struct der *names, struct general_name *ret);

/* True when all of them are well formed and there is at least one: text is printable ASCII and not empty, an
 * address has 4 or 16 octets. */
bool general_names_ok(struct der names);

/* "DNS:vc1.example", "IP:10.0.0.1", "email:..", "URI:..", "dirName:..", "other". */
void general_name_text(const struct general_name *n, char *out, size_t size);

/* The same name, by the form's own comparison (DNS without regard to case, directory names canonically). */
bool general_name_same(const struct general_name *a, const struct general_name *b);
