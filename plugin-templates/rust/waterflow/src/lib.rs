//! What a plugin in Rust needs of its host: inputs and outputs, host calls and their failures.
//!
//! It has no dependency, and lies in the plugin's own folder, so that nothing has to be fetched. Without the feature `std` it
//! needs `alloc` only; the plugin then brings an allocator and a panic handler.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;

mod arguments;
mod base64;
pub mod docker;
pub mod exec;
mod failure;
pub mod fs;
mod host;
mod json;
pub mod mail;
pub mod net;
mod parse;
mod services;
pub mod ssh;
pub mod store;
#[cfg(all(feature = "std", not(target_arch = "wasm32")))]
pub mod testing;

pub use arguments::{Pairs, Stream};
pub use failure::Failure;
pub use host::{call, post, submit, Pending};
pub use json::Json;
pub use services::{clock, env, is_cancelled, log, random, secrets, sleep, step};

/// Makes a function the plugin: `waterflow::plugin!(plugin)`. It takes the inputs and gives the outputs.
#[macro_export]
macro_rules! plugin {
    ($plugin:path) => {
        /// What the agent calls.
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn run() -> i32 {
            $crate::serve($plugin)
        }
    };
}

/// Reads the inputs, calls the plugin, and gives its outputs or its failure to the host. `plugin!` calls it.
pub fn serve(plugin: impl FnOnce(Json) -> Result<Json, Failure>) -> i32 {
    #[cfg(all(feature = "std", target_arch = "wasm32"))]
    std::panic::set_hook(std::boxed::Box::new(|panic| host::set_error(&alloc::string::ToString::to_string(panic))));
    let inputs = match Json::parse(&host::input()) {
        Ok(inputs) => inputs,
        Err(failure) => return fail(&failure),
    };
    match plugin(inputs) {
        Ok(outputs) => {
            host::set_output(&alloc::string::ToString::to_string(&outputs));
            0
        }
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> i32 {
    host::set_error(&alloc::string::ToString::to_string(&failure.frame()));
    1
}
