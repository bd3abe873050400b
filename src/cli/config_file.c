#include "cli/config_file.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/input.h"
#include "store/by.h"

bool config_file_read(const char *path, struct config *ret, struct arena *a, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONFIG_BYTES_MAX);
    if (!input_file(path, &text, e))
        return false;
    return config_read(buf_str(&text), text.len, ret, a, e) || err_in(e, "%s", path);
}

struct store_by config_file_by(const char *flow, struct arena *a)
{
    const char *who = geteuid() == 0 ? "root on the cell's machine" : arena_printf(a, "user %u on the cell's machine", (unsigned)geteuid());
    return (struct store_by){ who, "local", flow, clock_wall_ms() };
}
