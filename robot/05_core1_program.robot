*** Settings ***
Documentation       Core 1's program lies in a flash partition of its own. Core 0 maps and starts it, the program prepares
...                 its own memory; a second version takes its place while core 0 runs on (hot swap). This suite is of
...                 amp_partition (firmware/amp) and shows how to write one for yours.
Resource            twincore.resource
Library             OperatingSystem
Suite Setup         Boot Core 1 From Its Partition
Test Setup          Power Cycle
Test Tags           program


*** Variables ***
${PREBUILT}             ${CURDIR}/../firmware/prebuilt
${MMU_ENTRY}            0x600C5040      # of the 64 KiB at 0x42100000 and at 0x3C100000


*** Test Cases ***
Core 1 Starts In Its Partition
    [Documentation]    The boot address is the program's own entry, in the page that core 0 has mapped.
    ${entry}    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}
    ${start}    Address Of    amp_core1_start
    Should Be Equal    ${entry}    ${start}
    Should Be True    0x42100000 <= ${entry} < 0x42110000
    Memory Word Should Be    ${MMU_ENTRY}    ${PARTITION_PAGE}
    Core 1 Should Reach    amp_core1_main    within=1 ms

The Program Initialises Its Data And Its Bss
    [Documentation]    SRAM holds noise at power-on; nobody but the program itself prepares its memory.
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    ${noise}    Read Word    amp_loop_period_cycles
    Should Not Be Equal As Integers    ${noise}    240000
    Core 1 Should Reach    amp_core1_main    within=1 ms
    Memory Word Should Be    amp_loop_period_cycles    240000
    Memory Word Should Be    amp_replies    0
    ${bottom}    Address Of    amp_core1_stack_bottom
    ${top}    Address Of    amp_core1_stack_top
    Stack Should Keep Free    ${bottom}    ${top}    at_least=${top - ${bottom}}

Both Cores Talk
    Serial Should Print    amp: core 1 program version 1,    within=${BOOT_LIMIT}
    Serial Should Print    amp: core 1 alive    within=${ANSWER_LIMIT}
    Every Line Should Be Answered    sent ping (\\d+)    got pong (\\d+)    limit=10 ms    during=${OBSERVE}
    Memory Word Should Be    amp_torn_messages    0

The Loop Keeps Its Period While Core 0 Writes Flash
    [Documentation]    The cache is frozen for tens of milliseconds; the loop's code has been copied to RAM.
    Serial Should Print    amp: core 1 alive    within=${BOOT_LIMIT}
    Send Serial Line    store
    Symbol Should Be Hit Periodically    amp_control_loop    period=1 ms    jitter=2 us    during=100 ms    core=1
    Serial Should Have Printed    amp: storage written

A Second Version Takes The First One's Place
    [Documentation]    Core 1 is held, the partition written, core 1 started again. Core 0 runs on: it is not reset, and
    ...    its image in flash is what it was.
    Serial Should Print    got pong 1    within=${BOOT_LIMIT}
    ${image before}    Read Flash    0    ${{ int($PARTITION_PAGE) * 0x10000 }}
    ${rounds before}    Read Word    amp_load_rounds
    Send The Program    ${PREBUILT}/amp_core1_v2.bin
    Core 1 Should Become Held    within=1 s
    Core 1 Should Start At Its Boot Address    within=2 s
    Take Names Of Core 1 From    ${PREBUILT}/amp_core1_v2.elf
    Core 1 Should Reach    amp_core1_main    within=1 ms
    Memory Word Should Be    amp_loop_period_cycles    120000
    Serial Should Print    amp: program written    within=${ANSWER_LIMIT}
    Serial Should Print    amp: core 1 program version 2,    within=${ANSWER_LIMIT}
    Serial Should Print    amp: core 1 alive    within=${ANSWER_LIMIT}
    Symbol Should Be Hit Periodically    amp_control_loop    period=500 us    jitter=2 us    during=${OBSERVE}    core=1
    Memory Word Should Be    amp_loop_mean_cycles    120000    mask=0xFFFFFF00
    ${rounds}    Read Word    amp_load_rounds
    Should Be True    ${rounds} > ${rounds before}
    ${image}    Read Flash    0    ${{ int($PARTITION_PAGE) * 0x10000 }}
    Should Be Equal    ${image}    ${image before}
    Reset Reason Should Be    POWERON
    [Teardown]    Boot Core 1 From Its Partition

