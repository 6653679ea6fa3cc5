*** Settings ***
Documentation       Core 1's control loop keeps its period. Names are symbols of the ELF file beside the image.
Resource            ../resources/firmware.resource
Suite Setup         Boot Until Both Cores Run
Test Tags           timing


*** Test Cases ***
The Loop Keeps Its Period
    Symbol Should Be Hit Periodically    amp_control_loop    period=1 ms    jitter=2 us    during=250 ms

The Heartbeat Counts The Turns
    Counter Should Grow    amp_heartbeat    during=100 ms    period=1 ms
