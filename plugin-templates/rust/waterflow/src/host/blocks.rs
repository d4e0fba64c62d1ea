//! Extism's memory: blocks of bytes that lie outside the module's own, reached by function calls, eight bytes at a time.

use alloc::string::String;
use alloc::vec::Vec;

mod kernel {
    #[link(wasm_import_module = "extism:host/env")]
    extern "C" {
        pub fn input_length() -> u64;
        pub fn input_load_u8(offset: u64) -> u8;
        pub fn input_load_u64(offset: u64) -> u64;
        pub fn alloc(length: u64) -> u64;
        pub fn free(block: u64);
        pub fn length(block: u64) -> u64;
        pub fn load_u8(address: u64) -> u8;
        pub fn load_u64(address: u64) -> u64;
        pub fn store_u8(address: u64, value: u8);
        pub fn store_u64(address: u64, value: u64);
        pub fn output_set(block: u64, length: u64);
        pub fn error_set(block: u64);
    }
    #[link(wasm_import_module = "extism:host/user")]
    extern "C" {
        pub fn host_call(frame: u64) -> u64;
    }
}

// SAFETY, of all that follows: the functions take and give numbers, and the host checks each address against its own blocks.

pub(crate) fn input() -> String {
    let length = unsafe { kernel::input_length() };
    text(length, |at| unsafe { kernel::input_load_u64(at) }, |at| unsafe { kernel::input_load_u8(at) })
}

pub(crate) fn set_output(text: &str) {
    unsafe { kernel::output_set(block_of(text), text.len() as u64) }
}

pub(crate) fn set_error(message: &str) {
    unsafe { kernel::error_set(block_of(message)) }
}

pub(crate) fn exchange(frame: &str) -> String {
    let request = block_of(frame);
    let answer = unsafe { kernel::host_call(request) };
    unsafe { kernel::free(request) };
    let length = unsafe { kernel::length(answer) };
    let text =
        text(length, |at| unsafe { kernel::load_u64(answer + at) }, |at| unsafe { kernel::load_u8(answer + at) });
    unsafe { kernel::free(answer) };
    text
}

fn block_of(text: &str) -> u64 {
    let block = unsafe { kernel::alloc(text.len() as u64) };
    let mut address = block;
    let (groups, rest) = text.as_bytes().split_at(text.len() / 8 * 8);
    for group in groups.chunks_exact(8) {
        let bytes = group.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        unsafe { kernel::store_u64(address, bytes) };
        address += 8;
    }
    for byte in rest {
        unsafe { kernel::store_u8(address, *byte) };
        address += 1;
    }
    block
}

fn text(length: u64, load_eight: impl Fn(u64) -> u64, load: impl Fn(u64) -> u8) -> String {
    let mut bytes = Vec::with_capacity(length as usize);
    let mut at = 0;
    while at + 8 <= length {
        bytes.extend_from_slice(&load_eight(at).to_le_bytes());
        at += 8;
    }
    while at < length {
        bytes.push(load(at));
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
