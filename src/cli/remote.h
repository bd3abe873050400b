/* cli/remote.h - a cell as the commands speak to it: its API, one request after the other, straight-line.
 * Called by every command that works through a cell. There are three carriers, and a command can't tell them apart:
 *
 *   - HTTPS, to the cell of --url or of the last login. The cell's certificate is decided about by the engine that decides for
 *     vCenters (trust/verdict.h); anchors are those of --ca, or what login kept for this cell. Nothing is sent before that, and
 *     no switch leaves it out;
 *   - the control socket of the cell that runs on this machine (cli/here.h): --config, --data-dir, VOUCHSAFE_CONFIG, or the
 *     default configuration when nobody is logged in anywhere. No login: the kernel says who asks;
 *   - the same socket of a cell that is started for this command, when none runs.
 *
 * A command declares itself for all three so: the first member of its struct is `struct remote_args remote`, its options begin
 * with REMOTE_OPTIONS(struct x_args, remote), and it calls remote_open, then remote_get, remote_send, remote_start, remote_list.
 * It opens no store, reads no configuration, and adds the operation that it lacks to the API (api/, flow/, openapi.json).
 *
 * A request is sent again only when no byte of it can have reached the cell. Redirects are not followed. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "cli/args.h"
#include "cli/context.h"
#include "wire/url.h"

struct buf;
struct cli;
struct remote;
struct trust_set;

enum {
    REMOTE_ANSWER_MAX = 16 * 1024 * 1024, /* bytes of one answer .. */
    REMOTE_VALUES_MAX = 500000,           /* .. and values in its JSON */
    REMOTE_TIMEOUT_MIN_MS = 100,
    REMOTE_TIMEOUT_MAX_MS = 10 * 60 * 1000,
    REMOTE_PAGE = 128,                    /* rows asked for at once; the most that VCD's API allows */
    REMOTE_PAGES_MAX = 1000,              /* pages of one list */
};

/* Which cell, and how: the same options for every such command. First member of its struct. */
struct remote_args {
    const char *url, *ca, *hosts;
    struct arg_number timeout;
    const char *config, *data_dir;
    bool lab;
    bool running_only; /* no option: a cell of this machine is not started, and not waited for */
};

#define REMOTE_OPTION(args, into, field) .at = offsetof(args, into) + offsetof(struct remote_args, field)
/* What says who a cell over HTTPS is; login and logout have no more. */
#define REMOTE_URL_OPTIONS(args, into)                                                                                \
    { .name = "url", .type = ARG_TEXT, REMOTE_OPTION(args, into, url), .value = "URL", .env = "VOUCHSAFE_URL",        \
      .help = "the cell; without it the one of the last login" },                                                     \
    { .name = "ca", .type = ARG_TEXT, REMOTE_OPTION(args, into, ca), .value = "FILE",                                 \
      .help = "certificates that the cell's may end in, instead of what login kept" },                                \
    { .name = "hosts", .type = ARG_TEXT, REMOTE_OPTION(args, into, hosts), .value = "FILE", .env = "VOUCHSAFE_HOSTS", \
      .help = "look the cell's name up in this hosts file first" },                                                   \
    { .name = "timeout", .type = ARG_DURATION, REMOTE_OPTION(args, into, timeout), .value = "TIME",                   \
      .min = REMOTE_TIMEOUT_MIN_MS, .max = REMOTE_TIMEOUT_MAX_MS, .fallback = "60s", .env = "VOUCHSAFE_TIMEOUT",      \
      .help = "for one request and its answer" }
#define REMOTE_OPTIONS(args, into)                                                                                    \
    REMOTE_URL_OPTIONS(args, into),                                                                                   \
    { .name = "config", .type = ARG_TEXT, REMOTE_OPTION(args, into, config), .value = "FILE",                         \
      .env = "VOUCHSAFE_CONFIG", .help = "the cell of this machine with this configuration; it need not run" },       \
    { .name = "data-dir", .type = ARG_TEXT, REMOTE_OPTION(args, into, data_dir), .value = "DIR",                      \
      .help = "the cell of this machine that keeps its data there" },                                                 \
    { .name = "lab", .type = ARG_FLAG, REMOTE_OPTION(args, into, lab),                                                \
      .help = "if the cell of this machine does not run, start it with --lab" }

