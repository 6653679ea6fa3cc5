*** Settings ***
Documentation       The firmware comes up on both cores, and stays up.
Resource            ../resources/firmware.resource
Suite Setup         Boot The Firmware
Test Tags           boot


*** Test Cases ***
Core 0 Comes Up
    Serial Should Print    core 0 up    within=${BOOT_LIMIT}

Core 1 Is Released And Reports In
    Serial Should Print    core 1 released    within=100 ms
    Serial Should Print    core 1 alive    within=100 ms

Nothing Is Reset
    Chip Should Not Be Reset    during=200 ms

All That The Firmware Uses Is Modelled
    No Unmodelled Register Should Have Been Used
