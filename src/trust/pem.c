#include "trust/pem.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "trust/der.h"
#include "trust/keystore.h"
#include "trust/pkcs7.h"

static const char BEGIN[] = "-----BEGIN ", END[] = "-----END ", DASHES[] = "-----";

/* Finds a marker at the start of a line. */
static const uint8_t *find(const uint8_t *p, const uint8_t *end, const char *marker)
{
    const uint8_t *start = p;
    while ((p = memmem(p, (size_t)(end - p), marker, strlen(marker)))) {
        if (p == start || p[-1] == '\n' || p[-1] == '\r')
            return p;
        p++;
    }
    return NULL;
}

/* What the bytes of a block are. */
enum form { FORM_OTHER, FORM_CERTIFICATE, FORM_CRL, FORM_PKCS7 };

static enum form form_of(const char *label, size_t len)
{
    static const struct {
        const char *label;
        enum form form;
    } labels[] = {
        { "CERTIFICATE", FORM_CERTIFICATE }, { "X509 CERTIFICATE", FORM_CERTIFICATE }, { "X509 CRL", FORM_CRL }, { "CRL", FORM_CRL },
        { "PKCS7", FORM_PKCS7 },             { "CMS", FORM_PKCS7 },
    };
    for (size_t i = 0; i < ARRAY_LEN(labels); i++)
        if (strlen(labels[i].label) == len && memcmp(labels[i].label, label, len) == 0)
            return labels[i].form;
    return FORM_OTHER;
}

static bool hand_over(enum form form, const uint8_t *der, size_t len, trust_pem_sink *sink, void *self, struct err *e)
{
    switch (form) {
    case FORM_OTHER: break;
    case FORM_CERTIFICATE: return sink(self, TRUST_PEM_CERTIFICATE, der, len, e);
    case FORM_CRL: return sink(self, TRUST_PEM_CRL, der, len, e);
    case FORM_PKCS7: return trust_pkcs7_read(der, len, sink, self, e);
    }
    return sink(self, TRUST_PEM_OTHER, NULL, 0, e);
}

/* One block that begins at p. Sets *ret_after behind its END line. */
static bool read_block(const uint8_t *p, const uint8_t *end, struct buf *der, trust_pem_sink *sink, void *self,
                       const uint8_t **ret_after, struct err *e)
{
    const uint8_t *label = p + sizeof(BEGIN) - 1;
    const uint8_t *label_end = memmem(label, (size_t)(end - label), DASHES, sizeof(DASHES) - 1);
    const uint8_t *newline = memchr(label, '\n', (size_t)(end - label));
    if (!newline)
        newline = memchr(label, '\r', (size_t)(end - label));
    if (!label_end || !newline || label_end > newline)
        return err_set(e, ERR_INPUT, "a BEGIN line without its end");
    const uint8_t *body = newline + 1;
    const uint8_t *stop = find(body, end, END);
    size_t len = (size_t)(label_end - label);
    if (!stop || (size_t)(end - stop) < sizeof(END) - 1 + len + sizeof(DASHES) - 1 ||
        memcmp(stop + sizeof(END) - 1, label, len) != 0 ||
        memcmp(stop + sizeof(END) - 1 + len, DASHES, sizeof(DASHES) - 1) != 0)
        return err_set(e, ERR_INPUT, "a PEM block without its END line");
    *ret_after = stop + sizeof(END) - 1 + len + sizeof(DASHES) - 1;
    enum form form = form_of((const char *)label, len);
    buf_clear(der);
    if (form != FORM_OTHER && !text_unbase64((const char *)body, (size_t)(stop - body), true, der, e))
        return err_in(e, "a PEM block");
    return hand_over(form, der->data, der->len, sink, self, e);
}

/* A lone DER object. Both begin alike; a CRL has a time where a certificate has its validity's SEQUENCE. */
static bool is_crl(const uint8_t *p, size_t len)
{
    struct der in = { p, len }, outer, body, unused;
    if (!der_take(&in, DER_SEQUENCE, &outer) || !der_take(&outer, DER_SEQUENCE, &body))
        return false;
    if (der_at(&body, DER_INTEGER) && !der_take(&body, DER_INTEGER, &unused))
        return false;
    return der_take(&body, DER_SEQUENCE, &unused) && der_take(&body, DER_SEQUENCE, &unused) && /* NOLINT: one after the other */
           (der_at(&body, DER_UTC_TIME) || der_at(&body, DER_GENERALIZED_TIME));
}

bool trust_pem_read(const uint8_t *text, size_t len, trust_pem_sink *sink, void *self, struct err *e)
{
    if (len > TRUST_PEM_MAX)
        return err_set(e, ERR_LIMIT, "a bundle of more than %d bytes", TRUST_PEM_MAX);
    if (trust_keystore_is(text, len))
        return err_set(e, ERR_INPUT, "this is a PKCS#12 file, which may hold a private key: 'vouchsafe cert import' takes the certificates out of it");
    if (len > 1 && text[0] == 0x30 && (text[1] & 0x80))
        return hand_over(trust_pkcs7_is(text, len) ? FORM_PKCS7 : is_crl(text, len) ? FORM_CRL : FORM_CERTIFICATE, text, len, sink, self, e);
    struct buf der;
    buf_init(&der, len + 4);
    const uint8_t *p = text, *end = text + len;
    size_t blocks = 0;
    bool ok = true;
    while (ok && len && (p = find(p, end, BEGIN))) {
        if (++blocks > TRUST_PEM_BLOCKS)
            ok = err_set(e, ERR_LIMIT, "more than %d blocks in a bundle", TRUST_PEM_BLOCKS);
        else if (!(ok = read_block(p, end, &der, sink, self, &p, e)))
            (void)err_in(e, "block %zu", blocks);
    }
    buf_done(&der);
    if (ok && blocks == 0)
        return err_set(e, ERR_INPUT, "neither PEM nor DER");
    return ok;
}

bool trust_pem_write(struct buf *b, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    const char *label = kind == TRUST_PEM_CRL ? "X509 CRL" : "CERTIFICATE";
    if (!buf_printf(b, e, "-----BEGIN %s-----\n", label))
        return false;
    for (size_t i = 0; i < len; i += 48)
        if (!text_base64(b, der + i, len - i < 48 ? len - i : 48, e) || !buf_puts(b, "\n", e))
            return false;
    return buf_printf(b, e, "-----END %s-----\n", label);
}
