/* base/random.h - bytes nobody can guess (the kernel's generator). Aborts when the kernel has none. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { RANDOM_UUID = 37 };

void random_bytes(void *p, size_t len);
/* A version 4 UUID (RFC 9562 section 5.4), lower case, NUL-terminated. */
void random_uuid(char out[RANDOM_UUID]);
