/* Versions of what drives the radio, of which little (../wifi) is in this ROM: applications that have Wi-Fi or Bluetooth
   linked ask for them when they start, and print them. */
#include "openrom.h"

#define VERSION "none (open ROM)"

const char *API(esp_coex_rom_version_get)(void) { return VERSION; }
const char *API(esp_pp_rom_version_get)(void) { return VERSION; }
const char *API(esp_net80211_rom_version_get)(void) { return VERSION; }
