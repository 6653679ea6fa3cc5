*** Settings ***
Documentation       A message of two words without a sequence word is torn when the reader comes between the two stores:
...                 a few cycles out of 240,000. With quantum 1 the sweep of core 1's phase finds them, and the offset that
...                 it prints repeats the failure.
Library             twincore.TwinCore    quantum=1
Variables           defaults.py
Suite Setup         Skip If    $OWN_IMAGE    This suite is of amp's own mistakes.
Test Tags           broken


*** Variables ***
${PREBUILT}         ${CURDIR}/../firmware/prebuilt
${FAULTS}           ${CURDIR}/../firmware/amp/faults


*** Test Cases ***
The Message Is Torn At Some Phase And The Offset Repeats It
    Boot With Fault    torn-message
    ${apart}    Time Between    amp_publish_position    take_position    within=100 ms
    ${message}    Run Keyword And Expect Error    *    Sweep For A Torn Message    ${apart}
    Should Match Regexp    ${message}    late by (\\S+ us), the \\d+\\. of 25 phases:\\nmessage amp_position for 8 bytes did not
    Should Match Regexp    ${message}    a torn one: core 0 read \\S+ from .* in take_position
    Should Match Regexp    ${message}    core 1 wrote \\S+ to amp_position.* in amp_publish_position
    ${late}    Evaluate    re.search(r"late by ([\\d.]+ us), the", $message)[1]
    Log    The message is torn when core 1 is late by ${late}.
    Boot With Fault    torn-message
    Core 1 Should Start At Its Boot Address
    Inject Stall Of Core 1    lasting=${late}
    ${message}    Run Keyword And Expect Error    *    The Message Should Be Whole
    Should Contain    ${message}    a torn one

The Same Phases Tear Nothing With A Sequence Word
    Boot With Fault    none
    ${apart}    Time Between    amp_publish_position    take_position    within=100 ms
    Sweep For A Torn Message    ${apart}


*** Keywords ***
Boot With Fault
    [Arguments]    ${fault}
    Boot Firmware    ${PREBUILT}/amp_faults.bin    ${PREBUILT}/amp_faults.elf    fault=${FAULTS}/${fault}

Sweep For A Torn Message
    [Arguments]    ${apart}
    Sweep Core 1 Phase    ${apart}    48 ns    The Message Should Be Whole

The Message Should Be Whole
    Message Should Never Be Torn    amp_position for 8 bytes    used_at=amp_use_position    during=3 ms
