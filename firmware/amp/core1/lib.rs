//! Core 1: bare metal, outside any scheduler. A 1 kHz control loop on the core's own timer, and a mailbox each way.
//!
//! Everything that the other core or a test looks at has a plain symbol name; amp.h has the same layouts in C.

#![no_std]
#![allow(non_upper_case_globals)] // the statics are part of a C interface

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

const LOOP_PERIOD_CYCLES: u32 = if cfg!(amp_version_2) { 120_000 } else { 240_000 }; // 1 ms at 240 MHz
const LOOP_PIN: u32 = 4;
const LINE_DOORBELL: u32 = 4;
const LINE_TIMER1: u32 = 15;

const GPIO_OUT_W1TS: *mut u32 = 0x6000_4008 as *mut u32;
const GPIO_OUT_W1TC: *mut u32 = 0x6000_400C as *mut u32;
const GPIO_ENABLE_W1TS: *mut u32 = 0x6000_4024 as *mut u32;
const GPIO_FUNC_OUT_SEL_CFG: *mut u32 = (0x6000_4554 + 4 * LOOP_PIN as usize) as *mut u32;
const GPIO_FUNC_OUT_SEL_GPIO: u32 = 256;
const SYSTEM_CPU_INTR_FROM_CPU_0: *mut u32 = 0x600C_0030 as *mut u32;
const SYSTEM_CPU_INTR_FROM_CPU_1: *mut u32 = 0x600C_0034 as *mut u32;

unsafe extern "C" {
    // start.S: this target has no asm!
    fn amp_ccount() -> u32;
    fn amp_set_timer1(ccount: u32);
    fn amp_enable_interrupts(lines: u32);
    fn amp_wait();
    // core0/panic.c
    fn amp_rust_panic(file: *const u8, length: u32, line: u32) -> !;
}

fn write(register: *mut u32, value: u32) {
    // SAFETY: the constants above are registers of this chip, which any core may write at any time.
    unsafe { register.write_volatile(value) }
}

fn ccount() -> u32 {
    // SAFETY: reads a special register.
    unsafe { amp_ccount() }
}

#[cfg(amp_faults)]
mod fault;

mod mailbox {
    use core::sync::atomic::{AtomicU32, Ordering};

    const SLOTS: usize = 8;
    const CHECK: u32 = 0xA5C3_5A3C;

    pub const HELLO: u32 = 1;
    pub const PING: u32 = 2;
    pub const PONG: u32 = 3;
    pub const CRASH: u32 = 4;

    #[repr(C)]
    struct Slot {
        sequence: AtomicU32,
        kind: AtomicU32,
        value: AtomicU32,
        check: AtomicU32,
    }

    /// One writer, one reader; see amp.h. The slots are atomic words so that a race would be a wrong check word, not
    /// undefined.
    #[repr(C)]
    pub struct Mailbox {
        sent: AtomicU32,
        taken: AtomicU32,
        slots: [Slot; SLOTS],
    }

    pub enum Received {
        Message { kind: u32, value: u32 },
        Torn,
    }

    impl Mailbox {
        #[cfg(not(amp_program))]
        pub const fn new() -> Self {
            const EMPTY: Slot = Slot {
                sequence: AtomicU32::new(0),
                kind: AtomicU32::new(0),
                value: AtomicU32::new(0),
                check: AtomicU32::new(0),
            };
            Mailbox { sent: AtomicU32::new(0), taken: AtomicU32::new(0), slots: [EMPTY; SLOTS] }
        }

        /// False when the mailbox is full.
        pub fn send(&self, kind: u32, value: u32) -> bool {
            let sent = self.sent.load(Ordering::Relaxed);
            if sent.wrapping_sub(self.taken.load(Ordering::Acquire)) as usize == SLOTS {
                return false;
            }
            let sequence = sent.wrapping_add(1);
            let slot = &self.slots[sequence as usize % SLOTS];
            slot.sequence.store(sequence, Ordering::Relaxed);
            slot.kind.store(kind, Ordering::Relaxed);
            slot.value.store(value, Ordering::Relaxed);
            slot.check.store(sequence ^ kind ^ value ^ CHECK, Ordering::Relaxed);
            self.sent.store(sequence, Ordering::Release);
            true
        }

        /// Fault lost-message: the newest message counts, whatever came before it.
        #[cfg(amp_faults)]
        fn next(&self, taken: u32) -> u32 {
            if crate::fault::has(crate::fault::LOST_MESSAGE) {
                return self.sent.load(Ordering::Acquire);
            }
            taken.wrapping_add(1)
        }

