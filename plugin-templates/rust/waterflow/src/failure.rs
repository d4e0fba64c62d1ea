use crate::Json;
use alloc::string::String;
use core::fmt;

/// Why a host call gave no value, or why the plugin ends without outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The call isn't granted. `rule` names the entry that decided, `remedy` says what would help.
    Denied { call: u32, code: String, message: String, rule: String, remedy: String },
    /// The call was granted and went wrong; `code` says how, as `NOT_FOUND` or `TIMEOUT`.
    Failed { call: u32, code: String, message: String },
    /// The step is being cancelled: clean up, and return.
    Cancelled,
    /// The plugin's own.
    Plugin(String),
    /// The plugin's own, with outputs for steps that run after a failure, and what to do about it.
    Step { message: String, outputs: Json, remedy: String },
}

impl Failure {
    /// A denial, as tests make one.
    pub fn denied(message: &str, rule: &str, remedy: &str) -> Failure {
        Failure::Denied {
            call: 0,
            code: "DENIED".into(),
            message: message.into(),
            rule: rule.into(),
            remedy: remedy.into(),
        }
    }

    /// A call that went wrong, as tests make one.
    pub fn failed(code: &str, message: &str) -> Failure {
        Failure::Failed { call: 0, code: code.into(), message: message.into() }
    }

    /// `DENIED`, `NOT_FOUND`, `CANCELLED`...; empty for the plugin's own.
    pub fn code(&self) -> &str {
        match self {
            Failure::Denied { code, .. } | Failure::Failed { code, .. } => code,
            Failure::Cancelled => "CANCELLED",
            Failure::Plugin(_) | Failure::Step { .. } => "",
        }
    }

    /// What the host is told of the end of the run: the frame of docs/host-calls.md. By the call the step counts as denied where
    /// that was.
    pub(crate) fn frame(&self) -> Json {
        let details = Json::object([("message", alloc::string::ToString::to_string(self).into())]);
        let details = match self {
            Failure::Denied { call, remedy, .. } => with_call(details, *call).with("remedy", remedy.as_str()),
            Failure::Failed { call, .. } => with_call(details, *call),
            Failure::Step { outputs, remedy, .. } => {
                details.with("outputs", outputs.clone()).with("remedy", remedy.as_str())
            }
            Failure::Cancelled | Failure::Plugin(_) => details,
        };
        Json::object([("v", 1.into()), ("fail", "threw".into()), ("details", details)])
    }
}

/// Calls are numbered from 1 on; tests make failures of none.
fn with_call(details: Json, call: u32) -> Json {
    details.with_some("call", (call > 0).then_some(call))
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Denied { message, .. }
            | Failure::Failed { message, .. }
            | Failure::Step { message, .. }
            | Failure::Plugin(message) => to.write_str(message),
            Failure::Cancelled => to.write_str("the step is being cancelled"),
        }
    }
}

impl core::error::Error for Failure {}

impl From<&str> for Failure {
    fn from(message: &str) -> Failure {
        Failure::Plugin(message.into())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::Plugin(message)
    }
}
