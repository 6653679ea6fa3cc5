*** Settings ***
Documentation       A block of one's own, peripherals/sensor.py: the test plays the world around it.
Resource            ../resources/firmware.resource
Suite Setup         Boot The Firmware
Test Tags           sensor


*** Variables ***
${TEMPERATURE}      0x600D0004
${INT_RAW}          0x600D000C


*** Test Cases ***
The Sensor Measures
    Call Peripheral    Sensor    warm_to    35
    Memory Word Should Become    ${TEMPERATURE}    35    within=2 ms
    Memory Word Should Be    ${INT_RAW}    0

A Warm Sensor Raises Its Interrupt
    Call Peripheral    Sensor    warm_to    75
    Memory Word Should Become    ${INT_RAW}    1    within=2 ms
