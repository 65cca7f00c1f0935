/* The header by itself and first, twice. Compiled, not run; also as C99 and C17, and as C++. */
#include "viralnow.h"
#include "viralnow.h"

/* Statuses are 32 bits wide whatever the compiler makes of enumerations. */
typedef char status_is_32_bits[sizeof(vn_status) == 4 ? 1 : -1];
typedef char asset_status_is_32_bits[sizeof(vn_asset_status) == 4 ? 1 : -1];

const char *self_contained(void);
const char *self_contained(void)
{
    return VN_VERSION_MAJOR >= 0 ? vn_version() : VN_VERSION;
}
