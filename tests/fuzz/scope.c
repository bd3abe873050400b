/* A scope that is read is written so that it reads as the same scope again, and covers itself. */
#include "trust/scope.h"

#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512], written[TRUST_SCOPE_TEXT];
    struct trust_scope s, again;
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (!trust_scope_parse(text, &s, NULL))
        return 0;
    trust_scope_write(&s, written);
    MUST(trust_scope_parse(written, &again, NULL));
    MUST(again.kind == s.kind && again.port == s.port && !strcmp(again.name, s.name));
    MUST(trust_scope_covers(&s, &again) && trust_scope_covers(&again, &s));
    return 0;
}
