#include "gate/upload.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "gate/upload_parts.h"
#include "net/desk.h"
#include "trust/rule.h"

static const struct passage_kind kind;

struct gate_upload *upload_of(const struct passage *s)
{
    return (struct gate_upload *)(uintptr_t)CONTAINER_OF(s, const struct gate_upload, s);
}

static void on_timer(struct loop_timer *t)
{
    struct gate_upload *u = CONTAINER_OF(t, struct gate_upload, timer);
    struct upload_failure f = { RELAY_HOST, GATE_FAILED, "host-failed", NULL, NULL };
    struct err e;
    int64_t now = loop_now(u->s.lane->loop);
    if (now < u->due) {
        if (u->due != INT64_MAX)
            loop_timer_start(u->s.lane->loop, t, u->due - now);
        return;
    }
    if (u->offered)
        (void)err_set(&e, ERR_TIMEOUT, "the host took nothing for %d seconds", GATE_STALL_MS / 1000);
    else if (u->all_in)
        (void)err_set(&e, ERR_TIMEOUT, "the host did not answer for %d seconds after the last byte", GATE_ANSWER_MS / 1000);
    else
        f.why = RELAY_IDLE;
    if (f.why == RELAY_IDLE) {
        (void)err_set(&e, ERR_TIMEOUT, "nothing came for as long as a transfer may rest");
        f.what = GATE_ENDED;
        f.rule = "idle-limit";
    }
    f.err = &e;
    upload_fail(u, &f);
}

/* Most waits end long before their limit: the timer is only moved when it would fire too late. */
void upload_due(struct gate_upload *u, int64_t ms)
{
    struct loop *l = u->s.lane->loop;
    u->due = ms ? loop_now(l) + ms : INT64_MAX;
    u->timer.fired = on_timer;
    if (ms && (!u->timer.loop || u->timer.at_ms > u->due))
        loop_timer_start(l, &u->timer, ms);
}

/* ---- a feed comes and goes ---- */

void upload_rest(struct gate_upload *u)
{
    u->feeding = false;
    if (!u->offered && !u->all_in)
        upload_due(u, u->gate->config.between_ms);
    upload_release(u);
}

static void tell_feed(const struct gate_feed *feed, const struct gate_upload *u, int status, const struct err *e)
{
    const struct gate_fed f = { status == 200, status, status == 200 ? NULL : e, gate_upload_bytes(u), u->event };
    feed->fed(feed->self, &f);
}

void upload_reply(struct gate_upload *u, int status, const struct err *e)
{
    if (!u->feeding)
        return;
    const struct gate_feed feed = u->feed;
    (void)gate_upload_ref(u);
    upload_rest(u);
    tell_feed(&feed, u, status, e);
    (void)gate_upload_unref(u);
}

void upload_opened(struct gate_upload *u)
{
    struct trust_verdict v;
    u->state = UPLOAD_SENDING;
    gate_target_settle(u->s.target);
    passage_open(&u->s, u->gate, http_client_conn(u->client));
    LOG(INFO, "upload.opened", "id=%s file=\"%s\" user=\"%s\" host=\"%s\" proof=%s", u->s.uuid, u->name,
        u->s.target->user_name ? u->s.target->user_name : "", u->s.target->host_name, u->s.single_proof ? "single" : "double");
    if (!lane_believes(u->s.lane, &u->s, &v)) { /* the set was swapped since the handshake */
        kind.withdraw(&u->s, &v);
        return;
    }
    if (u->feeding)
        u->feed.wanted(u->feed.self);
    upload_drive(u);
}

void gate_upload_more(struct gate_upload *u)
{
    if (!u->feeding || u->state != UPLOAD_SENDING)
        return;
    if (u->client)
        drive_wake(&u->drive);
    else if (!ring_member(&u->turn.ring))
        loop_defer(u->s.lane->loop, &u->turn);
}

void gate_upload_leave(struct gate_upload *u)
{
    if (u->arriving) {
        u->next_gone = true;
        return;
    }
    if (!u->feeding)
        return;
    if (u->state == UPLOAD_SENDING)
        upload_hold(u);
    range_mark_rest(&u->mark, false);
    u->piece_over = false;
    upload_rest(u);
    if (u->client && u->held)
        drive_wake(&u->drive);
    else if (!u->client && u->all_in && !ring_member(&u->turn.ring))
        loop_defer(u->s.lane->loop, &u->turn);
}

void gate_upload_feed(struct gate_upload *u, struct loop *l, const struct gate_feed *f)
{
    struct gate_lane *here = lane_of(u->gate, l);
    u->next = *f;
    u->next_lane = here;
    u->next_gone = false;
    u->arriving = true;
    (void)gate_upload_ref(u);
    (void)pthread_mutex_lock(&u->gate->lock);
    struct gate_lane *there = u->over ? NULL : u->s.lane;
    (void)pthread_mutex_unlock(&u->gate->lock);
    bool away = there && there != here;
    u->move.run = away ? upload_move : upload_arrive;
    loop_post(away ? there->loop : l, &u->move);
}

