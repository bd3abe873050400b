/* base/sodium_ready.h - libsodium's one-time start, shared by secret.c and seal.c. Not for other folders. */
#pragma once

/* Aborts when the system has no randomness. Cheap after the first call. */
void sodium_ready(void);
