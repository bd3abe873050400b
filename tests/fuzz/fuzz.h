/* tests/fuzz/fuzz.h - what a fuzz target defines. A target is one call into a pure function and a property of what
 * came out; a property that does not hold ends the process. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Like assert, but there in every build. */
#define MUST(x)                                                                 \
    do {                                                                        \
        if (!(x)) {                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);       \
            abort();                                                            \
        }                                                                       \
    } while (0)
