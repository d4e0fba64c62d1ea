//! A host for tests on the author's machine, where there is none.

use crate::{Failure, Json};
use std::cell::RefCell;

/// A host call that a test saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub capability: String,
    pub operation: String,
    pub args: Json,
}

impl Call {
    /// A call, as it is expected.
    pub fn new(capability: &str, operation: &str, args: Json) -> Call {
        Call { capability: capability.into(), operation: operation.into(), args }
    }
}

type Host = Box<dyn Fn(&Call) -> Result<Json, Failure>>;

struct World {
    host: Host,
    calls: Vec<Call>,
    answers: Vec<Json>,
}

std::thread_local!(static WORLD: RefCell<Option<World>> = const { RefCell::new(None) });

/// Runs `body` with a host that answers its calls; gives what it gave, and the calls.
pub fn with_host<Output>(
    host: impl Fn(&Call) -> Result<Json, Failure> + 'static,
    body: impl FnOnce() -> Output,
) -> (Output, Vec<Call>) {
    WORLD.set(Some(World { host: Box::new(host), calls: Vec::new(), answers: Vec::new() }));
    let result = body();
    let calls = WORLD.take().map_or_else(Vec::new, |world| world.calls);
    (result, calls)
}

pub(crate) fn exchange(frame: &str) -> String {
    let frame = Json::parse(frame).expect("the library writes JSON");
    WORLD.with_borrow_mut(|world| {
        let world = world.as_mut().expect("a host call without a host: wrap the test in with_host");
        answer(world, &frame).to_string()
    })
}

fn answer(world: &mut World, frame: &Json) -> Json {
    let verb = frame.text("do").expect("each frame has a verb");
    if verb == "wait" {
        // The last first: a test sees whether the plugin relies on an order that nobody promises.
        let nothing =
            || failure(Json::object::<&str>([]), &Failure::failed("INVALID_ARGUMENTS", "no submitted call is open"));
        return world.answers.pop().unwrap_or_else(nothing);
    }
    let call = Call::new(
        frame.text("capability").expect("each call has one"),
        frame.text("operation").expect("each call has one"),
        frame.get("args").cloned().unwrap_or(Json::Null),
    );
    let answered = (world.host)(&call);
    world.calls.push(call);
    let id = Json::object([("id", Json::Number(world.calls.len() as f64))]);
    let reply = match &answered {
        Ok(value) => id.clone().with("ok", value.clone()),
        Err(reason) => failure(id.clone(), reason),
    };
    if verb == "call" {
        return reply;
    }
    if verb == "submit" {
        world.answers.push(reply);
    }
    id
}

fn failure(reply: Json, failure: &Failure) -> Json {
    let text = |text: &str| Json::Text(text.into());
    match failure {
        Failure::Denied { code, message, rule, remedy, .. } => {
            let denied =
                [("code", text(code)), ("message", text(message)), ("rule", text(rule)), ("remedy", text(remedy))];
            reply.with("denied", Json::object(denied))
        }
        Failure::Failed { code, message, .. } => {
            reply.with("error", Json::object([("code", text(code)), ("message", text(message))]))
        }
        Failure::Cancelled => reply.with("cancelled", true),
        Failure::Plugin(message) | Failure::Step { message, .. } => {
            reply.with("error", Json::object([("code", text("FAILED")), ("message", text(message))]))
        }
    }
}

pub(crate) fn input() -> String {
    "{}".into()
}

pub(crate) fn set_output(_: &str) {}

pub(crate) fn set_error(_: &str) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fs, submit};

    #[test]
    fn calls_overlap_and_each_gets_its_own_answer() {
        let (answers, calls) = with_host(
            |call| Ok(call.args.clone()),
            || {
                let pending: Vec<_> = (0..3).map(|number| submit("c", "o", Json::from(number)).unwrap()).collect();
                pending.into_iter().map(|call| call.wait().unwrap()).collect::<Vec<_>>()
            },
        );
        assert_eq!(answers, [Json::from(0), Json::from(1), Json::from(2)]);
        assert_eq!(calls.len(), 3);
    }

    #[test]
    fn each_way_to_fail_is_a_value() {
        for reason in [Failure::denied("m", "r", "x"), Failure::failed("NOT_FOUND", "m"), Failure::Cancelled] {
            let expected = reason.code().to_string();
            let (read, _) = with_host(move |_| Err(reason.clone()), || fs::read("a"));
            assert_eq!(read.unwrap_err().code(), expected);
        }
    }

    #[test]
    fn bytes_travel_as_base64() {
        let (read, calls) =
            with_host(|_| Ok("AP8=".into()), || fs::write_bytes("a", &[0, 255]).and_then(|()| fs::read_bytes("a")));
        assert_eq!(read, Ok(vec![0, 255]));
        assert_eq!(calls[0].args.text("content"), Ok("AP8="));
    }

    #[test]
    fn the_end_names_the_call_that_failed_and_what_to_do() {
        let (read, _) = with_host(|_| Err(Failure::denied("no", "r", "ask")), || fs::read("a"));
        let frame = r#"{"v":1,"fail":"threw","details":{"message":"no","call":1,"remedy":"ask"}}"#;
        assert_eq!(read.unwrap_err().frame().to_string(), frame);
        let own = Failure::Step {
            message: "exit code 7".into(),
            outputs: Json::object([("code", 7.into())]),
            remedy: "".into(),
        };
        assert_eq!(own.frame().get("details").unwrap().get("outputs"), Some(&Json::object([("code", 7.into())])));
    }
}
