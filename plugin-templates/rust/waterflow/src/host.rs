use crate::{Failure, Json};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[cfg(target_arch = "wasm32")]
mod blocks;
#[cfg(all(feature = "std", not(target_arch = "wasm32")))]
pub(crate) use crate::testing::{exchange, input, set_error, set_output};
#[cfg(target_arch = "wasm32")]
pub(crate) use blocks::{exchange, input, set_error, set_output};

/// Makes a host call and waits for its answer.
pub fn call(capability: &str, operation: &str, args: Json) -> Result<Json, Failure> {
    value_of(send("call", capability, operation, args)?)
}

/// Starts a host call and doesn't wait: several that are submitted run at the same time.
pub fn submit(capability: &str, operation: &str, args: Json) -> Result<Pending, Failure> {
    let answer = send("submit", capability, operation, args)?;
    match id_of(&answer) {
        Some(id) => Ok(Pending { id }),
        None => Err(value_of(answer).err().unwrap_or_else(|| "the host gave the call no number".into())),
    }
}

/// Makes a host call whose answer nobody waits for, as of a line of the log.
pub fn post(capability: &str, operation: &str, args: Json) {
    let _ = send("post", capability, operation, args);
}

/// A call that was submitted and not answered yet.
#[must_use = "the answer is lost unless somebody waits for it"]
#[derive(Debug)]
pub struct Pending {
    id: f64,
}

impl Pending {
    /// Blocks until the call is answered. Answers to others that come first are kept for them.
    pub fn wait(self) -> Result<Json, Failure> {
        loop {
            if let Some(answer) = early(|answers| {
                let index = answers.iter().position(|answer| id_of(answer) == Some(self.id))?;
                Some(answers.swap_remove(index))
            }) {
                return value_of(answer);
            }
            let answer = frame(Json::object([("v", 1.into()), ("do", "wait".into())]))?;
            if id_of(&answer).is_none() {
                return value_of(answer);
            }
            early(|answers| answers.push(answer));
        }
    }
}

fn send(verb: &str, capability: &str, operation: &str, args: Json) -> Result<Json, Failure> {
    frame(Json::object([
        ("v", 1.into()),
        ("do", verb.into()),
        ("capability", capability.into()),
        ("operation", operation.into()),
        ("args", args),
    ]))
}

fn frame(frame: Json) -> Result<Json, Failure> {
    Json::parse(&exchange(&frame.to_string()))
}

fn id_of(answer: &Json) -> Option<f64> {
    answer.get("id").and_then(Json::as_number)
}

fn value_of(answer: Json) -> Result<Json, Failure> {
    let text = |failure: &Json, key: &str| String::from(failure.text(key).unwrap_or_default());
    let call = id_of(&answer).unwrap_or(0.0) as u32;
    if answer.flag("cancelled") == Ok(true) {
        return Err(Failure::Cancelled);
    }
    if let Some(denied) = answer.get("denied") {
        return Err(Failure::Denied {
            call,
            code: text(denied, "code"),
            message: text(denied, "message"),
            rule: text(denied, "rule"),
            remedy: text(denied, "remedy"),
        });
    }
    if let Some(error) = answer.get("error") {
        return Err(Failure::Failed { call, code: text(error, "code"), message: text(error, "message") });
    }
    match answer {
        Json::Object(members) => Ok(members.into_iter().find(|(key, _)| key == "ok").map_or(Json::Null, |(_, ok)| ok)),
        _ => Ok(Json::Null),
    }
}

/// Answers that came while another was waited for.
#[cfg(target_arch = "wasm32")]
fn early<Output>(body: impl FnOnce(&mut Vec<Json>) -> Output) -> Output {
    struct Answers(core::cell::RefCell<Vec<Json>>);
    // SAFETY: a module has one thread.
    unsafe impl Sync for Answers {}
    static ANSWERS: Answers = Answers(core::cell::RefCell::new(Vec::new()));
    body(&mut ANSWERS.0.borrow_mut())
}

#[cfg(all(feature = "std", not(target_arch = "wasm32")))]
fn early<Output>(body: impl FnOnce(&mut Vec<Json>) -> Output) -> Output {
    std::thread_local!(static ANSWERS: std::cell::RefCell<Vec<Json>> = const { std::cell::RefCell::new(Vec::new()) });
    ANSWERS.with_borrow_mut(body)
}
