*** Settings ***
Documentation       Core 1's control loop keeps its period, to within the limit, each single time: seen at its function
...                 and at its pin, while core 0 works and interrupts core 1. The firmware measures the same.
Resource            twincore.resource
Suite Setup         Boot Until Both Cores Run
Test Tags           timing


*** Test Cases ***
The Loop Runs Once A Period
    [Setup]    Test Needs    LOOP_SYMBOL    LOOP_PERIOD    LOOP_JITTER_LIMIT
    Symbol Should Be Hit Periodically    ${LOOP_SYMBOL}
    ...    period=${LOOP_PERIOD}    jitter=${LOOP_JITTER_LIMIT}    during=${OBSERVE}    core=1

The Loop's Pin Toggles Once A Period
    [Setup]    Test Needs    LOOP_PIN    LOOP_PERIOD    LOOP_JITTER_LIMIT
    Pin Should Toggle Every    ${LOOP_PIN}    ${LOOP_PERIOD}    jitter=${LOOP_JITTER_LIMIT}    during=${OBSERVE}

The Loop Keeps Its Period While Core 0 Works And Interrupts Core 1
    [Documentation]    The load is there indeed: its rounds and core 1's interrupts are counted over the same time.
    [Setup]    Test Needs    LOOP_SYMBOL    LOOP_PERIOD    LOOP_JITTER_LIMIT    LOAD_COUNTER    INTERRUPT_COUNTER
    ${rounds before}    Read Word    ${LOAD_COUNTER}
    ${interrupts before}    Read Word    ${INTERRUPT_COUNTER}
    Symbol Should Be Hit Periodically    ${LOOP_SYMBOL}
    ...    period=${LOOP_PERIOD}    jitter=${LOOP_JITTER_LIMIT}    during=${OBSERVE}    core=1
    ${rounds}    Read Word    ${LOAD_COUNTER}
    ${interrupts}    Read Word    ${INTERRUPT_COUNTER}
    Should Be True    ${rounds} - ${rounds before} >= 10    The load on core 0 came no further than ${rounds} rounds.
    Should Be True    ${interrupts} - ${interrupts before} >= 10    Core 1 took too few interrupts: ${interrupts}.

The Firmware Measures The Longest Period As It Is
    [Setup]    Test Needs    LOOP_SYMBOL    LOOP_MAX_CYCLES    CPU_MHZ
    Record The Loop From Its Start
    ${seen}    Recorded Period    ${LOOP_SYMBOL}    core=1
    ${cycles}    Read Word    ${LOOP_MAX_CYCLES}
    Cycles Should Last    ${cycles}    ${seen.longest}    cpu_mhz=${CPU_MHZ}    tolerance=200 ns

The Firmware Measures The Shortest Period As It Is
    [Setup]    Test Needs    LOOP_SYMBOL    LOOP_MIN_CYCLES    CPU_MHZ
    Record The Loop From Its Start
    ${seen}    Recorded Period    ${LOOP_SYMBOL}    core=1
    ${cycles}    Read Word    ${LOOP_MIN_CYCLES}
    Cycles Should Last    ${cycles}    ${seen.shortest}    cpu_mhz=${CPU_MHZ}    tolerance=200 ns

No Period Is Overrun
    [Setup]    Test Needs    LOOP_OVERRUNS
    Run For    50 ms
    Memory Word Should Be    ${LOOP_OVERRUNS}    0


*** Keywords ***
Record The Loop From Its Start
    [Documentation]    The firmware's own figures are of all periods since power-on.
    Record Hits    ${LOOP_SYMBOL}
    Power Up Until Core 1 Starts
    Run For    ${OBSERVE}
