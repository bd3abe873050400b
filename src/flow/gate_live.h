/* flow/gate_live.h - the gate's sessions, consoles and transfers, as what a change of trust would end (flow/live.h). Called by cell's wiring. */
#pragma once
#include "flow/live.h"

struct site;

/* site outlives it, and so does its gate. */
struct live_source gate_live(const struct site *site);
