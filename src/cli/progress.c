#include "cli/progress.h"

#include <stdio.h>

#include "cli/output.h"

void progress_init(struct progress *p, struct out *o, const char *doing, size_t total, int64_t now_ms)
{
    *p = (struct progress){ o, doing, total, now_ms, now_ms };
}

/* "2,5" minutes and more read badly as seconds. */
static void eta_text(double seconds, char *out, size_t size)
{
    long s = (long)(seconds + 0.5);
    if (s < 60)
        (void)snprintf(out, size, "%lds", s);
    else
        (void)snprintf(out, size, "%ldm%02lds", s / 60, s % 60);
}

static void line(const struct progress *p, size_t done, int64_t now_ms, char *out, size_t size)
{
    double seconds = (double)(now_ms - p->started_ms) / 1000;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    char eta[32];
    if (p->total && done && done < p->total) {
        eta_text((double)(p->total - done) / rate, eta, sizeof(eta));
        (void)snprintf(out, size, "%s %zu/%zu, %.0f/s, %s left", p->doing, done, p->total, rate, eta);
    } else if (p->total) {
        (void)snprintf(out, size, "%s %zu/%zu, %.0f/s", p->doing, done, p->total, rate);
    } else {
        (void)snprintf(out, size, "%s %zu, %.0f/s", p->doing, done, rate);
    }
}

void progress_update(struct progress *p, size_t done, int64_t now_ms)
{
    struct out *o = p->out;
    int64_t pause = o->talk_tty ? PROGRESS_REDRAW_MS : PROGRESS_LINE_MS;
    if (o->quiet || now_ms - p->shown_ms < pause || now_ms - p->started_ms < PROGRESS_QUIET_MS)
        return;
    char text[160];
    p->shown_ms = now_ms;
    line(p, done, now_ms, text, sizeof(text));
    if (!o->talk_tty) {
        out_note(o, "%s", text);
        return;
    }
    (void)fprintf(o->talk, "\r%s\033[K", text);
    (void)fflush(o->talk);
    o->progress_open = true;
}

void progress_done(struct progress *p)
{
    if (!p->out->progress_open)
        return;
    (void)fputs("\r\033[K", p->out->talk);
    (void)fflush(p->out->talk);
    p->out->progress_open = false;
}
