/* unit/vim/script.h - a vCenter that follows a script: for each request that must come, the answer that it gives. Bodies
 * are files of data/, in the shapes that the vendor documents or that real servers were seen to write. Answers can be
 * handed out in pieces of any size, cut off anywhere, and the kept connections be called unbelievable. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "unit/check.h"
#include "vim/endpoint.h"
#include "vim/session.h"

struct script_step {
    const char *want[4];   /* the request has each of these; one that starts with '!' it must not have */
    const char *file;      /* of data/: the body. Its suffix says the type; or */
    const char *body;      /* the body itself */
    int status;            /* 0 = 200 */
    const char *fields;    /* more header lines, each with its CRLF; NULL */
    const char *type;      /* instead of what the suffix says */
    bool drop;             /* the connection ends without an answer */
    bool chunked, until_close, close;
};

struct script {
    const struct script_step *steps;
    size_t len, at;
    size_t piece;          /* bytes of one read; 0 = all */
    size_t cut;            /* answers end after so many bytes, for good; 0 = never */
    int64_t later_ms;      /* the endpoint's clock is so far ahead */
    bool unbelieved;       /* kept connections fail when they are decided again */
    bool refused;          /* the engine refuses the chain: nothing may be written */
    bool any_order;        /* not a conversation: each request is answered by the first step that fits, as often as it comes;
                            * one that none fits is counted and answered with a 500 (callers may be on any thread) */
    unsigned unexpected;
    unsigned dials, written;
    size_t answered;       /* bytes of answers so far */
    struct buf log;        /* everything that was sent to it */
    struct vim_endpoint *endpoint;
    struct vim_session *session; /* of "administrator@vsphere.local" with the password "Pa<s>&sword!" */
};

#define SCRIPT_PASSWORD "Pa<s>&sword!"

void script_start(struct script *s, const struct script_step *steps, size_t len);
/* Every step was gone through, and nothing else came. */
void script_end(struct script *s);
void script_stop(struct script *s); /* without that */
/* Another endpoint at the same server; owned. */
struct vim_endpoint *script_endpoint(struct script *s);
/* The same account and session go on over new connections, with these steps; answers end after cut bytes (0 = never). */
void script_again(struct script *s, const struct script_step *steps, size_t len, size_t cut);
int64_t soon(void);                 /* a deadline */
char *script_file(const char *name, size_t *ret_len); /* owned */

#define SCRIPT(name, ...)                                                                                  \
    static const struct script_step name##_steps[] = { __VA_ARGS__ };                                      \
    struct script name = { 0 };                                                                            \
    script_start(&name, name##_steps, ARRAY_LEN(name##_steps))

/* The beginning of every conversation. */
#define STEP_CONTENT { .want = { "POST /sdk ", "RetrieveServiceContent", "!Cookie:", "urn:vim25/" }, .file = "service-content-7.xml" }
#define STEP_LOGIN { .want = { "<Login xmlns=\"urn:vim25\"", "<password>Pa&lt;s&gt;&amp;sword!</password>", "!Cookie:", "SOAPAction: urn:vim25/6.7" }, \
                     .file = "login.xml", .fields = "Set-Cookie: vmware_soap_session=\"52ab\"; Path=/; HttpOnly; Secure\r\n" }
