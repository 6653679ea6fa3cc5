*** Settings ***
Documentation       The cores talk: a heartbeat, a mailbox each way, interrupts from core to core, the console. Nothing
...                 is lost, torn or late.
Resource            twincore.resource
Suite Setup         Boot Until Both Cores Run
Test Tags           messages


*** Test Cases ***
The Firmware Prints On Its Console
    [Documentation]    Readable lines beside the ROM's own. Needs no names.
    Run For    ${OBSERVE}
    Serial Should Have Printed    ${FIRMWARE_LINE}

Nothing Crashes And Nothing Is Reset
    [Documentation]    Neither a panic on the console nor a watchdog. Needs no names.
    Chip Should Not Be Reset    during=${OBSERVE}
    Serial Should Not Have Printed    ${CRASH_LINE}

Core 1's Heartbeat Grows
    [Documentation]    One more each period: core 1 misses none and counts none twice.
    [Setup]    Test Needs    COUNTER    COUNTER_PERIOD
    Counter Should Grow    ${COUNTER}    during=100 ms    period=${COUNTER_PERIOD}

Core 0 Sees The Heartbeat Grow
    [Documentation]    What core 0 prints of core 1's counter is neither stale nor torn.
    [Setup]    Test Needs    HEARTBEAT_LINE    COUNTER
    Skip Serial Output
    ${earlier}    Serial Should Print    ${HEARTBEAT_LINE}    within=1 s
    ${later}    Serial Should Print    ${HEARTBEAT_LINE}    within=1 s
    ${now}    Read Word    ${COUNTER}
    Should Be True    ${earlier} < ${later} <= ${now}
    ...    Core 0 printed ${earlier}, then ${later}; the counter holds ${now}.

Messages Reach Core 1
    [Documentation]    Every message: once, in order, whole, none lost. The log has each with its latency.
    [Setup]    Test Needs    MAILBOX_TO_CORE1    MAILBOX_SLOTS    MESSAGE_SIZE    MESSAGE_FIRST_INDEX
    Follow The Mailbox    ${MAILBOX_TO_CORE1}
    Every Message Should Arrive    ${MAILBOX_TO_CORE1}    during=${OBSERVE}    at_least=2
    Waiting Messages Should Be Received    ${MAILBOX_TO_CORE1}    within=10 ms

Messages Reach Core 0
    [Setup]    Test Needs    MAILBOX_TO_CORE0    MAILBOX_SLOTS    MESSAGE_SIZE    MESSAGE_FIRST_INDEX
    Follow The Mailbox    ${MAILBOX_TO_CORE0}
    Every Message Should Arrive    ${MAILBOX_TO_CORE0}    during=${OBSERVE}    at_least=2
    Waiting Messages Should Be Received    ${MAILBOX_TO_CORE0}    within=10 ms

Mailboxes Never Overflow
    [Documentation]    Nobody overwrites a message that waits, nor takes one without reading it.
    [Setup]    Test Needs    MAILBOX_TO_CORE1    MAILBOX_TO_CORE0    MAILBOX_SLOTS    MESSAGE_SIZE    MESSAGE_FIRST_INDEX
    Follow The Mailbox    ${MAILBOX_TO_CORE1}
    Follow The Mailbox    ${MAILBOX_TO_CORE0}
    Run For    ${OBSERVE}
    No Message Should Be Lost    ${MAILBOX_TO_CORE1}
    No Message Should Be Lost    ${MAILBOX_TO_CORE0}

No Message Is Torn Or Refused
    [Documentation]    Neither core complains, since power-on and while this case looks.
    [Setup]    Test Needs    MESSAGE_ERROR_LINE
    Serial Should Not Have Printed    ${MESSAGE_ERROR_LINE}
    Serial Should Not Print    ${MESSAGE_ERROR_LINE}    during=${OBSERVE}

Core 1 Refuses No Message
    [Setup]    Test Needs    TORN_COUNTER
    Run For    100 ms
    Memory Word Should Be    ${TORN_COUNTER}    0

Every Message Is Answered In Time
    [Documentation]    Each number that is sent comes back through both mailboxes, in order, within the limit.
    [Setup]    Test Needs    SENT_LINE    RECEIVED_LINE    ROUND_TRIP_LIMIT
    Every Line Should Be Answered    ${SENT_LINE}    ${RECEIVED_LINE}    limit=${ROUND_TRIP_LIMIT}    during=${OBSERVE}

Interrupts From Core 0 Arrive On Core 1
    [Setup]    Test Needs    INTERRUPT_COUNTER
    Counter Should Grow    ${INTERRUPT_COUNTER}    during=50 ms    at_least=2

Interrupts From Core 1 Arrive On Core 0
    [Setup]    Test Needs    INTERRUPT_COUNTER_CORE0
    Counter Should Grow    ${INTERRUPT_COUNTER_CORE0}    during=${OBSERVE}    at_least=2

The Console Answers
    [Setup]    Test Needs    CONSOLE_COMMAND    CONSOLE_ANSWER
    Send Serial Line    ${CONSOLE_COMMAND}
    Serial Should Print    ${CONSOLE_ANSWER}    within=${ANSWER_LIMIT}
    Send Serial Line    ${CONSOLE_COMMAND}
    Serial Should Print    ${CONSOLE_ANSWER}    within=${ANSWER_LIMIT}


*** Keywords ***
Follow The Mailbox
    [Arguments]    ${mailbox}
    Follow Messages    ring    ${mailbox}    slots=${MAILBOX_SLOTS}    size=${MESSAGE_SIZE}
    ...    first_index=${MESSAGE_FIRST_INDEX}
