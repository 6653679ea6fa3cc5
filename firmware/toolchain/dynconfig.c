/* The plug-in that GNU's Xtensa tools load by XTENSA_GNU_CONFIG: core-config.h as the structures that cc1, as, ld and
   objdump look up by name. The instruction table is linked in as a second object. Their interface asks for a
   GPL-compatible plug-in: Apache-2.0 (this file) and the table's MIT-style licence are, under version 3. */
#define XTENSA_CONFIG_DEFINITION
#include "core-config.h"
#include "xtensa-dynconfig.h"

int plugin_is_GPL_compatible = 1;

XTENSA_CONFIG_INSTANCE_LIST;

/* GCC defines these strings as preprocessor macros of the compiled program: __XCHAL_HAVE_LOOPS=1 and so on. */
#define TEXT(value) #value
#define EXPANDED(value) TEXT(value)
#undef XTENSA_CONFIG_ENTRY
#define XTENSA_CONFIG_ENTRY(name) "__" #name "=" EXPANDED(name)
const char *const xtensa_config_strings[] = {XTENSA_CONFIG_ENTRY_LIST, 0};
