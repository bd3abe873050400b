/* tests/fuzz/replay.c - runs a fuzz target over files, without a fuzzer: each argument is a file, or a folder whose
 * files are taken in order. Every finding that was ever committed is so a regression test of the ordinary run. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

enum { INPUT_MAX = 64 * 1024 * 1024 };

static size_t count;

static void run_file(const char *path)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st) != 0 || st.st_size < 0 || st.st_size > INPUT_MAX) {
        (void)fprintf(stderr, "%s can't be read\n", path);
        exit(1);
    }
    size_t len = (size_t)st.st_size;
    uint8_t *data = malloc(len ? len : 1); /* exactly its size: a sanitizer sees a read past the end */
    MUST(data && fread(data, 1, len, f) == len);
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(data, len);
    free(data);
    count++;
}

static void run_folder(const char *folder)
{
    struct dirent **entries;
    int len = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < len; i++) {
        char path[4096];
        struct stat st;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            run_file(path);
        free(entries[i]);
    }
    if (len >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;
        size_t before = count;
        if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            run_folder(argv[i]);
        else
            run_file(argv[i]);
        if (count == before) {
            (void)fprintf(stderr, "%s holds no input\n", argv[i]);
            return 1;
        }
    }
    (void)printf("%zu inputs\n", count);
    return count ? 0 : 1;
}
