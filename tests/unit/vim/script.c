#include "unit/vim/script.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/conn.h"
#include "vim/dial.h"

struct script_conn {
    struct conn conn;
    struct script *script;
    struct buf in, out;
    size_t out_at;
    bool ended;
};

struct script_dialer {
    struct vim_dialer base;
    struct script *script;
};

int64_t soon(void)
{
    return clock_mono_ms() + 30000;
}

char *script_file(const char *name, size_t *ret_len)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", VIM_DATA, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s can't be opened", path);
    CHECK(fseek(f, 0, SEEK_END) == 0);
    *ret_len = (size_t)ftell(f);
    rewind(f);
    char *bytes = xcalloc(1, *ret_len + 1); /* no more than it needs: tests read some ten thousand files */
    CHECK_EQ(fread(bytes, 1, *ret_len, f), *ret_len);
    (void)fclose(f);
    return bytes;
}

static struct script_conn *self_of(struct conn *c)
{
    return CONTAINER_OF(c, struct script_conn, conn);
}

static enum io handshake(struct conn *c, struct err *e)
{
    (void)c;
    (void)e;
    return IO_DONE;
}

static void put(struct buf *b, const char *text)
{
    struct err e;
    CHECK_OK(buf_puts(b, text, &e), &e);
}

static void put_body(struct script_conn *x, const struct script_step *step)
{
    size_t len = step->body ? strlen(step->body) : 0;
    char *body = step->file ? script_file(step->file, &len) : NULL;
    const char *bytes = body ? body : step->body ? step->body : "", *dot = step->file ? strrchr(step->file, '.') : NULL;
    const char *type = step->type ? step->type : dot && !strcmp(dot, ".xml") ? "text/xml; charset=utf-8"
                     : dot && !strcmp(dot, ".zip") ? "application/zip" : "application/json";
    char line[128];
    struct err e;
    (void)snprintf(line, sizeof(line), "HTTP/1.1 %d X\r\n", step->status ? step->status : 200);
    put(&x->out, line);
    put(&x->out, "Content-Type: ");
    put(&x->out, type);
    put(&x->out, "\r\n");
    put(&x->out, step->fields ? step->fields : "");
    put(&x->out, step->close || step->until_close ? "Connection: close\r\n" : "");
    if (step->chunked)
        (void)snprintf(line, sizeof(line), "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
    else
        (void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", len);
    put(&x->out, step->until_close ? "\r\n" : line);
    CHECK_OK(buf_append(&x->out, bytes, len, &e), &e);
    put(&x->out, step->chunked ? "\r\n0\r\n\r\n" : "");
    x->ended = step->close || step->until_close;
    free(body);
}

static bool fits(const struct script_step *step, const char *request)
{
    for (size_t i = 0; i < ARRAY_LEN(step->want) && step->want[i]; i++) {
        bool no = *step->want[i] == '!';
        if (!strstr(request, step->want[i] + no) != no)
            return false;
    }
    return true;
}

static void answer_any(struct script_conn *x, const char *request)
{
    static const struct script_step unknown = { .body = "{}", .status = 500 };
    struct script *s = x->script;
    const struct script_step *step = NULL;
    for (size_t i = 0; i < s->len && !step; i++)
        step = fits(&s->steps[i], request) ? &s->steps[i] : NULL;
    s->unexpected += !step;
    if (step && step->drop)
        x->ended = true;
    else
        put_body(x, step ? step : &unknown);
}

/* A whole request is there: is it the one that the script wants? */
static void answer(struct script_conn *x, const char *request)
{
    struct script *s = x->script;
    if (s->any_order) {
        answer_any(x, request);
        return;
    }
    if (s->at == s->len)
        fail_msg("a request that nobody expects:\n%s", request);
    const struct script_step *step = &s->steps[s->at++];
    if (x->out_at == x->out.len) {
        buf_clear(&x->out);
        x->out_at = 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(step->want) && step->want[i]; i++) {
        bool no = *step->want[i] == '!';
        if (!strstr(request, step->want[i] + no) != no)
            fail_msg("step %zu: %s %s in:\n%s", s->at - 1, step->want[i] + no, no ? "is" : "is not", request);
    }
    if (step->drop)
        x->ended = true;
    else
        put_body(x, step);
}

static enum io conn_write_(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    struct script_conn *x = self_of(c);
    if (x->script->refused)
        fail_msg("bytes were written on a connection that was refused");
    CHECK_OK(buf_append(&x->in, p, len, e) && buf_append(&x->script->log, p, len, e), e);
    x->script->written += (unsigned)len;
    *ret_len = len;
    const char *request = buf_str(&x->in), *end = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
    if (!end)
        return IO_DONE;
    size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0, whole = (size_t)(end - request) + 4 + body;
    if (x->in.len < whole)
        return IO_DONE;
    CHECK_EQ(x->in.len, whole);
    answer(x, request);
    buf_clear(&x->in);
    return IO_DONE;
}

static enum io conn_read_(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    struct script_conn *x = self_of(c);
    struct script *s = x->script;
    size_t len = x->out.len - x->out_at;
    (void)e;
    if (s->cut && len > s->cut - s->answered)
        len = s->cut - s->answered;
    else if (!len && !x->ended)
        return IO_WANT_READ; /* with no descriptor to wait on: io_run says so if the client really waits */
    len = s->piece && len > s->piece ? s->piece : len;
    len = len > cap ? cap : len;
    if (len)
        memcpy(p, x->out.data + x->out_at, len);
    x->out_at += len;
    s->answered += len;
    *ret_len = len;
    return IO_DONE;
}

static int no_fd(const struct conn *c)
{
    (void)c;
    return -1;
}

static struct conn *destroy_conn(struct conn *c)
{
    struct script_conn *x = self_of(c);
    buf_done(&x->in);
    buf_done(&x->out);
    free(x);
    return NULL;
}

static bool dial(struct vim_dialer *d, unsigned slot, int64_t deadline_ms, struct conn **ret, struct err *e)
{
    static const struct conn_ops ops = { .name = "script", .handshake = handshake, .read = conn_read_,
                                         .write = conn_write_, .fd = no_fd, .destroy = destroy_conn };
    struct script *s = CONTAINER_OF(d, struct script_dialer, base)->script;
    CHECK(slot < VIM_CONNS_MAX && deadline_ms > clock_mono_ms());
    if (s->refused)
        return err_set(e, ERR_UNTRUSTED, "refused: unknown-issuer");
    if (s->cut && s->answered >= s->cut)
        return err_set(e, ERR_PEER, "connection refused");
    s->dials++;
    struct script_conn *x = xcalloc(1, sizeof(*x));
    x->conn.ops = &ops;
    x->script = s;
    buf_init(&x->in, 1 << 20);
    buf_init(&x->out, 32 << 20);
    *ret = &x->conn;
    return true;
}

static bool believed(struct vim_dialer *d, const struct conn *c, uint64_t *generation)
{
    (void)c;
    (void)generation;
    return !CONTAINER_OF(d, struct script_dialer, base)->script->unbelieved;
}

static bool verdict(struct vim_dialer *d, struct trust_verdict *ret)
{
    (void)d;
    (void)ret;
    return false;
}

static struct chain *no_chain(struct vim_dialer *d)
{
    (void)d;
    return NULL;
}

static int64_t script_now(const struct vim_dialer *d)
{
    return clock_mono_ms() + CONTAINER_OF(d, struct script_dialer, base)->script->later_ms;
}

static struct vim_dialer *destroy_dialer(struct vim_dialer *d)
{
    free(CONTAINER_OF(d, struct script_dialer, base));
    return NULL;
}

struct vim_endpoint *script_endpoint(struct script *s)
{
    static const struct vim_dialer_ops ops = { dial, believed, verdict, no_chain, script_now, destroy_dialer };
    struct script_dialer *d = xcalloc(1, sizeof(*d));
    d->base.ops = &ops;
    d->script = s;
    return vim_endpoint_over(&d->base, "vc1.example", 443);
}

void script_start(struct script *s, const struct script_step *steps, size_t len)
{
    struct err e;
    struct secret password = { 0 };
    s->steps = steps;
    s->len = len;
    buf_init(&s->log, 1 << 20);
    s->endpoint = script_endpoint(s);
    CHECK_OK(secret_set(&password, SCRIPT_PASSWORD, strlen(SCRIPT_PASSWORD), &e), &e);
    CHECK_OK(vim_session_create(s->endpoint, "administrator@vsphere.local", &password, &s->session, &e), &e);
    secret_done(&password);
}

void script_again(struct script *s, const struct script_step *steps, size_t len, size_t cut)
{
    vim_endpoint_close(s->endpoint);
    s->steps = steps;
    s->len = len;
    s->at = s->answered = 0;
    s->cut = cut;
    buf_clear(&s->log);
}

void script_stop(struct script *s)
{
    s->session = vim_session_destroy(s->session);
    s->endpoint = vim_endpoint_destroy(s->endpoint);
    buf_done(&s->log);
}

void script_end(struct script *s)
{
    if (s->at != s->len)
        fail_msg("step %zu of %zu did not come", s->at, s->len);
    script_stop(s);
}
