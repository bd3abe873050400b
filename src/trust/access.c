/* authorityInfoAccess (RFC 5280 4.2.2.1): read to be shown, never followed by the engine. */
#include <string.h>

#include "base/text.h"
#include "trust/cert_fields.h"
#include "trust/general_name.h"
#include "trust/oid.h"

enum { URL_TEXT_MAX = 2048 }; /* bytes of one URL that is shown */

/* An http or https URL of plain ASCII without spaces. */
static bool usable(struct der url)
{
    const char *p = (const char *)url.p;
    bool scheme = (url.len > 7 && text_caseeq_n(p, 7, "http://", 7)) || (url.len > 8 && text_caseeq_n(p, 8, "https://", 8));
    return scheme && url.len <= URL_TEXT_MAX && text_printable(p, url.len) == url.len && !memchr(p, ' ', url.len);
}

void trust_cert_ca_issuers(const struct trust_cert *c, char *out, size_t size)
{
    struct der in = c->access, list, one, oid;
    size_t at = 0, count = 0;
    out[0] = '\0';
    if (!in.p || !der_take(&in, DER_SEQUENCE, &list))
        return;
    while (list.len && count < TRUST_CA_ISSUERS) {
        struct general_name name;
        if (!der_take(&list, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &oid))
            return;
        if (!der_equal(oid, DER_OF(OID_CA_ISSUERS)) || !general_name_next(&one, &name) || name.kind != NAME_URI || !usable(name.value))
            continue;
        if (at + name.value.len + 2 > size)
            return;
        if (at)
            out[at++] = '\n';
        memcpy(out + at, name.value.p, name.value.len);
        at += name.value.len;
        out[at] = '\0';
        count++;
    }
}
