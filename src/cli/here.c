#include "cli/here.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/follow.h"
#include "cli/here_start.h"
#include "http/call.h"
#include "net/local.h"
#include "store/datadir.h"
#include "wire/url.h"

enum { HEARD_MAX = 64 * 1024 };

struct here {
    char *socket;             /* owned, as all below */
    struct http_client *held; /* asks nothing more; a local cell lives as long as it */
    struct here_child child;
};

/* ---- where ---- */

static bool read_place(struct cli *cli, const char *path, struct here_place *ret, struct err *e)
{
    struct config c;
    char whole[PATH_MAX];
    if (!config_file_read(path, &c, &cli->arena, e)) {
        if (e->sys == EACCES)
            e->kind = ERR_DENIED;
        return false;
    }
    if (!realpath(path, whole))
        return err_sys(e, ERR_INPUT, errno, "%s", path);
    ret->config = arena_strdup(&cli->arena, whole);
    ret->data_dir = c.data_dir;
    return true;
}

/* Do both name one directory? */
static bool same(const char *a, const char *b)
{
    struct stat one, other;
    return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool here_find(struct cli *cli, const char *config, const char *data_dir, bool lab, struct here_place *ret, struct err *e)
{
    struct here_place p = { .lab = lab }, usual = { 0 };
    struct err why;
    if (!config && !data_dir && access(HERE_CONFIG, F_OK))
        return err_sys(e, ERR_NOT_FOUND, errno, HERE_CONFIG);
    if ((config || !data_dir) && !read_place(cli, config ? config : HERE_CONFIG, &p, e))
        return false;
    if (data_dir && p.data_dir && !same(p.data_dir, data_dir))
        return err_set(e, ERR_INPUT, "--data-dir is %s, but the data_dir of %s is %s", data_dir, p.config, p.data_dir);
    if (data_dir && !config && read_place(cli, HERE_CONFIG, &usual, &why) && same(usual.data_dir, data_dir))
        p.config = usual.config;
    if (data_dir)
        p.data_dir = data_dir;
    *ret = p;
    return true;
}

/* ---- reaching it ---- */

/* A connection whose first request was answered: a cell that is about to end hears nobody any more. */
static bool reach(const char *socket, int64_t until_ms, struct http_client **ret, struct err *e)
{
    static const struct url_host host = { .name = "localhost" };
    const struct http_send ask = { .method = "GET", .target = "/api/versions", .host = &host };
    AUTO(arena_done) struct arena a = { 0 };
    struct http_reply reply;
    struct conn *c = local_connect(socket, e);
    if (!c)
        return false;
    AUTO(http_client_destroyp) struct http_client *http = http_client_create(c, NULL);
    if (!http_call(http, &ask, HEARD_MAX, until_ms, &a, &reply, e))
        return false;
    *ret = STEAL(http);
    return true;
}

/* One arrival at a cell. */
struct arrival {
    struct cli *cli;
    const struct here_place *place;
    int64_t wait_ms, began_ms, until_ms;
    struct here *here;
    bool said;
};

/* Is it worth while to try once more? */
static bool later(struct arrival *a, struct err *e)
{
    pid_t pid = 0;
    const char *who = "another process";
    bool held = store_datadir_held(a->place->data_dir, &pid);
    int64_t left = a->until_ms - clock_mono_ms();
    if (pid)
        who = arena_printf(&a->cli->arena, "process %ld", (long)pid);
    if (left <= 0 && held)
        return err_set(e, ERR_TIMEOUT, "%s holds %s and has not answered for %.1f s: a cell that starts, stops or hangs, or "
                       "another program", who, a->place->data_dir, (double)a->wait_ms / 1000);
    if (left <= 0)
        return err_set(e, ERR_TIMEOUT, "the cell of %s was not reached within %.1f s", a->place->data_dir, (double)a->wait_ms / 1000);
    if (held && !a->said && clock_mono_ms() - a->began_ms >= HERE_QUIET_MS) {
        out_note(&a->cli->out, "%s holds %s and does not answer yet: waiting up to %.1f s", who, a->place->data_dir,
                 (double)a->wait_ms / 1000);
        a->said = true;
    }
    follow_pause(left < HERE_PAUSE_MS ? left : HERE_PAUSE_MS);
    return true;
}

static bool denied(const struct here_place *p, struct err *e)
{
    struct stat st;
    if (stat(p->data_dir, &st))
        return err_set(e, ERR_DENIED, "the cell of %s is another user's: run this as root or as that user", p->data_dir);
    return err_set(e, ERR_DENIED, "the cell of %s is user %u's: run this as root or as that user", p->data_dir, (unsigned)st.st_uid);
}

/* Nobody answers. Starts a cell, or leaves that to whoever holds the directory. */
static bool start(struct arrival *a, struct err *e)
{
    const struct here_place *p = a->place;
    struct stat st;
    pid_t pid;
    if (stat(p->data_dir, &st))
        return errno == EACCES ? denied(p, e) : err_sys(e, ERR_NOT_FOUND, errno, "the data directory %s", p->data_dir);
    if (store_datadir_held(p->data_dir, &pid))
        return later(a, e);
    if (geteuid() != 0 && geteuid() != st.st_uid)
        return denied(p, e);
    if (!p->config)
        return err_set(e, ERR_INPUT, "the cell of %s does not run: name its configuration with --config FILE, so that it can be "
                       "started for this command", p->data_dir);
    struct here_child *child = &a->here->child;
    here_child_end(child, 0); /* one that found the directory taken */
    if (here_child_start(p, st.st_uid, st.st_gid, child, e) && here_child_ready(child, a->until_ms, e))
        return true;
    return e->kind == ERR_CONFLICT ? later(a, e) : false; /* another command was faster */
}

bool here_attach(struct cli *cli, const struct here_place *p, int64_t wait_ms, struct here **ret, struct err *e)
{
    AUTO(here_leavep) struct here *h = xcalloc(1, sizeof(*h));
    struct arrival a = { .cli = cli, .place = p, .wait_ms = wait_ms < HERE_WAIT_MS ? wait_ms : HERE_WAIT_MS, .here = h };
    a.began_ms = clock_mono_ms();
    a.until_ms = a.began_ms + a.wait_ms;
    here_child_init(&h->child);
    h->socket = xstrdup(arena_printf(&cli->arena, "%s/control", p->data_dir));
    while (!reach(h->socket, a.until_ms, &h->held, e)) {
        if (e->kind == ERR_DENIED)
            return denied(p, e);
        if (e->kind == ERR_INPUT)
            return false;
        if (p->running_only)
            return err_set(e, ERR_NOT_FOUND, "the cell of %s does not run", p->data_dir);
        bool none = e->sys == ENOENT || e->sys == ECONNREFUSED;
        if (!(none ? start(&a, e) : later(&a, e)))
            return false;
    }
    *ret = STEAL(h);
    return true;
}

struct here *here_leave(struct here *h)
{
    if (!h)
        return NULL;
    (void)http_client_destroy(h->held);
    here_child_end(&h->child, HERE_END_MS);
    free(h->socket);
    free(h);
    return NULL;
}

const char *here_socket(const struct here *h)
{
    return h->socket;
}
