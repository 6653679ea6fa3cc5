//! The same for Rust: atomics, newtypes, enums, tuples.

#![no_std]
#![allow(non_upper_case_globals)] // names as the C side would write them

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicI16, AtomicU32};

#[repr(u8)]
#[derive(Clone, Copy)]
pub enum Mode {
    Idle,
    Run = 4,
    Stop,
}

#[repr(C)]
pub struct Slot {
    sequence: AtomicU32,
    mode: Mode,
    pair: (u8, u16),
}

pub struct Shared<T>(UnsafeCell<T>);
// SAFETY: nothing ever runs.
unsafe impl<T> Sync for Shared<T> {}

#[unsafe(no_mangle)]
pub static typed_rust_counter: AtomicU32 = AtomicU32::new(0x1234_5678);
#[unsafe(no_mangle)]
pub static typed_rust_flag: AtomicBool = AtomicBool::new(true);
#[unsafe(no_mangle)]
pub static typed_rust_signed: AtomicI16 = AtomicI16::new(-300);
#[unsafe(no_mangle)]
pub static typed_rust_mode: Shared<Mode> = Shared(UnsafeCell::new(Mode::Stop));
#[unsafe(no_mangle)]
pub static typed_rust_slots: [Slot; 3] = [
    Slot { sequence: AtomicU32::new(1), mode: Mode::Idle, pair: (2, 3) },
    Slot { sequence: AtomicU32::new(4), mode: Mode::Run, pair: (5, 6) },
    Slot { sequence: AtomicU32::new(7), mode: Mode::Stop, pair: (8, 9) },
];
#[used]
pub static HIDDEN: AtomicU32 = AtomicU32::new(99);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
