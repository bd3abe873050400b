/* tests/e2e/store/crash_vfs.h - a SQLite VFS that ends the process at its N-th change of a file: a write, a sync, a
 * truncation, a removal, a lock of the shared index. It wraps the system's own VFS and becomes the default, so that the
 * store needs no hook. A power loss is simulated from the writes that were not synced yet. */
#pragma once

enum crash_how {
    CRASH_KILL,       /* kill -9: what was written stays in the kernel's hands */
    CRASH_POWER,      /* the power fails: every write since its file's last sync is lost */
    CRASH_POWER_TORN, /* .. or some of them are, and some are cut in the middle of a sector run */
};

/* at = 0: never ends, only counts. To be called once in a process, before the store is opened. */
void crash_vfs_install(unsigned at, enum crash_how how);
unsigned crash_vfs_count(void);
/* The exit status of a process that was ended here. */
enum { CRASH_STATUS = 99 };
