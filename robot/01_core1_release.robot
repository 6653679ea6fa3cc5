*** Settings ***
Documentation       Core 1 is held until core 0 releases it, starts where core 0 said, on memory that is ready, and can
...                 be stopped and released again. Nothing of its code runs before, nothing of it survives a reset.
Resource            twincore.resource
Suite Setup         Boot The Firmware Under Test
Test Setup          Power Cycle
Test Tags           release


*** Test Cases ***
Core 1 Is Held At Power-On
    [Documentation]    In the ROM's time and before core 0 releases it, core 1 executes not one instruction.
    Core 1 Should Be Held
    Core 1 Should Stay Held    during=2 ms
    Core 1 Should Be Released    within=${BOOT_LIMIT}

Core 1 Starts At The Boot Address That Core 0 Gave
    [Documentation]    Needs no names: release and boot address are read from the chip's registers.
    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}
    Memory Word Should Be    ${SYSTEM_CORE_1_CONTROL_0}    ${CORE_1_CLOCKED_AND_FREE}    mask=${CORE_1_CONTROL_BITS}
    Core 1 Should Execute    during=100 us

Core 1 Starts At Its Entry And Reaches Its Own Code
    [Setup]    Test Needs    CORE1_ENTRY    CORE1_MAIN
    Power Cycle
    Core 1 Should Start At    ${CORE1_ENTRY}    within=${BOOT_LIMIT}
    Core 1 Should Reach    ${CORE1_MAIN}    within=1 ms

Core 1 Reports In After Its Release
    [Setup]    Test Needs    READY_LINE    RELEASED_LINE    ALIVE_LINE
    Power Cycle
    Serial Should Print    ${READY_LINE}    within=${BOOT_LIMIT}
    Serial Should Print    ${RELEASED_LINE}    within=${BOOT_LIMIT}
    Serial Should Print    ${ALIVE_LINE}    within=${ANSWER_LIMIT}

Core 1's Stack Is Ready Before Core 1 Starts
    [Documentation]    When core 1 leaves the ROM its whole stack holds the fill pattern: nothing uses it yet. A program
    ...    that fills its stack itself needs `--skip stack-before-start`.
    [Tags]    stack-before-start
    [Setup]    Test Needs    CORE1_STACK_BOTTOM    CORE1_STACK_TOP    STACK_PATTERN
    Power Up Until Core 1 Starts
    ${bottom}    Address Of    ${CORE1_STACK_BOTTOM}
    ${top}    Address Of    ${CORE1_STACK_TOP}
    Stack Should Keep Free    ${bottom}    ${top}    at_least=${top - ${bottom}}    pattern=${STACK_PATTERN}

Core 1 Stays On Its Stack
    [Documentation]    Neither its stack pointer nor its deepest call leaves the reserved stack, watched store by store
    ...    from its own code on: a program may fill its stack itself before.
    [Setup]    Test Needs    CORE1_MAIN    CORE1_STACK_BOTTOM    CORE1_STACK_TOP
    Power Up Until Core 1 Starts
    Core 1 Should Reach    ${CORE1_MAIN}    within=1 ms
    Guard Stack    ${CORE1_STACK_BOTTOM}    ${CORE1_STACK_TOP}    core=1
    Watch Stack    ${CORE1_STACK_BOTTOM}    ${CORE1_STACK_TOP}    core=1
    Run For    100 ms
    Core 1 Stack Should Lie Within    ${CORE1_STACK_BOTTOM}    ${CORE1_STACK_TOP}
    Stack Should Keep Free    ${CORE1_STACK_BOTTOM}    ${CORE1_STACK_TOP}    at_least=64
    [Teardown]    Remove Guards

Core 1 Stays In Its Region
    [Documentation]    It writes nothing but the memory that is reserved for it and what it shares; core 0 keeps out.
    [Setup]    Test Needs    CORE1_ENTRY    CORE1_MAIN    CORE1_REGION_START    CORE1_REGION_END    CORE1_SHARED
    Power Cycle
    Core 1 Should Start At    ${CORE1_ENTRY}    within=${BOOT_LIMIT}
    Keep Core 1 Within    ${CORE1_REGION_START}..${CORE1_REGION_END}    ${CORE1_SHARED}
    Guard Region    ${CORE1_REGION_START}..${CORE1_REGION_END}    against=0
    Core 1 Should Reach    ${CORE1_MAIN}    within=1 ms
    Run For    100 ms
    [Teardown]    Remove Guards

