/* What is accepted has names that are names, each once, and sizes that add up. */
#include "flow/ovf.h"
#include "flow/ovf_split.h"

#include <string.h>

#include "base/arena.h"
#include "fuzz/fuzz.h"

static void see_package(const struct ovf_package *p)
{
    int64_t total = 0;
    MUST(p->files_len <= OVF_FILES_MAX && p->networks_len <= OVF_NETWORKS_MAX);
    for (size_t i = 0; i < p->files_len; i++) {
        MUST(ovf_name_valid(p->files[i].href) && p->files[i].size >= -1 && p->files[i].size <= OVF_SIZE_MAX && p->files[i].chunk >= 0);
        total += p->files[i].size > 0 ? p->files[i].size : 0;
        for (size_t k = 0; k < i; k++)
            MUST(strcmp(p->files[i].href, p->files[k].href) != 0);
    }
    MUST(total == p->total && total <= OVF_SIZE_MAX);
}

/* Each machine's descriptor is one, of no more files than the package's. */
static void see_machines(const uint8_t *data, size_t size, const struct ovf_package *p)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_machines m;
    struct err e = { 0 };
    if (!ovf_machines(data, size, &a, &m, &e)) {
        MUST(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
        return;
    }
    MUST(m.systems_len && m.systems_len <= OVF_MACHINES_MAX);
    for (size_t i = 0; i < m.systems_len; i++) {
        AUTO(arena_done) struct arena own = { 0 };
        struct ovf_package one;
        const char *text;
        if (!ovf_machine_text(&m, i, &own, &text, &e))
            continue;
        MUST(ovf_parse(text, strlen(text), &own, &one, &e) && one.files_len <= p->files_len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_package p;
    struct ovf_sum *sums;
    size_t len;
    struct err e = { 0 };
    if (ovf_parse(data, size, &a, &p, &e)) {
        see_package(&p);
        see_machines(data, size, &p);
    } else
        MUST(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
    if (ovf_manifest_parse(data, size, &a, &sums, &len, &e))
        for (size_t i = 0; i < len; i++)
            MUST(ovf_name_valid(sums[i].name));
    return 0;
}
