/* vim/ovf.h - what a vCenter Server makes of an OVF descriptor, and the descriptor that it writes of a machine (OvfManager). Called
 * by flow's imports and exports; the bytes of the disks travel over a lease (vim/lease.h). */
#pragma once
#include "vim/session.h"

struct arena;

enum {
    VIM_OVF_MS = 60 * 1000,               /* deadline of a call where the caller has none of its own */
    VIM_OVF_DESCRIPTOR_MAX = 1024 * 1024, /* bytes of a descriptor that is sent or taken */
    VIM_OVF_ITEMS = 512,                  /* files of one import */
    VIM_OVF_NETWORKS = 64,
    VIM_OVF_PARENTS = 64,                 /* steps from a resource pool up to its datacenter */
};

/* A file that the vCenter wants for a device. Texts live in the arena of the call. */
struct vim_ovf_item {
    const char *device;      /* its lease's URL has this for importKey */
    const char *path;        /* the reference's href in the descriptor */
    const char *compression; /* "gzip"; "" = as it is */
    int64_t size;            /* -1 = not said */
    int64_t chunk;           /* bytes of one part of it; 0 = in one piece */
    bool create;             /* a file, sent with PUT; else a disk, sent with POST */
};

/* Where it shall go; everything is borrowed. */
struct vim_import {
    const char *descriptor;
    const char *pool, *datastore; /* ids */
    const char *name;             /* of the machine that is made */
    const char *network;          /* id; takes the place of each network of the descriptor; "" = none */
    const char *const *networks;  /* those, by name */
    size_t networks_len;
};

struct vim_import_spec {
    const struct xml_element *spec; /* for vim_import_vapp, as it came */
    struct vim_ovf_item *items;
    size_t items_len;
    const char *warning;            /* the first one, for people; "" = none */
};

/* ERR_INPUT: the vCenter can't make anything of the descriptor, in its words. */
MUST_USE bool vim_import_spec(struct vim_session *s, const struct vim_import *how, int64_t deadline_ms, struct arena *a,
                              struct vim_import_spec *ret, struct err *e);
/* The folder for machines of the datacenter that the pool is in: an import must name one. */
MUST_USE bool vim_vm_folder(struct vim_session *s, const char *pool, int64_t deadline_ms, struct vim_object *ret, struct err *e);
/* Begins; the lease is to be ended by vim_lease_complete or vim_lease_abort, or it ends by itself. */
MUST_USE bool vim_import_vapp(struct vim_session *s, const char *pool, const struct vim_import_spec *spec, const struct vim_object *folder,
                              int64_t deadline_ms, struct vim_object *ret_lease, struct err *e);

/* A file as CreateDescriptor is told of it: what was read over an export's lease. */
struct vim_ovf_file {
    const char *device; /* key of its URL */
    const char *path;   /* what it shall be called */
    int64_t size;       /* exact */
    int64_t capacity;   /* of a disk: bytes that it holds; 0 = not known */
    int64_t populated;  /* of a disk: bytes that are in use; 0 = not known */
};
/* What is to be described; borrowed. */
struct vim_ovf_describe {
    const char *moref, *name;
    const struct vim_ovf_file *files;
    size_t files_len;
    bool identity;      /* with what makes it this machine and no copy: MAC addresses, the BIOS's UUID */
};
/* The descriptor of a machine with these files; its text lives in the arena. */
MUST_USE bool vim_ovf_descriptor(struct vim_session *s, const struct vim_ovf_describe *what, int64_t deadline_ms, struct arena *a,
                                 const char **ret, struct err *e);
