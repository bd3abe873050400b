/* cli/object.h - what the commands for users, roles, organizations, tokens and the like have in common: a list of the cell found
 * by name, listed, shown, and taken away. Called by one file a noun, which says what a row has. Knows no noun itself. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

struct remote;
struct remote_args;
struct rows_column;

/* One noun. */
struct object {
    const char *what;      /* "user": for messages */
    const char *path;      /* of the list; its members are path/ID */
    const char *name, *id; /* members of the cell's JSON: "username", "id" */
    const char *plural;    /* "users": the member of -o json */
    const struct rows_column *columns; /* the first is the name */
    size_t columns_len;
    json_t *(*row)(const json_t *theirs); /* what is shown of one (docs/cli.md): a new reference */
    const char *noun;      /* of the commands, where it is not what */
    const char *member;    /* the list is this member of one answer; NULL: it comes in pages (remote_list) */
    bool by_uuid;          /* its members are path/UUID */
    const char *warning;   /* what a person is told who removes one; NULL: nothing */
};

/* Exit codes that all such commands have: `static const struct cli_code codes[] = { OBJECT_CODES("..") };` */
#define OBJECT_CODES(failed) { CLI_DONE, "done; a list may be empty" }, { CLI_FAILED, failed }, OBJECT_CELL_CODES
#define OBJECT_CELL_CODES                                                \
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" }, \
    { CLI_UNREACHABLE, "the cell can't be reached" },                    \
    { CLI_DENIED, "not logged in, or without the right" },               \
    { CLI_UNTRUSTED, "the cell's certificate is not believed" }

/* By name in any case, by id, or by the id's UUID. ret: the cell's JSON, owned by the caller. ERR_NOT_FOUND; ERR_INPUT: several have
 * the name. */
MUST_USE bool object_find(struct remote *r, const struct object *o, const char *word, json_t **ret, struct err *e);
/* path/ID of one that was found, in the arena. ERR_PEER: the cell gave it no id. */
MUST_USE bool object_path(const struct object *o, const json_t *theirs, struct arena *a, const char **ret, struct err *e);

/* All of them. ERR_.. of the cell; the exit code is the command's. */
enum cli_exit object_list(struct cli *cli, struct remote *r, const struct object *o);
/* One of the cell's, as -o wants it. */
void object_print(struct cli *cli, const struct object *o, const json_t *theirs);
/* A row that is made already; taken over. Its fields are the columns', and texts that it has besides are left to JSON. */
void object_print_row(struct cli *cli, const struct rows_column *columns, size_t len, json_t *take_row);
/* Finds, asks unless agreed ("Remove" becomes "Remove user 'x'?"), deletes, and says so ("is removed"). */
enum cli_exit object_remove(struct cli *cli, struct remote *r, const struct object *o, const char *word, bool agreed,
                            const char *question, const char *done);

/* remote_open, to act in this organization, by name or id; NULL: one's own. */
MUST_USE bool object_open(struct cli *cli, const struct remote_args *args, const char *org, struct remote **ret, struct err *e);
