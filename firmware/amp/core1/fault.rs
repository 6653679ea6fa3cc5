//! Core 1's part of the mistakes that amp_faults makes, one at a time. core0/fault.c chooses and names them.

use core::sync::atomic::{AtomicU32, Ordering};

/// The same numbers as enum amp_fault in amp.h.
pub const STACK_OVERRUN: u32 = 3;
pub const TORN_MESSAGE: u32 = 4;
pub const LOST_MESSAGE: u32 = 5;
pub const LOOP_WAITS: u32 = 6;

unsafe extern "C" {
    safe static amp_fault: AtomicU32;
    safe static amp_busy: AtomicU32;
}

pub fn has(fault: u32) -> bool {
    amp_fault.load(Ordering::Relaxed) == fault
}

/// A message of two words, high is !low, that core 0 takes every millisecond.
#[repr(C)]
pub struct Position {
    low: AtomicU32,
    high: AtomicU32,
    sequence: AtomicU32,
}

#[unsafe(no_mangle)]
#[unsafe(link_section = ".shared")]
pub static amp_position: Position =
    Position { low: AtomicU32::new(0), high: AtomicU32::new(u32::MAX), sequence: AtomicU32::new(0) };

/// Fault torn-message: nothing says that the two words belong together.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn amp_publish_position(low: u32) {
    let sequence = amp_position.sequence.load(Ordering::Relaxed);
    if !has(TORN_MESSAGE) {
        amp_position.sequence.store(sequence.wrapping_add(1), Ordering::SeqCst);
    }
    amp_position.low.store(low, Ordering::SeqCst);
    amp_position.high.store(!low, Ordering::SeqCst);
    if !has(TORN_MESSAGE) {
        amp_position.sequence.store(sequence.wrapping_add(2), Ordering::SeqCst);
    }
}

/// Fault loop-waits: the loop wants what core 0 holds for as long as a round of its load takes.
pub fn before_the_loop() {
    while has(LOOP_WAITS) && amp_busy.load(Ordering::Acquire) != 0 {}
}

/// Fault stack-overrun: each message takes 17 KiB of stack.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn amp_deep(levels: u32) -> u32 {
    let frame = [const { AtomicU32::new(0) }; 256];
    frame[levels as usize % 256].store(levels, Ordering::SeqCst);
    let below = if levels == 0 { 0 } else { amp_deep(levels - 1) };
    below + frame[levels as usize % 256].load(Ordering::SeqCst)
}

pub fn at_a_message() {
    if has(STACK_OVERRUN) {
        amp_deep(16);
    }
}
