/* tests/e2e/store/migrate.h - a migration that is killed at every point. */
#pragma once
#include "e2e/store/crash_vfs.h"

/* The number of points. Ends the process with a message when a store was harmed. */
unsigned migrate_every_point(enum crash_how how);
