*** Settings ***
Documentation       Your ESP-IDF image starts as it should: both schedulers, then app_main; no watchdog barks, nothing
...                 panics. `robot --variable IMAGE:build robot/10_esp_idf_image.robot`, where build is the project's
...                 build folder; for a flash image give the names too: `--variable ELF:app.elf`.
Resource            twincore.resource
Suite Setup         Boot The Image That Was Given
Test Setup          Power Cycle
Test Tags           esp-idf


*** Test Cases ***
The Scheduler Starts On Core 0
    Scheduler Should Start On Core 0    within=${START_LIMIT}

The Scheduler Starts On Core 1
    [Documentation]    Skipped for an image that was built for one core.
    Scheduler Should Start On Core 1    within=${START_LIMIT}

The Application Is Called
    App Main Should Be Called    within=${START_LIMIT}

The Task Watchdog Stays Quiet
    Task Watchdog Should Stay Quiet    during=${WATCH}

Nothing Panics And Nothing Is Reset
    Nothing Should Crash    during=${WATCH}


*** Variables ***
${START_LIMIT}      3 s                 # from power-on until the schedulers run and app_main is called
${WATCH}            6 s                 # longer than the task watchdog waits, which is 5 s by default


*** Keywords ***
Boot The Image That Was Given
    Skip If    not $OWN_IMAGE
    ...    No image of yours was given: robot --variable IMAGE:build robot/10_esp_idf_image.robot
    Boot The Firmware Under Test
    Skip Unless Made With ESP-IDF
