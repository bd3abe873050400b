/* base/cond.h - condition variables whose waits end by the monotonic clock (clock_mono_ms). */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void cond_init(pthread_cond_t *c);

/* Waits once, with the lock held. False: it is that late now; true: woken, perhaps for nothing, so the caller looks again. */
bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t mono_ms);
