#include "lab/pass.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"

struct lab_passes {
    struct lab_pass *newest; /* owned */
    size_t len;
};

struct lab_passes *lab_passes_destroy(struct lab_passes *all)
{
    while (all && all->newest) {
        struct lab_pass *gone = all->newest;
        all->newest = gone->next;
        free(gone);
    }
    free(all);
    return NULL;
}

static void drop(struct lab_passes *all, struct lab_pass **at)
{
    struct lab_pass *gone = *at;
    *at = gone->next;
    all->len--;
    free(gone);
}

const struct lab_pass *lab_pass_make(struct lab_vcenter *vc, const struct lab_pass *plan)
{
    uint8_t bytes[LAB_PASS / 2];
    if (!vc->passes)
        vc->passes = xcalloc(1, sizeof(*vc->passes));
    struct lab_passes *all = vc->passes;
    struct lab_pass **at = &all->newest, *p = xmemdup(plan, sizeof(*plan));
    while (all->len >= LAB_PASSES_MAX && *at && (*at)->next)
        at = &(*at)->next;
    if (all->len >= LAB_PASSES_MAX && *at)
        drop(all, at);
    random_bytes(bytes, sizeof(bytes));
    text_hex(bytes, sizeof(bytes), p->id);
    p->until_ms = clock_mono_ms() + (int64_t)vc->plan->ticket_s * 1000;
    p->next = all->newest;
    all->newest = p;
    all->len++;
    return p;
}

bool lab_pass_take(struct lab_vcenter *vc, const char *id, struct lab_pass *ret)
{
    size_t len = strlen(id);
    struct lab_pass **at = vc->passes ? &vc->passes->newest : NULL;
    while (at && *at && (len != LAB_PASS - 1 || CRYPTO_memcmp((*at)->id, id, len) != 0))
        at = &(*at)->next;
    if (!at || !*at)
        return false;
    *ret = **at;
    drop(vc->passes, at);
    return clock_mono_ms() < ret->until_ms;
}
