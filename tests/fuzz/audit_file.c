/* A copy of an audit trail, cut into lines: it is sound or it is not, what was found is said, and one that is called sound still is when
 * it is checked again. */
#include "flow/audit_file.h"

#include <string.h>

#include "fuzz/fuzz.h"

static bool check(const uint8_t *data, size_t size, struct audit_check *ret)
{
    const char *p = (const char *)data, *end = p + size;
    audit_check_start(ret, NULL);
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((newline ? newline : end) - p);
        if (!audit_check_line(ret, p, len))
            break;
        p += len + 1;
    }
    return audit_check_end(ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audit_check c, again;
    bool sound = check(data, size, &c);
    MUST(sound == c.report.sound);
    MUST(sound == (c.report.why[0] == '\0'));
    MUST(!sound || c.report.checked == c.head.count);
    MUST(sound == check(data, size, &again) && again.report.checked == c.report.checked);
    return 0;
}
