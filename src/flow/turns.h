/* flow/turns.h - who may be at something at once, and who stands in line for it, first come, first served: tasks, by their URNs. Nobody waits
 * in here: who has no turn rests, and is named when it is his (flow/download.h). Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/def.h"

struct turns;

enum { TURNS_TASK = 128 /* bytes of a task's URN with its NUL */ };

struct turns *turns_create(size_t at_once);
struct turns *turns_destroy(struct turns *t); /* NULL in, NULL out */
DEFINE_AUTO(turns_destroyp, struct turns *, turns_destroy)

/* True: it is this task's turn. Else it stands in line, once. */
bool turns_take(struct turns *t, const char *task);
/* It is through, or wants no turn any more; harmless when it has none. ret_next: who has his turn now and is to be told, "" = nobody. */
void turns_over(struct turns *t, const char *task, char ret_next[TURNS_TASK]);
void turns_count(struct turns *t, size_t *ret_at_it, size_t *ret_waiting);
