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

/// HTTP requests, which the agent makes.
pub mod net {
    use super::*;

    /// The answer to a request. A status that is no success is an answer, not a failure.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Response {
        pub status: u16,
        pub body: String,
        /// All of it, as docs/host-calls.md has it: `headers`, `bytes`, `sha256`...
        pub answer: Json,
    }

    /// `Json::object([("url", url.into()), ("method", "POST".into()), ...])`, with the arguments of net.request.
    pub fn request(request: Json) -> Result<Response, Failure> {
        let answer = call("net", "request", request)?;
        Ok(Response {
            status: answer.number("status")? as u16,
            body: answer.text("body").unwrap_or_default().into(),
            answer,
        })
    }

    /// The answer to GET.
    pub fn get(url: &str) -> Result<Response, Failure> {
        request(Json::object([("url", url.into())]))
    }
}

/// Programs, which the agent runs.
pub mod exec {
    use super::*;

    /// How a program ended. The exit code is an answer, not a failure.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Ended {
        pub exit_code: i32,
        pub stdout: String,
        pub stderr: String,
        /// All of it, as docs/host-calls.md has it.
        pub answer: Json,
    }

    /// Runs a program to its end, with the arguments of exec.run.
    pub fn run(command: Json) -> Result<Ended, Failure> {
        let answer = call("exec", "run", command)?;
        Ok(Ended {
            exit_code: answer.number("exit_code")? as i32,
            stdout: answer.text("stdout").unwrap_or_default().into(),
            stderr: answer.text("stderr").unwrap_or_default().into(),
            answer,
        })
    }

    /// Runs a program and captures what it prints.
    pub fn capture(command: &str, args: &[&str]) -> Result<Ended, Failure> {
        let captured = Json::object([("command", command.into()), ("args", args.into())]);
        run(captured.with("stdout", "capture").with("stderr", "capture"))
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