The Second Version Outlives A Loss Of Power
    [Documentation]    Flash keeps it.
    Serial Should Print    got pong 1    within=${BOOT_LIMIT}
    Send The Program    ${PREBUILT}/amp_core1_v2.bin
    Serial Should Print    amp: core 1 program version 2,    within=2 s
    Power Cycle
    Serial Should Print    amp: core 1 program version 2,    within=${BOOT_LIMIT}
    [Teardown]    Boot Core 1 From Its Partition

A Damaged Program Is Refused And The Old One Runs On
    Serial Should Print    got pong 1    within=${BOOT_LIMIT}
    ${program}    Get Binary File    ${PREBUILT}/amp_core1_v2.bin
    ${damaged}    Evaluate    $program[:-1] + bytes([$program[-1] ^ 1])
    Send The Bytes Of A Program    ${damaged}
    Symbol Should Be Hit Periodically    amp_control_loop    period=1 ms    jitter=2 us    during=500 ms    core=1
    Serial Should Print    amp: program refused    within=${ANSWER_LIMIT}
    Core 1 Should Be Released

Core 0 Outlives A Panic Of Core 1
    [Documentation]    It is stalled for the report, then goes on, and can start core 1 again.
    Serial Should Print    got pong 1    within=${BOOT_LIMIT}
    Send Serial Line    crash1
    Serial Should Print    amp: panic on core 1: Rust panic    within=${ANSWER_LIMIT}
    Serial Should Print    amp: heartbeat    within=200 ms
    Memory Word Should Stay    amp_heartbeat    during=20 ms
    Send Serial Line    restart1
    Serial Should Print    amp: core 1 alive    within=${ANSWER_LIMIT}
    Reset Reason Should Be    POWERON

Without A Program Core 1 Stays Held
    Boot Firmware    ${PROGRAM_IMAGE}    ${PROGRAM_ELF}    core1=${CURDIR}/../firmware/amp/faults/erased
    Serial Should Print    amp: no program in partition core1    within=${BOOT_LIMIT}
    Core 1 Should Stay Held    during=50 ms
    Serial Should Not Have Printed    core 1 released
    [Teardown]    Boot Core 1 From Its Partition


*** Keywords ***
Boot Core 1 From Its Partition
    IF    $OWN_IMAGE
        ${page}    Get Variable Value    ${PARTITION_PAGE}
        Skip If    $page is None    This suite is of amp_partition and of images like it, which give PARTITION_PAGE.
        VAR    ${PROGRAM_IMAGE}    ${IMAGE}    scope=SUITE
        VAR    ${PROGRAM_ELF}    ${ELF}    scope=SUITE
    ELSE
        VAR    ${PARTITION_PAGE}    1    scope=SUITE    # partition core1 begins at flash offset 0x10000
        VAR    ${PROGRAM_IMAGE}    ${PREBUILT}/amp_partition.bin    scope=SUITE
        VAR    ${PROGRAM_ELF}    ${PREBUILT}/amp_partition.elf    scope=SUITE
    END
    Boot Firmware    ${PROGRAM_IMAGE}    ${PROGRAM_ELF}    ${PREBUILT}/amp_core1.elf@core1

Send The Program
    [Arguments]    ${file}
    ${program}    Get Binary File    ${file}
    Send The Bytes Of A Program    ${program}

Send The Bytes Of A Program
    [Documentation]    As a tool on the serial port does: how many there are, then the bytes.
    [Arguments]    ${program}
    Send Serial Line    load ${{ len($program) }}
    Serial Should Print    amp: send    within=${ANSWER_LIMIT}
    Send Serial Bytes    ${program}
