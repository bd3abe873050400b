/* lab/control.h - the socket DIR/control through which a running lab is asked and changed: one JSON line a request,
 * one a line back (docs/lab.md). The only way to switch a fault: never over TCP, where the system under test is.
 * Called by the program: the server on its loop, the client by `status`, `fault` and `down`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct lab_control;
struct lab_estate;
struct loop;

enum {
    LAB_CONTROL_LINE_MAX = 512 * 1024, /* bytes of a request */
    LAB_CONTROL_CONNS_MAX = 16,       /* more wait in the kernel's queue */
    LAB_CONTROL_MS = 60000,           /* a client that asks or reads nothing for so long is left */
};

struct lab_control *lab_control_create(struct loop *l, struct lab_estate *s, struct err *e);
struct lab_control *lab_control_destroy(struct lab_control *c);
DEFINE_AUTO(lab_control_destroyp, struct lab_control *, lab_control_destroy)

/* Answers one request, as the socket does; *ret_down: the lab shall end. For tests and the server. */
void lab_control_answer(struct lab_estate *s, const char *line, size_t len, struct buf *out, bool *ret_down);

/* The line that asks for a command in the words of the shell: "fault", "vc1", "expired". Words that name files are
 * replaced by what is in them. ERR_INPUT when there is no such command, or with other words. */
MUST_USE bool lab_control_request(struct buf *out, const char *const *words, size_t len, struct err *e);
enum { LAB_WORDS_MAX = 4 };
/* What a new estate's scenario has done to it at its birth, from where it was left. */
MUST_USE bool lab_control_steps(struct lab_estate *s, struct err *e);
/* Asks the lab that runs on dir, from another process; waits for the answer's line. */
MUST_USE bool lab_control_ask(const char *dir, const char *line, struct buf *answer, struct err *e);
