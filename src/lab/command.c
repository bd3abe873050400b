#include "lab/control.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "lab/change.h"
#include "lab/command.h"
#include "lab/keep.h"
#include "lab/pem.h"
#include "lab/vm_control.h"
#include "wire/json.h"

struct lab_endpoint *lab_asked_target(const struct lab_asked *a, struct err *e)
{
    const char *name = json_string_value(json_object_get(a->request, "target"));
    struct lab_endpoint *ep = name ? lab_endpoint_named(a->estate, name) : NULL;
    if (!name)
        (void)err_set(e, ERR_INPUT, "\"target\" must name a vCenter, a host or an NSX Manager");
    else if (!ep)
        (void)err_set(e, ERR_NOT_FOUND, "nothing in the estate is called %s", name);
    return ep;
}

struct lab_vcenter *lab_asked_vcenter(const struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    if (ep && ep->kind != LAB_VCENTER)
        (void)err_set(e, ERR_INPUT, "\"target\" must name a vCenter");
    return ep && ep->kind == LAB_VCENTER ? ep->vcenter : NULL;
}

const char *lab_asked_text(const struct lab_asked *a, const char *key, struct err *e)
{
    const char *text = json_string_value(json_object_get(a->request, key));
    if (!text)
        (void)err_set(e, ERR_INPUT, "\"%s\" is missing", key);
    return text;
}

static bool do_status(struct lab_asked *a, struct err *e)
{
    struct buf b;
    json_t *state = NULL;
    buf_init(&b, LAB_FILE_MAX);
    const struct wire_json_limits wide = { .bytes = LAB_FILE_MAX, .values = 10 * 1000 * 1000 };
    bool ok = lab_state_json(a->estate, &b, e) && wire_json_read(buf_str(&b), b.len, &wide, &state, e);
    if (ok)
        (void)json_object_set_new(a->answer, "estate", state);
    buf_done(&b);
    return ok;
}

static bool do_down(struct lab_asked *a, struct err *e)
{
    (void)e;
    a->down = true;
    return true;
}

static bool do_fault(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    const char *name = json_string_value(json_object_get(a->request, "fault"));
    if (!ep)
        return false;
    unsigned bit = name ? lab_fault_of(name, ep->kind) : 0;
    if (!bit)
        return err_set(e, ERR_INPUT, "\"fault\" must be one that this kind of endpoint can have; \"faults\" lists all");
    if (bit == LAB_FAULT_SESSIONS) {
        lab_sessions_end(ep->vcenter);
        return true;
    }
    return lab_set_faults(ep, ep->faults | bit, e);
}

/* One fault, or everything that is wrong with it, a locked account included. */
static bool do_clear(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    const char *name = json_string_value(json_object_get(a->request, "fault"));
    if (!ep)
        return false;
    unsigned bit = name ? lab_fault_of(name, ep->kind) : ep->faults;
    if (name && !bit)
        return err_set(e, ERR_INPUT, "\"fault\" must be one that this kind of endpoint can have, or absent: all");
    if (!name && ep->kind == LAB_VCENTER)
        ep->vcenter->wrong = 0;
    return lab_set_faults(ep, ep->faults & ~bit, e);
}

/* By hand a host is never lost: it knows the root before it has the certificate. */
static bool tell_roots(struct lab_endpoint *ep, struct err *e)
{
    return ep->kind != LAB_HOST || lab_change(ep->estate, &(struct lab_change){ .what = "roots", .target = ep->name,
                                                                                 .at = lab_now(ep->estate) }, e);
}

static bool do_reissue(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    return ep && tell_roots(ep, e) && lab_reissue(ep, lab_now(a->estate), e);
}

static bool do_issuer(struct lab_asked *a, struct err *e)
{
    static const char *const names[] = { "enterprise", "vmca", "self-signed" }; /* enum lab_endpoint_cert */
    struct lab_endpoint *ep = lab_asked_target(a, e);
    const char *name = json_string_value(json_object_get(a->request, "issuer"));
    size_t n = 0;
    while (name && n < ARRAY_LEN(names) && strcmp(names[n], name) != 0)
        n++;
    if (ep && (!name || n == ARRAY_LEN(names)))
        return err_set(e, ERR_INPUT, "\"issuer\" must be enterprise, vmca or self-signed");
    return ep && lab_set_issuer(ep, (enum lab_endpoint_cert)n, lab_now(a->estate), e);
}

