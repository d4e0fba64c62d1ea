use crate::fs::into_text;
use crate::{call, post, Failure, Json};
use alloc::string::String;

fn nothing() -> Json {
    Json::Object(alloc::vec::Vec::new())
}

/// Writes a line to the step's log.
pub fn log(text: &str) {
    post("log", "write", Json::object([("text", text.into())]));
}

/// Waits, at most a day; `Failure::Cancelled` ends it where the step is cancelled.
pub fn sleep(milliseconds: u32) -> Result<(), Failure> {
    call("sleep", "for", Json::object([("ms", milliseconds.into())])).map(drop)
}

/// Whether the step is being cancelled.
pub fn is_cancelled() -> Result<bool, Failure> {
    Ok(call("signal", "cancelled", nothing())? == Json::Bool(true))
}

/// The agent's clock. A module has no other.
pub mod clock {
    use super::*;

    /// Milliseconds since the epoch.
    pub fn now() -> Result<f64, Failure> {
        call("clock", "now", nothing())?.as_number().ok_or_else(|| "the host's answer is no number".into())
    }
}

/// The agent's generator. A module has no other.
pub mod random {
    use super::*;

    /// Random bytes, at most 65536.
    pub fn bytes(length: u32) -> Result<alloc::vec::Vec<u8>, Failure> {
        let text = into_text(call("random", "bytes", Json::object([("length", length.into())]))?)?;
        crate::base64::decode(&text).ok_or_else(|| "the host's answer is no base64".into())
    }

    /// A random UUID (version 4).
    pub fn uuid() -> Result<String, Failure> {
        into_text(call("random", "uuid", nothing())?)
    }
}

/// Which step this is.
pub mod step {
    use super::*;

    /// `run`, `run_attempt`, `job`, `step`, `attempt`, `workflow`.
    pub fn info() -> Result<Json, Failure> {
        call("step", "info", nothing())
    }
}

/// Placeholders of secrets.
pub mod secrets {
    use super::*;

    /// The agent puts the value in the placeholder's place where a permission lets it go, and nowhere else.
    pub fn get(name: &str) -> Result<String, Failure> {
        into_text(call("secrets", "get", Json::object([("name", name.into())]))?)
    }
}

/// The environment of the job's later steps.
pub mod env {
    use super::*;

    /// Sets variables: an object of texts. `kept_back` names those that each step has a value of its own for.
    pub fn set(variables: Json) -> Result<Json, Failure> {
        call("env", "set", Json::object([("variables", variables)]))
    }

    /// Puts folders before PATH.
    pub fn add_path(folders: &[&str]) -> Result<(), Failure> {
        call("env", "add_path", Json::object([("folders", folders.into())])).map(drop)
    }
}
