/* bench/drive.h - how tools/bench talks to a program that measures itself: it prints "ready" once it is set up, then
 * answers each line on standard input with one number. So the sides take turns without setting up again.
 * Called by the programs of tests/bench, ours and the peers; knows nothing of src/. */
#pragma once
/* CPU seconds, user and system, of this process so far. */
double bench_cpu(void);
/* Seconds on the monotonic clock. */
double bench_wall(void);

/* Answers lines until the input ends; run measures once and returns the number. */
void bench_serve(double (*run)(void *self), void *self);

/* Calls step until BENCH_SECONDS of CPU time are spent; returns steps per CPU second. */
#define BENCH_SECONDS 0.4
double bench_rate(void (*step)(void *self), void *self);

/* Ends the program with a message when something that must hold does not. */
#define bench_must(ok, what)   \
    do {                       \
        if (!(ok))             \
            bench_die(what);   \
    } while (0)
void bench_die(const char *what) __attribute__((noreturn));