/* ---- from loop to loop ---- */

/* It rests, and its next feed is on another loop. */
void upload_move(struct loop_task *t)
{
    struct gate_upload *u = CONTAINER_OF(t, struct gate_upload, move);
    struct gate_lane *from = u->s.lane;
    if (from->stopped) { /* and the other loop perhaps gone */
        (void)gate_upload_unref(u);
        return;
    }
    (void)pthread_mutex_lock(&u->gate->lock);
    bool over = u->over;
    u->rooted = !over && u->state != UPLOAD_SENDING; /* its connection is being made here, for a client that has left */
    if (!over && !u->rooted)
        u->s.lane = NULL;
    (void)pthread_mutex_unlock(&u->gate->lock);
    if (!over && !u->rooted) {
        drive_cancel(&u->drive);
        loop_timer_stop(&u->timer);
        loop_recall(&u->turn);
        desk_leave(from->desk, u->s.id);
        ring_take(&u->s.ring);
    }
    u->move.run = upload_arrive;
    loop_post(u->next_lane->loop, &u->move);
}

/* False: it is over, or this loop is. */
static bool settle_here(struct gate_upload *u, struct gate_lane *l, enum relay_end *ret_end)
{
    (void)pthread_mutex_lock(&u->gate->lock);
    bool over = u->over;
    if (!over && !u->s.lane) {
        u->s.kind = &kind;
        u->begun = true;
        passage_enter(&u->s, l);
    }
    *ret_end = u->gate->closed ? RELAY_SHUTDOWN : u->s.end_wanted ? RELAY_STOPPED : RELAY_DONE;
    (void)pthread_mutex_unlock(&u->gate->lock);
    if (!over && l->stopped)
        kind.abort(&u->s);
    return !over && !l->stopped;
}

static void begin(struct gate_upload *u)
{
    u->turn.run = upload_drop_all;
    if (u->errand) {
        upload_dial(u);
        return;
    }
    u->state = UPLOAD_SENDING;
    upload_source_init(u);
    loop_defer(u->s.lane->loop, &u->turn);
    if (u->feeding)
        u->feed.wanted(u->feed.self);
}

static void go_on(struct gate_upload *u)
{
    struct trust_verdict v;
    if (u->client && !lane_believes(u->s.lane, &u->s, &v) && !passage_spared(&u->s, u->gate, &v)) {
        kind.withdraw(&u->s, &v);
        return;
    }
    if (u->client)
        upload_drive(u);
    else if (!ring_member(&u->turn.ring))
        loop_defer(u->s.lane->loop, &u->turn);
    if (u->feeding)
        u->feed.wanted(u->feed.self);
}

static void attach(struct gate_upload *u)
{
    u->feed = u->next;
    u->feeding = !u->next_gone;
    if (!u->feeding) {
        range_mark_rest(&u->mark, false);
        upload_rest(u);
    }
}

static void arrived(struct gate_upload *u)
{
    if (u->state == UPLOAD_NEW && u->next_gone) { /* nobody needs the host yet */
        desk_leave(u->s.lane->desk, u->s.id);
        ring_take(&u->s.ring);
        (void)pthread_mutex_lock(&u->gate->lock);
        u->s.lane = NULL;
        u->begun = false;
        (void)pthread_mutex_unlock(&u->gate->lock);
        gate_upload_unclaim(u);
        return;
    }
    attach(u);
    if (u->state == UPLOAD_NEW)
        begin(u);
    else if (u->state == UPLOAD_SENDING)
        go_on(u);
}

/* The feed that was to come is told without the upload: that is another loop's, or nobody's. */
static void turn_away(struct gate_upload *u, int status, const char *why)
{
    const struct gate_feed feed = u->next;
    bool gone = u->next_gone || u->next_lane->stopped;
    struct err e;
    if (u->rooted) {
        u->rooted = false;
        gate_upload_unclaim(u);
    }
    if (gone)
        return;
    (void)err_set(&e, ERR_PEER, "%s", why);
    feed.fed(feed.self, &(struct gate_fed){ false, status, &e, gate_upload_bytes(u), "" });
}

void upload_arrive(struct loop_task *t)
{
    struct gate_upload *u = CONTAINER_OF(t, struct gate_upload, move);
    enum relay_end end;
    u->arriving = false;
    if (u->rooted) {
        turn_away(u, 409, "another piece of this file has just begun: try again");
    } else if (!settle_here(u, u->next_lane, &end)) {
        turn_away(u, 503, "the transfer of this file has ended");
    } else if (end != RELAY_DONE) {
        attach(u);
        kind.stop(&u->s, end);
    } else {
        arrived(u);
    }
    (void)gate_upload_unref(u);
}

