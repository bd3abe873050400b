/* store/setting.h - the switches that administrators turn at run time: a key, a text.
 * Called by api and flow. Each change raises the generation, so that every cell learns of it, and is written into the
 * audit trail with both values: a setting is never a secret (sealed.h) and never a counter. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"

struct arena;
struct store;

/* Keys are words of ours: [a-z0-9.-], at most STORE_WORD_MAX. */
MUST_USE bool store_setting_put(struct store *s, const char *key, const char *value, const struct store_by *by,
                                struct err *e);
/* Back to what the program does without it. ERR_NOT_FOUND. */
MUST_USE bool store_setting_remove(struct store *s, const char *key, const struct store_by *by, struct err *e);
/* Copied into the arena. ERR_NOT_FOUND when it was never set. */
MUST_USE bool store_setting_get(struct store *s, const char *key, struct arena *a, const char **ret, struct err *e);

struct store_setting {
    const char *key, *value;
    int64_t changed_ms;
};

/* All of them (at most STORE_SETTINGS_MAX), in the order of keys. Borrowed for the call; must not call the store. */
typedef bool store_setting_sink(void *self, const struct store_setting *row, struct err *e);
MUST_USE bool store_setting_list(struct store *s, store_setting_sink *sink, void *self, struct err *e);
