/* cli/vcenters.h - a vCenter Server as the commands name it, and as they show it. Called by the commands of vcenter and host. */
#pragma once
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

struct cli;
struct remote;

#define VCENTERS_PATH "/cloudapi/1.0.0/virtualCenters"
#define VCENTERS_URN "urn:vcloud:vimserver:"

/* By name, or by its URN. ret: the VCenterServer (vcd-api.md 3.1), owned by the caller. ERR_NOT_FOUND. */
MUST_USE bool vcenters_find(struct remote *r, const char *name, struct arena *a, json_t **ret, struct err *e);
/* "/cloudapi/1.0.0/virtualCenters/URN", in the arena. ERR_PEER: the cell gave it no id. */
MUST_USE bool vcenters_path(const json_t *vcenter, struct arena *a, const char **ret, struct err *e);

/* What is shown of it (docs/cli.md), with what is trusted of it where the cell tells: a new reference. */
json_t *vcenters_whole(struct remote *r, const json_t *vcenter, struct arena *a);
/* One of them in the form that was asked for. */
void vcenters_print(struct cli *cli, struct remote *r, const json_t *vcenter);
