#include "trust/pkcs7.h"

#include "trust/der.h"

static const uint8_t signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 }; /* 1.2.840.113549.1.7.2 */

bool trust_pkcs7_is(const uint8_t *der, size_t len)
{
    const size_t head = der_sequence_head(der, len);
    return head && der[head] == DER_OID;
}

static bool damaged(struct err *e)
{
    return err_set(e, ERR_INPUT, "the PKCS#7 bundle is damaged, or not in DER ('openssl pkcs7 -print_certs' makes PEM of one in BER)");
}

/* Down to what stands behind version, digest algorithms and content. */
static bool open_it(const uint8_t *der, size_t len, struct der *ret, struct err *e)
{
    struct der in = { der, len }, info, type, wrap, data, unused;
    if (!der_take(&in, DER_SEQUENCE, &info) || in.len != 0 || !der_take(&info, DER_OID, &type))
        return damaged(e);
    if (!der_equal(type, DER_OF(signed_data)))
        return err_set(e, ERR_INPUT, "the PKCS#7 file holds no certificates: it is something else than SignedData");
    if (!der_take(&info, DER_CONTEXT_CONSTRUCTED(0), &wrap) || info.len != 0 || !der_take(&wrap, DER_SEQUENCE, &data) || wrap.len != 0 ||
        !der_take(&data, DER_INTEGER, &unused) || !der_take(&data, DER_SET, &unused) || !der_take(&data, DER_SEQUENCE, &unused))
        return damaged(e);
    *ret = data;
    return true;
}

/* One of the two lists. What is no SEQUENCE there is an attribute certificate or another format, of which nobody here has a use. */
static bool hand_over(struct der list, enum trust_pem_kind kind, size_t *count, trust_pem_sink *sink, void *self, struct err *e)
{
    struct der value, whole;
    uint8_t tag;
    while (list.len) {
        if (!der_next(&list, &tag, &value, &whole))
            return damaged(e);
        if (++*count > TRUST_PEM_BLOCKS)
            return err_set(e, ERR_LIMIT, "more than %d certificates and CRLs in a bundle", TRUST_PEM_BLOCKS);
        if (!sink(self, tag == DER_SEQUENCE ? kind : TRUST_PEM_OTHER, tag == DER_SEQUENCE ? whole.p : NULL,
                  tag == DER_SEQUENCE ? whole.len : 0, e))
            return false;
    }
    return true;
}

bool trust_pkcs7_read(const uint8_t *der, size_t len, trust_pem_sink *sink, void *self, struct err *e)
{
    static const enum trust_pem_kind kinds[] = { TRUST_PEM_CERTIFICATE, TRUST_PEM_CRL };
    struct der data, list;
    size_t count = 0;
    if (!open_it(der, len, &data, e))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const uint8_t tag = DER_CONTEXT_CONSTRUCTED(i);
        if (!der_at(&data, tag))
            continue;
        if (!der_take(&data, tag, &list))
            return damaged(e);
        if (!hand_over(list, kinds[i], &count, sink, self, e))
            return false;
    }
    return true;
}