Core 1 Can Be Held And Released Again
    [Documentation]    The second release finds a boot address and a clock; core 1 must start from the beginning.
    [Setup]    Test Needs    RESTART_COMMAND
    Power Up Until Core 1 Starts
    Tell The Firmware    ${RESTART_COMMAND}
    Core 1 Should Start At Its Boot Address    within=${ANSWER_LIMIT}
    Core 1 Should Execute    during=1 ms

Core 1 Reports In Again After A Second Release
    [Setup]    Test Needs    RESTART_COMMAND    ALIVE_LINE
    Power Cycle
    Serial Should Print    ${ALIVE_LINE}    within=${BOOT_LIMIT}
    Tell The Firmware    ${RESTART_COMMAND}
    Serial Should Print    ${ALIVE_LINE}    within=${ANSWER_LIMIT}

A Reset Of The Chip Holds Core 1 Until The Next Release
    [Documentation]    Core 1 must not go on writing memory while core 0 boots again. Needs no names.
    Power Up Until Core 1 Starts
    Run For    10 ms
    Reset Chip
    Core 1 Should Be Held
    Core 1 Should Stay Held    during=2 ms
    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}

Core 1 Does Not Outlive A Reset By The Firmware
    [Setup]    Test Needs    RESET_COMMAND
    Power Up Until Core 1 Starts
    Tell The Firmware    ${RESET_COMMAND}
    Chip Should Be Reset    within=${ANSWER_LIMIT}
    Core 1 Should Be Held
    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}

The Firmware's Reset Leaves Its Reason
    [Setup]    Test Needs    RESET_COMMAND    RESET_REASON
    Power Up Until Core 1 Starts
    Tell The Firmware    ${RESET_COMMAND}
    Chip Should Be Reset    within=${ANSWER_LIMIT}
    Reset Reason Should Be    ${RESET_REASON}

Core 1 Goes On While Core 0 Alone Is Reset
    [Documentation]    Core 0 starts again in the ROM; core 1 keeps counting, until core 0 takes hold of it again. A design
    ...    whose core 1 is to stop with core 0 needs `--skip outlives-core-0`.
    [Tags]    outlives-core-0
    [Setup]    Test Needs    COUNTER
    Power Up Until Core 1 Starts
    Run For    10 ms
    Reset Core 0
    Core 1 Should Be Released
    Counter Should Grow    ${COUNTER}    during=5 ms
    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}

Core 1 Goes On While Core 0 Resets Itself
    [Setup]    Test Needs    RESET_CORE0_COMMAND    COUNTER
    Power Up Until Core 1 Starts
    Tell The Firmware    ${RESET_CORE0_COMMAND}
    Chip Should Be Reset    within=${ANSWER_LIMIT}
    Core 1 Should Be Released
    Counter Should Grow    ${COUNTER}    during=5 ms
    Core 1 Should Start At Its Boot Address    within=${BOOT_LIMIT}

A Crash Of Core 0 Is Reported With Its Number
    [Setup]    Test Needs    CRASH_CORE0_COMMAND    PANIC_LINE
    Power Up Until Core 1 Starts
    Tell The Firmware    ${CRASH_CORE0_COMMAND}
    ${core}    Serial Should Print    ${PANIC_LINE}    within=${ANSWER_LIMIT}
    Should Be Equal    ${core}    0

A Crash Of Core 1 Is Reported With Its Number
    [Setup]    Test Needs    CRASH_CORE1_COMMAND    PANIC_LINE
    Power Up Until Core 1 Starts
    Tell The Firmware    ${CRASH_CORE1_COMMAND}
    ${core}    Serial Should Print    ${PANIC_LINE}    within=${ANSWER_LIMIT}
    Should Be Equal    ${core}    1
