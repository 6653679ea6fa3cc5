*** Settings ***
Documentation       Variables as the firmware's source writes them: struct, array, enum and atomic, C on core 0 and Rust on
...                 core 1, in one image and in two. Types and source lines come from the ELF files' debug information.
...                 This suite is of amp's variants (firmware/amp) and shows how to write one for yours.
Resource            twincore.resource
Suite Setup         Skip If    $OWN_IMAGE    This suite is of amp's own variables.
Test Tags           variables


*** Variables ***
${PREBUILT}         ${CURDIR}/../firmware/prebuilt
${FAULTS}           ${CURDIR}/../firmware/amp/faults


*** Test Cases ***
A Message Is A Struct In An Array
    [Documentation]    The mailbox is Rust's, of core 1; core 0 fills it in C.
    Boot Firmware    ${PREBUILT}/amp.bin
    Value Should Become    amp_mailbox_to_core1.sent    2    within=1 s
    ${message}    Read Value    amp_mailbox_to_core1.slots[2]
    Should Be Equal As Integers    ${message}[sequence]    2
    Should Be Equal As Integers    ${message}[kind]    2
    ${check}    Evaluate    $message["sequence"] ^ $message["kind"] ^ $message["value"] ^ 0xA5C35A3C
    Value Should Be    amp_mailbox_to_core1.slots[2].check    ${check}
    Value Should Become    amp_mailbox_to_core1.taken    2    within=1 ms

Atomics And A Module's Own Statics Are Numbers
    Boot Firmware    ${PREBUILT}/amp.bin
    Core 1 Should Be Ready
    Value Should Become    amp_heartbeat    >= 20    within=30 ms
    Value Should Be    amp_loop_max_cycles    <= 240480
    Value Should Be    amp_core1::LOOP_DUE    != 0
    Value Should Be    main.c:ticks    > 0

An Enum Is Told By Name
    Boot With Fault    lost-message
    Value Should Become    amp_fault    AMP_LOST_MESSAGE    within=1 s
    ${error}    Run Keyword And Expect Error    *    Value Should Be    amp_fault    AMP_NO_FAULT
    Should Contain    ${error}    expected: \ AMP_NO_FAULT
    Should Contain    ${error}    AMP_LOST_MESSAGE

Who Writes A Member Is Told By Its Source Line
    Boot Firmware    ${PREBUILT}/amp.bin
    ${sent}    Wait For Access    amp_mailbox_to_core1.sent    core=0    value=1    within=1 s
    Should Be Equal    ${sent.function}    amp_mailbox_send
    Should Match Regexp    ${sent.line}    ^firmware/amp/core0/mailbox\\.c:\\d+$
    ${beat}    Wait For Access    amp_heartbeat    core=1    within=2 ms
    Should Be Equal    ${beat.function}    amp_control_loop

Core 1's Program Has Types Of Its Own
    [Documentation]    Delivery B: the program is another ELF file, in C a struct at the head of its partition.
    Boot Firmware    ${PREBUILT}/amp_partition.bin    ${PREBUILT}/amp_partition.elf    ${PREBUILT}/amp_core1.elf@core1
    Core 1 Should Be Ready
    Value Should Become    amp_heartbeat    >= 5    within=10 ms
    Value Should Be    amp_loop_period_cycles    240000
    Value Should Be    amp_core1::LOOP_BEGAN    != 0


*** Keywords ***
Core 1 Should Be Ready
    [Documentation]    Before that its memory holds noise.
    Core 1 Should Start At    amp_core1_start    within=${BOOT_LIMIT}
    Core 1 Should Reach    amp_core1_timer    within=2 ms

Boot With Fault
    [Documentation]    The firmware reads from its partition "fault" which mistake to make.
    [Arguments]    ${fault}
    Boot Firmware    ${PREBUILT}/amp_faults.bin    ${PREBUILT}/amp_faults.elf    fault=${FAULTS}/${fault}
