/* base/log.h - one line per event on stderr, in logfmt: `ts=.. lvl=.. event=.. key=value ..`.
 * Floors 0 to 3 log at debug only; floors 4 to 6 log once, where the story ends (house style 3.6).
 * The event name never changes; values from outside go through %s after text_escape, or LOG_SAFE.
 * There is no formatting helper for secrets, so they can't be logged by accident. */
#pragma once
#include "base/def.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* The one piece of process-wide state: set at start-up and on reload. */
void log_threshold_set(enum log_level level);
enum log_level log_threshold(void);
/* Lines go to this descriptor (2 unless told otherwise). */
void log_fd_set(int fd);

/* Writes one line with one write(2); longer than 4096 bytes is cut, control bytes are escaped. */
void log_write(enum log_level level, const char *event, const char *fmt, ...) PRINTF(3, 4);

#define LOG(level, event, ...)                                   \
    do {                                                         \
        if (LOG_LVL_##level <= log_threshold())                  \
            log_write(LOG_LVL_##level, event, __VA_ARGS__);      \
    } while (0)
