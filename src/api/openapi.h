/* api/openapi.h - the description of everything that the cell serves, as OpenAPI 3 (openapi.json beside this file): embedded when
 * it is built, served as it is, and held against the tables by a test, in both directions. */
#pragma once
#include <stddef.h>

extern const char api_openapi_text[];
extern const size_t api_openapi_len;
