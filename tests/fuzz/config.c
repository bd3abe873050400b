/* A configuration that is read holds what its table promises; whatever is wrong is said in words. */
#include "flow/config.h"

#include <string.h>

#include "base/arena.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    struct arena a = { 0 };
    struct err e = { 0 };
    if (config_read((const char *)data, size, &c, &a, &e)) {
        MUST(c.listen && *c.listen && c.data_dir && c.data_dir[0] == '/');
        MUST(c.loops >= 1 && c.loops <= 64 && c.request_body >= 4096 && c.session_idle_ms >= 60000);
        MUST(c.proxy_from.len <= SETTINGS_LIST_MAX);
    } else {
        MUST(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
        MUST(strncmp(e.msg, "configuration: ", 15) == 0);
    }
    arena_done(&a);
    return 0;
}
