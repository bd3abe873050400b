#include "cli/config_file.h"

#include "cli/input.h"

bool config_file_read(const char *path, struct config *ret, struct arena *a, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONFIG_BYTES_MAX);
    if (!input_file(path, &text, e))
        return false;
    return config_read(buf_str(&text), text.len, ret, a, e) || err_in(e, "%s", path);
}
