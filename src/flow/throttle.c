#include "flow/throttle.h"

#include <string.h>

static struct throttle_slot *set_of(struct throttle *t, const uint8_t *key)
{
    return t->slots[(key[0] | (unsigned)key[1] << 8) % THROTTLE_SETS];
}

static struct throttle_slot *find(struct throttle *t, const uint8_t *key)
{
    struct throttle_slot *set = set_of(t, key);
    for (size_t i = 0; i < THROTTLE_WAYS; i++)
        if (set[i].failures > 0 && memcmp(set[i].key, key, DIGEST_SHA256) == 0)
            return &set[i];
    return NULL;
}

bool throttle_pauses(const struct throttle *t, const uint8_t key[DIGEST_SHA256], int64_t now_ms)
{
    const struct throttle_slot *s = find((struct throttle *)(uintptr_t)t, key);
    return s && now_ms < s->until_ms;
}

/* A free slot, else the one with the fewest failures, the oldest of those. */
static struct throttle_slot *place(struct throttle *t, const uint8_t *key)
{
    struct throttle_slot *set = set_of(t, key), *worst = set;
    for (size_t i = 0; i < THROTTLE_WAYS; i++)
        if (set[i].failures < worst->failures ||
            (set[i].failures == worst->failures && set[i].since_ms < worst->since_ms))
            worst = &set[i];
    *worst = (struct throttle_slot){ 0 };
    memcpy(worst->key, key, DIGEST_SHA256);
    return worst;
}

bool throttle_charge(struct throttle *t, const uint8_t key[DIGEST_SHA256], const struct throttle_rule *rule, int64_t now_ms)
{
    struct throttle_slot *s = find(t, key);
    if (!s)
        s = place(t, key);
    if (s->failures == 0 || now_ms - s->since_ms >= rule->window_ms) {
        s->failures = 0;
        s->since_ms = now_ms;
        s->until_ms = 0;
    }
    s->failures++;
    if (s->failures < rule->failures || s->until_ms)
        return false;
    s->until_ms = now_ms + rule->window_ms;
    s->since_ms = now_ms; /* the pause and the window that counts end together */
    return true;
}

void throttle_refund(struct throttle *t, const uint8_t key[DIGEST_SHA256])
{
    struct throttle_slot *s = find(t, key);
    if (!s)
        return;
    s->failures--;
    s->until_ms = 0;
}

void throttle_clear(struct throttle *t, const uint8_t key[DIGEST_SHA256])
{
    struct throttle_slot *s = find(t, key);
    if (s)
        *s = (struct throttle_slot){ 0 };
}
