/* base/clock.h - the two clocks. Validity of certificates uses the wall clock, timeouts the monotonic one.
 * The pure floors never call this: they take `now` as a parameter. */
#pragma once
#include <stdint.h>

int64_t clock_wall_ms(void); /* UTC, milliseconds since 1970 */
int64_t clock_mono_ms(void); /* milliseconds since some start; never goes back */
int64_t clock_mono_us(void);
