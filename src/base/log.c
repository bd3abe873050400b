#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { LOG_LINE = 4096 };

static atomic_int threshold = LOG_LVL_INFO;
static atomic_int sink = 2;

void log_threshold_set(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

enum log_level log_threshold(void)
{
    return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

void log_fd_set(int fd)
{
    atomic_store(&sink, fd);
}

void log_write(enum log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    char line[LOG_LINE], when[TEXT_TIME];
    int64_t now = clock_wall_ms();
    text_time(now / 1000, when);
    int head = snprintf(line, sizeof(line), "ts=%.19s.%03dZ lvl=%s event=%s ", when, (int)(now % 1000), names[level],
                        event);
    va_list args;
    va_start(args, fmt);
    int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, args);
    va_end(args);
    size_t len = (size_t)head + (body > 0 ? (size_t)body : 0);
    if (len > sizeof(line) - 2)
        len = sizeof(line) - 2;
    for (size_t i = (size_t)head; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?'; /* one event, one line, whatever a peer put into it */
    line[len] = '\n';
    ssize_t done = write(atomic_load(&sink), line, len + 1);
    (void)done; /* nobody is left to tell */
}
