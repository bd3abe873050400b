#include "bench/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

double bench_cpu(void)
{
    struct rusage used;
    bench_must(getrusage(RUSAGE_SELF, &used) == 0, "getrusage");
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double bench_wall(void)
{
    struct timespec now;
    bench_must(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "clock_gettime");
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_serve(double (*run)(void *self), void *self)
{
    char line[64];
    (void)puts("ready");
    (void)fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        (void)printf("%.9g\n", run(self));
        (void)fflush(stdout);
    }
}

double bench_rate(void (*step)(void *self), void *self)
{
    enum { BETWEEN_LOOKS = 16 }; /* a look at the clock costs as much as a fast step */
    double began = bench_cpu(), spent = 0;
    unsigned long steps = 0;
    while (spent < BENCH_SECONDS) {
        for (int i = 0; i < BETWEEN_LOOKS; i++)
            step(self);
        steps += BETWEEN_LOOKS;
        spent = bench_cpu() - began;
    }
    return (double)steps / spent;
}

void bench_die(const char *what)
{
    (void)fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}
