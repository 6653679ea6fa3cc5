*** Settings ***
Documentation       The mistakes that people fear in firmware of two cores. Each is made on purpose by a variant of amp, and
...                 caught by the keyword that a user would use: what must fail does fail, and says what is wrong. The
...                 same checks pass on the same firmware without its mistake.
Resource            twincore.resource
Suite Setup         Skip If    $OWN_IMAGE    This suite is of amp's own mistakes.
Test Tags           broken


*** Variables ***
${PREBUILT}         ${CURDIR}/../firmware/prebuilt
${FAULTS}           ${CURDIR}/../firmware/amp/faults
${REGION}           amp_core1_region_start..amp_core1_region_end
${SHARED}           amp_shared_start..amp_shared_end


*** Test Cases ***
Core 1 Is Never Released
    [Documentation]    The firmware says that it has released core 1. It has not.
    Boot With Fault    never-released
    Serial Should Print    amp: core 1 released    within=${BOOT_LIMIT}
    Should Fail With    expected: +released within 100 ms\\n +got: +held: its clock is off
    ...    Core 1 Should Be Released    within=100 ms

Core 1 Is Released Before Its Memory Is Ready
    [Documentation]    Core 0 fills core 1's stack when core 1 runs on it already.
    Boot With Fault    released-too-early
    Should Fail With    guarded region .*\\n.*core 0 not to write it\\n +got: +core 0 wrote .* in \\S*memset
    ...    Core 0 Should Leave The Region Alone

Core 1's Memory Is Ready In Time
    Boot With Fault    none
    Core 0 Should Leave The Region Alone

Core 1's Stack Runs Over Into Its Neighbour's Memory
    [Documentation]    A message makes core 1 need 17 KiB of stack; behind its region lies core 0's heap.
    Boot With Fault    stack-overrun
    Should Fail With    core 1 did not .*\\n +expected: +writes only within amp_core1_region.*\\n +got: +core 1 wrote \\S+ to 0x3fcd3\\w+ in
    ...    Core 1 Should Stay Within Its Memory

Core 1 Stays Within Its Memory
    Boot With Fault    none
    Core 1 Should Stay Within Its Memory

