/* Whatever is in a bundle of certificates (PEM, DER, PKCS#7): what is handed over lies within it, or within what its base64 says,
 * and the same bytes tell the same story twice. */
#include "trust/pem.h"

#include <string.h>

#include "base/digest.h"
#include "fuzz/fuzz.h"

struct story {
    size_t blocks, bytes;
    uint8_t digest[DIGEST_SHA256];
};

static bool note(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct story *s = self;
    (void)e;
    MUST(kind != TRUST_PEM_OTHER || (!der && !len));
    MUST(++s->blocks <= 2 * (size_t)TRUST_PEM_BLOCKS * TRUST_PEM_BLOCKS);
    s->bytes += len;
    if (der)
        digest_sha256(der, len, s->digest);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct story first = { 0 }, again = { 0 };
    struct err e = { 0 };
    bool ok = trust_pem_read(data, size, note, &first, &e);
    MUST(ok || e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
    MUST(first.bytes <= size);
    MUST(ok == trust_pem_read(data, size, note, &again, NULL));
    MUST(memcmp(&first, &again, sizeof(first)) == 0);
    return 0;
}
