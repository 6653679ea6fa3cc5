#!/bin/bash
# Builds both deliveries and runs the suites on them. Needs ESP-IDF, espup's Rust, and twincore in .venv.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/../..
. "$IDF_PATH/export.sh"
. "$HOME/export-esp.sh"
robot=("$root/.venv/bin/robot" --variablefile suite.yaml --skip outlives-core-0)
suites=("$root/robot/01_core1_release.robot" "$root/robot/02_messages.robot" "$root/robot/03_loop_timing.robot"
    "$root/robot/10_esp_idf_image.robot")

idf.py -B build_static -DSDKCONFIG=build_static/sdkconfig build
"${robot[@]}" --outputdir report_static --variable IMAGE:build_static "${suites[@]}"

# delivery B: core 1's program and its names are those of this repository, as are the versions that replace it
program=$root/firmware/prebuilt/amp_core1
idf.py -B build_partition -DSDKCONFIG=build_partition/sdkconfig \
    -DSDKCONFIG_DEFAULTS="sdkconfig.defaults;sdkconfig.partition" build
(cd build_partition && esptool.py --chip esp32s3 merge_bin -o ../build_partition.bin \
    @flash_args 0x100000 "$program.bin")
"${robot[@]}" --outputdir report_partition --skip stack-before-start --variable PARTITION_PAGE:16 \
    --variable IMAGE:build_partition.bin --variable ELF:build_partition/esp_idf_amp.elf \
    --variable "CORE1_ELF:$program.elf@core1" "${suites[@]}" "$root/robot/05_core1_program.robot"
