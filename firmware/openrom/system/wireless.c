/* Bluetooth, Wi-Fi and their coexistence: of Wi-Fi what comes before the radio is in this ROM (wifi/), of the others
   nothing. Applications that have them linked ask for the versions when they start, and print them. */
#include "openrom.h"

#define VERSION "none (open ROM)"

const char *API(esp_coex_rom_version_get)(void) { return VERSION; }
const char *API(esp_pp_rom_version_get)(void) { return VERSION; }
const char *API(esp_net80211_rom_version_get)(void) { return VERSION; }