        #[cfg(not(amp_faults))]
        fn next(&self, taken: u32) -> u32 {
            taken.wrapping_add(1)
        }

        pub fn take(&self) -> Option<Received> {
            let taken = self.taken.load(Ordering::Relaxed);
            if taken == self.sent.load(Ordering::Acquire) {
                return None;
            }
            let expected = self.next(taken);
            let slot = &self.slots[expected as usize % SLOTS];
            let sequence = slot.sequence.load(Ordering::Relaxed);
            let kind = slot.kind.load(Ordering::Relaxed);
            let value = slot.value.load(Ordering::Relaxed);
            let check = slot.check.load(Ordering::Relaxed);
            self.taken.store(expected, Ordering::Release);
            if sequence == expected && check == sequence ^ kind ^ value ^ CHECK {
                Some(Received::Message { kind, value })
            } else {
                Some(Received::Torn)
            }
        }
    }
}

use mailbox::{Mailbox, Received};

/// Words that the other core sees. In a program of its own they are no statics of this crate: shared.ld says where they
/// are, so that core 0 and every version of the program agree.
#[cfg(amp_program)]
macro_rules! shared {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)*) => {
        unsafe extern "C" {$(
            $(#[$doc])*
            safe static $name: $type;
        )*}
    };
}

#[cfg(not(amp_program))]
macro_rules! shared {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        #[unsafe(link_section = ".shared")]
        pub static $name: $type = $value;
    )*};
}

shared! {
    amp_mailbox_to_core1: Mailbox = Mailbox::new();
    amp_mailbox_to_core0: Mailbox = Mailbox::new();
    /// Periods of the control loop since core 1 started.
    amp_heartbeat: AtomicU32 = AtomicU32::new(0);
    amp_loop_last_cycles: AtomicU32 = AtomicU32::new(0);
    amp_loop_min_cycles: AtomicU32 = AtomicU32::new(u32::MAX);
    amp_loop_max_cycles: AtomicU32 = AtomicU32::new(0);
    amp_loop_overruns: AtomicU32 = AtomicU32::new(0);
    amp_doorbells_to_core1: AtomicU32 = AtomicU32::new(0);
    amp_torn_messages: AtomicU32 = AtomicU32::new(0);
}

// Core 1's own, in its reserved region.
/// The loop's period in CPU cycles: initialised data, which a program of its own must bring to RAM itself.
#[cfg(amp_program)]
#[unsafe(no_mangle)]
pub static amp_loop_period_cycles: AtomicU32 = AtomicU32::new(LOOP_PERIOD_CYCLES);
/// Messages answered since core 1 started.
#[unsafe(no_mangle)]
pub static amp_replies: AtomicU32 = AtomicU32::new(0);
/// What version 2 of the program has more than version 1: a running mean of the period.
#[cfg(amp_version_2)]
#[unsafe(no_mangle)]
pub static amp_loop_mean_cycles: AtomicU32 = AtomicU32::new(0);
static LOOP_DUE: AtomicU32 = AtomicU32::new(0);
static LOOP_BEGAN: AtomicU32 = AtomicU32::new(0);

#[cfg(amp_program)]
fn loop_period() -> u32 {
    amp_loop_period_cycles.load(Ordering::Relaxed)
}

#[cfg(not(amp_program))]
fn loop_period() -> u32 {
    LOOP_PERIOD_CYCLES
}

/// A load and a store: enough where one core writes, and free of the retries of a real read-modify-write.
fn increment(counter: &AtomicU32) -> u32 {
    let value = counter.load(Ordering::Relaxed).wrapping_add(1);
    counter.store(value, Ordering::Release);
    value
}

/// The time-critical work, once every period: toggle the pin, measure the period.
#[unsafe(no_mangle)]
#[cfg_attr(amp_loop_in_flash, unsafe(link_section = ".flash.text"))]
#[inline(never)]
pub extern "C" fn amp_control_loop() {
    let now = ccount();
    let count = increment(&amp_heartbeat);
    write(if count % 2 == 1 { GPIO_OUT_W1TS } else { GPIO_OUT_W1TC }, 1 << LOOP_PIN);
    let period = now.wrapping_sub(LOOP_BEGAN.load(Ordering::Relaxed));
    LOOP_BEGAN.store(now, Ordering::Relaxed);
    if count > 1 {
        amp_loop_last_cycles.store(period, Ordering::Relaxed);
        if period < amp_loop_min_cycles.load(Ordering::Relaxed) {
            amp_loop_min_cycles.store(period, Ordering::Relaxed);
        }
        if period > amp_loop_max_cycles.load(Ordering::Relaxed) {
            amp_loop_max_cycles.store(period, Ordering::Relaxed);
        }
        average(period);
    }
}

