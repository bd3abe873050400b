#include "unit/lab/world.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "lab/keep.h"
#include "unit/check.h"

/* Certificates are judged by the wall clock in some tests, so estates are born now. */
static struct lab_estate *open_in(const char *dir, const char *scenario)
{
    struct err e;
    struct lab_estate *s = lab_estate_open(dir, scenario, scenario ? strlen(scenario) : 0, time(NULL), false, &e);
    if (!s)
        fail_msg("%s", e.msg);
    return s;
}

/* One directory for all tests: they have one seed, and its keys take most of the time. */
static char shared[] = "/tmp/unit-lab-XXXXXX";

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED, struct FTW *at UNUSED)
{
    return remove(path);
}

static void remove_all(void)
{
    (void)nftw(shared, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct lab_estate *world_open(const char *scenario)
{
    static bool made;
    if (!made)
        CHECK(mkdtemp(shared) && atexit(remove_all) == 0);
    made = true;
    return open_in(shared, scenario);
}

struct lab_estate *world_reopen(struct lab_estate *take, const char *scenario)
{
    AUTO(freep) char *dir = xstrdup(take->dir);
    (void)lab_estate_destroy(take);
    return open_in(dir, scenario);
}

/* All but the keys. */
void world_close(struct lab_estate *take)
{
    static const char *const names[] = { "journal", "issued", "scenario.ini", "hosts", "state.json", "credentials.json" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[LAB_PATH_MAX];
        CHECK(lab_keep_path(take->dir, names[i], path, NULL));
        (void)unlink(path);
    }
    static const char *const folders[] = { "vms", "store", "guests" };
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char path[LAB_PATH_MAX];
        CHECK(lab_keep_path(take->dir, folders[i], path, NULL));
        (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    (void)lab_estate_destroy(take);
}
