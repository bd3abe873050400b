#include "vim/task.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "vim/property.h"
#include "wire/xml.h"

struct wait {
    struct vim_session *session;
    const struct vim_object *task;
    struct vim_task_wait how;
    int64_t deadline_ms;
    int percent;
};

enum task_state { TASK_GOES_ON, TASK_DONE, TASK_FAILED, TASK_UNKNOWN };

static enum task_state read_state(const char *text)
{
    if (text && (!strcmp(text, "queued") || !strcmp(text, "running")))
        return TASK_GOES_ON;
    if (text && !strcmp(text, "success"))
        return TASK_DONE;
    return text && !strcmp(text, "error") ? TASK_FAILED : TASK_UNKNOWN;
}

static void tell_progress(struct wait *w, const struct xml_element *el)
{
    int64_t percent;
    const struct xml_element *p = vim_property(el, "info.progress");
    if (!w->how.progress || !p || !xml_integer(p, 0, 100, &percent) || percent == w->percent)
        return;
    w->percent = (int)percent;
    w->how.progress(w->how.self, w->percent);
}

/* LocalizedMethodFault: {fault xsi:type, localizedMessage}. */
static void read_error(const struct xml_element *el, struct vim_fault *fault)
{
    const struct xml_element *error = vim_property(el, "info.error");
    vim_fault_read(xml_child(error, VIM_NS, "fault"), xml_child_text(error, VIM_NS, "localizedMessage"), fault);
}

static bool ask(struct wait *w, enum task_state *ret_state, struct vim_object *ret_result, struct vim_fault *fault,
                struct err *e)
{
    static const char *const paths[] = { "info.state", "info.progress", "info.error", "info.result", NULL };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *el;
    if (!vim_properties(w->session, w->task, paths, w->deadline_ms, &a, &el, e))
        return false;
    *ret_state = read_state(vim_property_text(el, "info.state"));
    tell_progress(w, el);
    if (*ret_state == TASK_FAILED)
        read_error(el, fault);
    *ret_result = (struct vim_object){ 0 };
    if (*ret_state == TASK_DONE)
        (void)!vim_object_read(vim_property(el, "info.result"), ret_result);
    return *ret_state != TASK_UNKNOWN || err_set(e, ERR_PEER, "the task is in no state that is known");
}

bool vim_task_pause(const struct vim_task_wait *w, int64_t ms, int64_t deadline_ms, struct err *e)
{
    for (int64_t until = clock_mono_ms() + ms;;) {
        int64_t now = clock_mono_ms(), left = until - now;
        if (w->cancelled && w->cancelled(w->self))
            return err_set(e, ERR_CANCELLED, "waiting for the task was cancelled");
        if (now >= deadline_ms)
            return err_set(e, ERR_TIMEOUT, "the task has not ended before the deadline");
        if (left <= 0)
            return true;
        if (left > VIM_TASK_TICK_MS)
            left = VIM_TASK_TICK_MS;
        if (left > deadline_ms - now)
            left = deadline_ms - now;
        struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
    }
}

static void cancel_task(struct wait *w)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_method m = { .name = "CancelTask", .on = w->task };
    if (w->how.cancel_task)
        (void)!vim_session_call(w->session, &m, vim_deadline(VIM_CONNECT_MS), &a, &answer, NULL, NULL);
}

int64_t vim_task_next_ms(int64_t ms)
{
    return 2 * ms < VIM_TASK_LAST_MS ? 2 * ms : VIM_TASK_LAST_MS;
}

bool vim_task_wait(struct vim_session *s, const struct vim_object *task, const struct vim_task_wait *how,
                   int64_t deadline_ms, struct vim_object *ret_result, struct vim_fault *fault, struct err *e)
{
    struct wait w = { .session = s, .task = task, .deadline_ms = deadline_ms, .percent = -1 };
    struct vim_object result;
    struct vim_fault here = { 0 };
    enum task_state state = TASK_UNKNOWN;
    w.how = how ? *how : (struct vim_task_wait){ 0 };
    fault = fault ? fault : &here;
    *fault = (struct vim_fault){ 0 };
    for (int64_t ms = w.how.first_ms ? w.how.first_ms : VIM_TASK_FIRST_MS;; ms = vim_task_next_ms(ms)) {
        if (!ask(&w, &state, &result, fault, e))
            return false;
        if (state != TASK_GOES_ON)
            break;
        if (!vim_task_pause(&w.how, ms, w.deadline_ms, e)) {
            cancel_task(&w);
            return false;
        }
    }
    if (state == TASK_FAILED)
        return vim_fault_err(fault, e);
    if (ret_result)
        *ret_result = result;
    return true;
}