#[cfg(amp_version_2)]
fn average(period: u32) {
    let mean = amp_loop_mean_cycles.load(Ordering::Relaxed);
    let next = if mean == 0 { period } else { (15 * mean + period) / 16 };
    amp_loop_mean_cycles.store(next, Ordering::Relaxed);
}

#[cfg(not(amp_version_2))]
fn average(_: u32) {}

/// The fault of the image amp_late: 3 us lost before every fourth period. Nothing in the good image.
fn planted_delay() {
    #[cfg(amp_late)]
    if amp_heartbeat.load(Ordering::Relaxed) % 4 == 3 {
        let start = ccount();
        while ccount().wrapping_sub(start) < 3 * 240 {}
    }
}

/// Level 3: the timer's interrupt, which nothing else on this core can delay by more than a window handler.
#[unsafe(no_mangle)]
pub extern "C" fn amp_core1_timer() {
    let period = loop_period();
    let mut next = LOOP_DUE.load(Ordering::Relaxed).wrapping_add(period);
    if next.wrapping_sub(ccount()) > period {
        increment(&amp_loop_overruns);
        next = ccount().wrapping_add(period);
    }
    LOOP_DUE.store(next, Ordering::Relaxed);
    // SAFETY: sets this core's own timer.
    unsafe { amp_set_timer1(next) };
    planted_delay();
    #[cfg(amp_faults)]
    fault::before_the_loop();
    amp_control_loop();
    #[cfg(amp_faults)]
    fault::amp_publish_position(amp_heartbeat.load(Ordering::Relaxed));
}

/// Level 1: core 0 rang. Acknowledge first, so that a message sent from now on rings again.
#[unsafe(no_mangle)]
pub extern "C" fn amp_core1_interrupt() {
    write(SYSTEM_CPU_INTR_FROM_CPU_1, 0);
    increment(&amp_doorbells_to_core1);
    while let Some(received) = amp_mailbox_to_core1.take() {
        #[cfg(amp_faults)]
        fault::at_a_message();
        match received {
            Received::Message { kind: mailbox::PING, value } => reply(mailbox::PONG, value),
            Received::Message { kind: mailbox::CRASH, .. } => panic!(),
            _ => {
                increment(&amp_torn_messages);
            }
        }
    }
}

fn reply(kind: u32, value: u32) {
    // A full mailbox means that core 0 stopped listening: the loop must go on, the message is lost.
    if amp_mailbox_to_core0.send(kind, value) {
        increment(&amp_replies);
        write(SYSTEM_CPU_INTR_FROM_CPU_0, 1);
    }
}

/// The end of the trampoline in start.S; runs again whenever core 0 releases the core again. A program of its own leaves
/// it in flash: it runs before the loop does.
#[unsafe(no_mangle)]
#[cfg_attr(amp_program, unsafe(link_section = ".flash.text"))]
pub extern "C" fn amp_core1_main() -> ! {
    amp_heartbeat.store(0, Ordering::Relaxed);
    amp_loop_last_cycles.store(0, Ordering::Relaxed);
    amp_loop_min_cycles.store(u32::MAX, Ordering::Relaxed);
    amp_loop_max_cycles.store(0, Ordering::Relaxed);

    write(GPIO_FUNC_OUT_SEL_CFG, GPIO_FUNC_OUT_SEL_GPIO);
    write(GPIO_OUT_W1TC, 1 << LOOP_PIN);
    write(GPIO_ENABLE_W1TS, 1 << LOOP_PIN);
    reply(mailbox::HELLO, 0);

    let due = ccount().wrapping_add(loop_period());
    LOOP_DUE.store(due, Ordering::Relaxed);
    // SAFETY: the handlers above are in place, and they share nothing but atomics with this code.
    unsafe {
        amp_set_timer1(due);
        amp_enable_interrupts(1 << LINE_TIMER1 | 1 << LINE_DOORBELL);
    }
    idle()
}

/// Between interrupts. In RAM: a core that waits for code from flash takes no interrupt.
#[inline(never)]
fn idle() -> ! {
    loop {
        // SAFETY: waits for the next interrupt.
        unsafe { amp_wait() };
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let (file, line) = info.location().map_or(("?", 0), |location| (location.file(), location.line()));
    // SAFETY: the text lives in the image.
    unsafe { amp_rust_panic(file.as_ptr(), file.len() as u32, line) }
}
