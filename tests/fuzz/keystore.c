/* A PKCS#12 file: read, or refused for one of the reasons that the header names; never a crash, and never a key handed over. */
#include "trust/keystore.h"

#include "base/secret.h"
#include "fuzz/fuzz.h"

static bool note(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    size_t *count = self;
    (void)e;
    MUST(kind != TRUST_PEM_OTHER && der && len);
    return ++*count <= TRUST_KEYSTORE_CERTS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(secret_done) struct secret password = { 0 };
    struct trust_keystore_found found = { 0 };
    struct err e = { 0 };
    size_t count = 0;
    MUST(secret_set(&password, "changeit", 8, NULL));
    bool ok = trust_keystore_read(data, size, &password, note, &count, &found, &e);
    MUST(ok || e.kind == ERR_INPUT || e.kind == ERR_LIMIT || e.kind == ERR_DENIED);
    count = 0;
    bool open = trust_keystore_read(data, size, NULL, note, &count, &found, NULL);
    MUST(ok || !open || e.kind != ERR_INPUT);
    return 0;
}
