/* Runs one kernel on one or both cores and ends the run with eight bits of its check sum as exit status. */
#include "bench.h"
#ifdef BENCH_ESP32S3
#include "esp32s3.h"
#endif

volatile struct bench_parameters bench_parameters __attribute__((section(".parameters")));
static volatile uint32_t core1_sum, core1_done;

static uint32_t fold(uint32_t sum) { return (sum ^ sum >> 8 ^ sum >> 16 ^ sum >> 24) & 0xFF; }

#ifdef BENCH_ESP32S3
/* Core 1's boot address goes straight to the register that the ROM polls. */
static void machine_start(uint32_t cores)
{
    RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    RTC_CNTL_WDTCONFIG0 = 0;
    RTC_CNTL_OPTIONS0 &= ~(RTC_CNTL_BB_I2C_FORCE_PD | RTC_CNTL_BBPLL_I2C_FORCE_PD | RTC_CNTL_BBPLL_FORCE_PD);
    SYSTEM_CPU_PER_CONF = (SYSTEM_CPU_PER_CONF & ~SYSTEM_CPUPERIOD_SEL) | SYSTEM_PLL_FREQ_SEL | SYSTEM_CPUPERIOD_240;
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~(SYSTEM_PRE_DIV_CNT | SYSTEM_SOC_CLK_SEL)) | SYSTEM_SOC_CLK_SEL_PLL;
    if (cores < 2)
        return;
    SYSTEM_CORE_1_CONTROL_1 = (uint32_t)bench_core1_start;
    RTC_CNTL_SW_CPU_STALL &= ~RTC_CNTL_SW_STALL_APPCPU_C1;
    RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_SW_STALL_APPCPU_C0;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_CLKGATE_EN;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RUNSTALL;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RESETING;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RESETING;
}
#else
static void machine_start(uint32_t cores) { (void)cores; }
#endif

_Noreturn void bench_core0_main(void)
{
    core1_done = 0;
    bench_prepare();
    machine_start(bench_parameters.cores);
    uint32_t sum = bench_kernel(bench_parameters.kernel, bench_parameters.rounds);
    if (bench_parameters.cores == 2) {
        while (!core1_done)
            ;
        if (core1_sum != sum)
            bench_exit(255);
    }
    bench_exit(fold(sum));
}

_Noreturn void bench_core1_main(void)
{
    core1_sum = bench_kernel(bench_parameters.kernel, bench_parameters.rounds);
    core1_done = 1;
    for (;;)
        ;
}