A Message Is Lost When Two Come At Once
    [Documentation]    Core 1 answers the newest message only. Both are sent before its interrupt.
    Boot With Fault    lost-message
    Should Fail With    the answer to 'amp: sent ping 4' .* next\\n +got: +'amp: got pong 5'
    ...    Every Message Should Be Answered
    Boot With Fault    lost-message
    Should Fail With    message 4 was taken and never read.* went from 3 to 5 \\(core 1 at .*\\n +when: .*amp_core1_interrupt
    ...    Every Message To Core 1 Should Be Taken

Two Messages At Once Are Both Answered
    Boot With Fault    none
    Every Message Should Be Answered
    Every Message To Core 1 Should Be Taken

The Loop Jitters Because It Waits On Core 0
    [Documentation]    The loop spins until core 0 has left its critical section.
    Boot With Fault    loop-waits
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Should Fail With    amp_control_loop did not .*\\n +expected: +100 turns of 1 ms
    ...    Loop Should Keep    amp_control_loop    1 ms +- 2 us    turns=100

The Loop Does Not Wait On Core 0
    Boot With Fault    none
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Loop Should Keep    amp_control_loop    1 ms +- 2 us    turns=100

The Loop Lies In Flash While Core 0 Writes Flash
    [Documentation]    Core 0 freezes the cache while the chip erases a sector: the loop waits for its code.
    Boot With Program    amp_core1_flash_loop
    Should Fail With    amp_control_loop did not .*\\n +expected: +100 turns of 1 ms
    ...    The Loop Should Keep While Core 0 Writes Flash

The Loop Lies In RAM While Core 0 Writes Flash
    Boot With Program    amp_core1
    The Loop Should Keep While Core 0 Writes Flash

Core 1 Writes On After Core 0's Software Reset
    [Documentation]    The firmware resets core 0 alone where it should reset the chip.
    Boot With Fault    outlives-reset
    Reset The Firmware
    Should Fail With    core 1 did not .*\\n +expected: +held\\n +got: +core 1 (waiting|running) at
    ...    Core 1 Should Be Held
    Should Fail With    guarded region ${{ re.escape($SHARED) }}.*\\n.*core 1 not to write it\\n +got: +core 1 wrote \\S+ to amp_heartbeat .* in amp_control_loop\\S*, firmware/amp/core1/lib\\.rs:\\d+
    ...    Core 1 Should Leave Shared Memory Alone

Core 1 Is Silent After The Firmware's Reset
    Boot With Fault    none
    Reset The Firmware
    Core 1 Should Be Held
    Core 1 Should Leave Shared Memory Alone

Core 1's Program Forgets Its Bss
    [Documentation]    SRAM holds noise at power-on: what should begin with 0 does not.
    Boot With Program    amp_core1_no_bss
    Should Fail With    memory amp_core1_bss_start\\.\\.amp_core1_bss_end did not .*\\n +expected: +12 bytes of 0x00\\n +got: +\\d+ others, the first 0x..
    ...    The Program Should Clear Its Bss

Core 1's Program Clears Its Bss
    Boot With Program    amp_core1
    The Program Should Clear Its Bss


*** Keywords ***
Boot With Fault
    [Documentation]    The firmware reads from its partition "fault" which mistake to make; "none" is none.
    [Arguments]    ${fault}
    Boot Firmware    ${PREBUILT}/amp_faults.bin    ${PREBUILT}/amp_faults.elf    fault=${FAULTS}/${fault}

Boot With Program
    [Arguments]    ${program}
    Boot Firmware    ${PREBUILT}/amp_partition.bin    ${PREBUILT}/amp_partition.elf
    ...    ${PREBUILT}/${program}.elf@core1    core1=${PREBUILT}/${program}.bin

Should Fail With
    [Documentation]    Runs a keyword that must fail, with a message that holds the pattern.
    [Arguments]    ${pattern}    ${keyword}    @{arguments}    &{named}
    ${message}    Run Keyword And Expect Error    *    ${keyword}    @{arguments}    &{named}
    Should Match Regexp    ${message}    ${pattern}

Core 0 Should Leave The Region Alone
    [Documentation]    From the moment that core 1 starts.
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Guard Region    ${REGION}    against=0
    Run For    10 ms

Core 1 Should Stay Within Its Memory
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Keep Core 1 Within    ${REGION}    ${SHARED}
    Run For    ${OBSERVE}

Every Message Should Be Answered
    Every Line Should Be Answered    sent ping (\\d+)    got pong (\\d+)    limit=10 ms    during=500 ms    at_least=4

Every Message To Core 1 Should Be Taken
    Follow Messages    ring    amp_mailbox_to_core1    slots=8    size=16    first_index=1
    Every Message Should Arrive    amp_mailbox_to_core1    during=500 ms    at_least=4

The Loop Should Keep While Core 0 Writes Flash
    Serial Should Print    amp: core 1 alive    within=${BOOT_LIMIT}
    Send Serial Line    store
    Loop Should Keep    amp_control_loop    1 ms +- 2 us    turns=100

Reset The Firmware
    Serial Should Print    amp: core 1 alive    within=${BOOT_LIMIT}
    Send Serial Line    reset
    Chip Should Be Reset    within=${ANSWER_LIMIT}

Core 1 Should Leave Shared Memory Alone
    [Documentation]    While core 0 starts again and before it releases core 1.
    Guard Region    ${SHARED}    against=1
    Core 0 Should Reach    core1_release    within=${BOOT_LIMIT}
    Remove Guards

The Program Should Clear Its Bss
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Core 1 Should Reach    amp_core1_main    within=1 ms
    Region Should Hold Only    amp_core1_bss_start..amp_core1_bss_end    0