/* "https://cell.example[:port]" out of what a person writes: HOST, HOST:PORT or an https URL; in the arena. ERR_INPUT. */
MUST_USE bool remote_url(const char *text, struct arena *a, const char **ret_url, struct url_host *ret_host, struct err *e);

/* Where: everything is borrowed until remote_close, but the token, which is copied. */
struct remote_config {
    const char *url;              /* as remote_url writes it */
    struct url_host host;
    struct trust_set *anchors;    /* a reference is taken */
    const uint8_t *pinned;        /* SHA-256 of the one certificate that the cell must present; NULL: names decide */
    const char *hosts_file;       /* or NULL */
    int64_t timeout_ms;           /* of one request */
};
MUST_USE bool remote_create(const struct remote_config *c, struct remote **ret, struct err *e);

/* The cell of this command line. On this machine it is reached by its control socket, and started if it does not run (cli/here.h says
 * with which errors); else it is that of --url, VOUCHSAFE_URL or the last login, with its token: ERR_DENIED without one. */
MUST_USE bool remote_open(struct cli *cli, const struct remote_args *args, struct remote **ret, struct err *e);
struct remote *remote_close(struct remote *r);
DEFINE_AUTO(remote_closep, struct remote *, remote_close)

const char *remote_name(const struct remote *r); /* its URL, or "the cell of DIR", for messages */
/* Requests from now on may take at least so long: for what makes the cell look at thousands of hosts. */
void remote_patience(struct remote *r, int64_t at_least_ms);

/* Connects and decides, if that was not done. ERR_UNTRUSTED names the rule. */
MUST_USE bool remote_connect(struct remote *r, struct err *e);
/* POST sessions/provider (users of System) or sessions. ret_token is the session's; ret_session its JSON. ERR_DENIED. */
MUST_USE bool remote_login(struct remote *r, const char *user, const struct secret *password, struct secret *ret_token,
                           json_t **ret_session, struct err *e);
/* Requests carry this token from now on. ERR_INPUT when it can't be one. */
MUST_USE bool remote_token(struct remote *r, const struct secret *token, struct err *e);

/* Requests from now on are made for this organization (X-VMWARE-VCLOUD-TENANT-CONTEXT), which only a provider may: its URN. ERR_INPUT
 * when it can't be one. */
MUST_USE bool remote_tenant(struct remote *r, const char *org_urn, struct err *e);
/* A new API token of this session's user: a client of that name is registered, and its secret handed out, this once. ret_urn: of the
 * token, in the arena. */
MUST_USE bool remote_api_token(struct remote *r, const char *name, struct arena *a, const char **ret_urn, struct secret *ret,
                               struct err *e);

/* The answer's JSON, owned by the caller (json_decref); NULL for an empty body. Paths begin with /api or /cloudapi; what goes
 * into one from outside went through remote_escape. A refusal is an error of the kind that its status and minorErrorCode
 * mean, with the cell's text, escaped. */
MUST_USE bool remote_get(struct remote *r, const char *path, json_t **ret, struct err *e);
/* body: taken over; NULL: none. ret may be NULL. */
MUST_USE bool remote_send(struct remote *r, const char *method, const char *path, json_t *take_body, json_t **ret, struct err *e);
/* The same for a body that is no JSON; borrowed. */
MUST_USE bool remote_post_bytes(struct remote *r, const char *path, const char *type, const struct buf *body, json_t **ret,
                                struct err *e);
/* For what answers 202: the path of the task, out of Location or the task that is the body, in the arena. ERR_PEER without one. */
MUST_USE bool remote_start(struct remote *r, const char *method, const char *path, json_t *take_body, struct arena *a,
                           const char **ret_task, struct err *e);
/* All rows of a list of /cloudapi, page after page, as one array. path may have a query. */
MUST_USE bool remote_list(struct remote *r, const char *path, json_t **ret, struct err *e);

/* Text as a segment or a value in a query, in the arena. */
const char *remote_escape(struct arena *a, const char *text);
/* The kind that a refusal means; minor may be NULL. */
enum err_kind remote_kind(int status, const char *minor);