/* ---- its end ---- */

static int status_of(const struct gate_upload *u)
{
    switch (u->why) {
    case RELAY_DONE:
        return 200;
    case RELAY_HOST:
    case RELAY_WITHDRAWN:
        return 502;
    case RELAY_STOPPED:
        return 409;
    case RELAY_CLIENT:
    case RELAY_IDLE:
    case RELAY_LIFE:
    case RELAY_SHUTDOWN:
    case RELAY_ENDS:
        return 503;
    }
    abort();
}

static void finish(struct gate_upload *u)
{
    const struct gate_feed feed = u->feed;
    bool feeding = u->feeding;
    upload_cut(u);
    gate_strike(u->gate, &u->s, u->why);
    if (u->s.uuid[0])
        LOG(INFO, "upload.ended", "id=%s file=\"%s\" why=%s bytes=%llu", u->s.uuid, u->name, relay_end_name(u->why),
            (unsigned long long)gate_upload_bytes(u));
    u->state = UPLOAD_OVER;
    u->feeding = false;
    passage_leave(&u->s);
    (void)gate_upload_ref(u);
    upload_say_end(u);
    upload_leave_gate(u, feeding);
    if (feeding)
        tell_feed(&feed, u, status_of(u), &u->err);
    (void)gate_upload_unref(u);
}

void upload_complete(struct gate_upload *u)
{
    u->why = RELAY_DONE;
    finish(u);
}

void upload_fail(struct gate_upload *u, const struct upload_failure *f)
{
    const struct gate_news n = { f->what, u->s.target, f->verdict, f->rule, f->err->msg };
    struct err e;
    upload_give_up(u);
    u->why = f->why;
    u->what = f->what;
    u->err = *f->err;
    u->has_verdict = f->verdict != NULL;
    if (f->verdict)
        u->verdict = *f->verdict;
    LOG(INFO, "upload.failed", "file=\"%s\" host=\"%s\" rule=%s why=\"%s\"", u->name, u->s.target ? u->s.target->host_name : "", f->rule,
        u->err.msg);
    upload_cut(u);
    gate_strike(u->gate, &u->s, f->why);
    u->state = UPLOAD_TELLING;
    if (!u->s.target || !upload_tell(u, &n, &e))
        upload_told(u, "");
}

void upload_told(struct gate_upload *u, const char *event)
{
    if (u->state != UPLOAD_TELLING)
        return;
    (void)text_copy(u->event, sizeof(u->event), event);
    finish(u);
}

/* ---- as one session of many ---- */

static struct conn *host(const struct passage *s)
{
    const struct gate_upload *u = upload_of(s);
    return u->state == UPLOAD_SENDING && u->client ? http_client_conn(u->client) : NULL;
}

static uint64_t bytes(const struct passage *s, enum relay_way way)
{
    return way == RELAY_UP ? gate_upload_bytes(upload_of(s)) : 0;
}

static const char *name(const struct passage *s)
{
    return upload_of(s)->name;
}

static void withdraw(struct passage *s, const struct trust_verdict *v)
{
    struct err e;
    (void)err_set(&e, ERR_UNTRUSTED, "the trust that this transfer stood on was withdrawn: %s", trust_rule_code(v->rule));
    upload_fail(upload_of(s), &(struct upload_failure){ RELAY_WITHDRAWN, GATE_WITHDRAWN, trust_rule_code(v->rule), v, &e });
}

static void stop(struct passage *s, enum relay_end why)
{
    struct gate_upload *u = upload_of(s);
    if (u->state == UPLOAD_TELLING || u->state == UPLOAD_OVER)
        return; /* it ends as it is */
    upload_give_up(u);
    u->why = why;
    (void)err_set(&u->err, ERR_CANCELLED, why == RELAY_SHUTDOWN ? "the cell ends" : "the transfer was stopped");
    finish(u);
}

/* Its loop has ended: nobody is answered any more. */
static void abort_upload(struct passage *s)
{
    struct gate_upload *u = upload_of(s);
    if (u->state != UPLOAD_TELLING) {
        u->why = RELAY_SHUTDOWN;
        (void)err_set(&u->err, ERR_CANCELLED, "the cell ends");
    }
    upload_cut(u);
    gate_strike(u->gate, &u->s, u->why);
    bool fed = u->feeding;
    u->state = UPLOAD_OVER;
    u->feeding = false;
    passage_leave(&u->s);
    upload_say_end_here(u);
    upload_leave_gate(u, fed);
}

static const struct passage_kind kind = { GATE_UPLOAD, host, bytes, name, withdraw, stop, abort_upload };