static bool do_replace(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    return ep && tell_roots(ep, e) && lab_replace(ep, lab_now(a->estate), e);
}

static bool do_rotate(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    return vc && lab_rotate(vc, lab_now(a->estate), e);
}

static bool do_retire(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    return vc && lab_retire(vc, e);
}

static bool do_password(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *password = vc ? lab_asked_text(a, "password", e) : NULL;
    return password && lab_set_password(vc, password, e);
}

static bool do_faults(struct lab_asked *a, struct err *e)
{
    (void)e;
    json_t *list = json_array();
    unsigned bit, kinds;
    const char *name;
    for (size_t i = 0; (name = lab_fault_name(i, &bit, &kinds)); i++)
        (void)json_array_append_new(list, json_string(name));
    (void)json_object_set_new(a->answer, "faults", list);
    return true;
}

static bool do_vm(struct lab_asked *a, struct err *e)
{
    const char *target = lab_asked_text(a, "target", e);
    return target && lab_vm_report(a->estate, target, a->answer, e);
}

static bool do_move(struct lab_asked *a, struct err *e)
{
    const char *target = lab_asked_text(a, "target", e), *host = target ? lab_asked_text(a, "host", e) : NULL;
    return host && lab_vm_move_to(a->estate, target, host, e);
}

/* The words after a command, in the shell's order: the name of a member, ? for one that may be absent, @ for a file. */
static const struct command {
    const char *name;
    lab_command *run;
    bool changes;
    const char *words[3];
} commands[] = {
    { "clear", do_clear, true, { "target", "?fault" } },
    { "clock", lab_command_clock, true, { "?move" } },
    { "csr", lab_command_csr, true, { "target" } },
    { "down", do_down, false, { NULL } },
    { "fault", do_fault, true, { "target", "fault" } },
    { "faults", do_faults, false, { NULL } },
    { "import", lab_command_import, true, { "target", "@chain", "@key" } },
    { "install", lab_command_install, true, { "target", "@chain", "?@key" } },
    { "issuer", do_issuer, true, { "target", "issuer" } },
    { "move", do_move, false, { "target", "host" } },
    { "option", lab_command_option, true, { "target", "key", "?value" } },
    { "own", lab_command_own, true, { "target", "kind" } },
    { "password", do_password, true, { "target", "password" } },
    { "publish", lab_command_publish, true, { "target", "@chain" } },
    { "reconnect", lab_command_reconnect, true, { "target" } },
    { "refresh", lab_command_refresh, true, { "target" } },
    { "reissue", do_reissue, true, { "target" } },
    { "renew", lab_command_renew, true, { "target", "?how" } },
    { "replace", do_replace, true, { "target" } },
    { "retire", do_retire, true, { "target" } },
    { "revoke", lab_command_revoke, true, { "target" } },
    { "rotate", do_rotate, true, { "target" } },
    { "sign", lab_command_sign, false, { "target", "@csr" } },
    { "status", do_status, false, { NULL } },
    { "sts", lab_command_sts, true, { "target", "?days" } },
    { "subordinate", lab_command_subordinate, true, { "target" } },
    { "unpublish", lab_command_unpublish, true, { "target", "chain" } },
    { "vm", do_vm, false, { "target" } },
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static bool run(struct lab_asked *a, struct err *e)
{
    const struct command *c = find(json_string_value(json_object_get(a->request, "do")));
    if (!c)
        return err_set(e, ERR_INPUT, "\"do\" names no command; vsphere-lab --help lists them");
    bool ok = c->run(a, e);
    struct err why;
    /* What was refused half-way has changed something all the same. */
    if (c->changes && !lab_estate_publish(a->estate, ok ? e : &why))
        return false;
    return ok;
}

void lab_control_answer(struct lab_estate *s, const char *line, size_t len, struct buf *out, bool *ret_down)
{
    AUTO(wire_json_decrefp) json_t *request = NULL;
    AUTO(wire_json_decrefp) json_t *answer = json_object();
    struct lab_asked a = { .estate = s, .answer = answer };
    struct err e;
    size_t before = out->len;
    LAB_LOCKED(s);
    bool ok = wire_json_read(line, len, NULL, &request, &e);
    a.request = request;
    ok = ok && run(&a, &e);
    (void)json_object_set_new(answer, "ok", json_boolean(ok));
    if (!ok && a.code)
        (void)json_object_set_new(answer, "code", json_integer(a.code));
    if (!ok)
        (void)json_object_set_new(answer, "error", json_string(e.msg));
    if (!wire_json_write(out, answer, NULL) || !buf_puts(out, "\n", NULL)) {
        out->len = before;
        if (!buf_puts(out, "{\"ok\":false,\"error\":\"the answer is too long\"}\n", NULL))
            out->len = before; /* the client reads nothing: it asked more than it took */
    }
    *ret_down = a.down;
}

static bool put_word(json_t *j, const char *spec, const char *word, struct err *e)
{
    bool file = strchr(spec, '@') != NULL, ok = true;
    const char *key = spec + strspn(spec, "?@");
    struct buf text;
    buf_init(&text, LAB_PEM_MAX);
    if (file)
        ok = lab_keep_load(word, &text, e);
    if (ok && json_object_set_new(j, key, json_string(file ? buf_str(&text) : word)) != 0)
        ok = err_set(e, ERR_INPUT, "not UTF-8: %s", key);
    buf_done(&text);
    return ok;
}

bool lab_control_request(struct buf *out, const char *const *words, size_t len, struct err *e)
{
    const struct command *c = find(len ? words[0] : NULL);
    if (!c)
        return err_set(e, ERR_INPUT, "no such command: %s", len ? words[0] : "");
    size_t least = 0, most = 0;
    for (size_t i = 0; i < ARRAY_LEN(c->words) && c->words[i]; i++, most++)
        least += c->words[i][0] != '?';
    if (len < 1 + least || len > 1 + most)
        return err_set(e, ERR_INPUT, "%s takes %zu words after it", c->name, least);
    AUTO(wire_json_decrefp) json_t *j = json_pack("{s:s}", "do", c->name);
    for (size_t i = 1; i < len; i++)
        if (!put_word(j, c->words[i - 1], words[i], e))
            return false;
    return wire_json_write(out, j, e) && buf_puts(out, "\n", e);
}

/* ---- what a scenario has done at its birth ---- */

static bool take_step(struct lab_estate *s, char *text, struct err *e)
{
    const char *words[LAB_WORDS_MAX + 1];
    size_t len = 0;
    struct buf line, answer;
    bool down;
    for (char *at = text; *(at += strspn(at, " \t")) && len < ARRAY_LEN(words);) {
        words[len++] = at;
        at += strcspn(at, " \t");
        if (*at)
            *at++ = '\0';
    }
    buf_init(&line, LAB_CONTROL_LINE_MAX);
    buf_init(&answer, LAB_FILE_MAX);
    bool ok = lab_control_request(&line, words, len, e);
    if (ok) {
        lab_control_answer(s, buf_str(&line), line.len, &answer, &down);
        ok = strstr(buf_str(&answer), "\"ok\":true") || err_set(e, ERR_INPUT, "%.400s", buf_str(&answer));
    }
    buf_done(&line);
    buf_done(&answer);
    return ok;
}

bool lab_control_steps(struct lab_estate *s, struct err *e)
{
    size_t n = 0;
    for (const char *at = s->scenario->steps, *next; at; at = next, n++) {
        char text[1024];
        size_t len = strcspn(at, ";");
        next = at[len] ? at + len + 1 : NULL;
        if (n < s->steps || len == strspn(at, " \t"))
            continue;
        if (len >= sizeof(text))
            return err_set(e, ERR_INPUT, "a step of the scenario is too long");
        (void)text_copy(text, len + 1, at);
        if (!take_step(s, text, e))
            return err_in(e, "step %zu of the scenario", n + 1);
        LAB_LOCKED(s);
        if (!lab_change(s, &(struct lab_change){ .what = "step", .target = s->vcenters[0].at.name, .value = n + 1 }, e))
            return false;
    }
    return true;
}
