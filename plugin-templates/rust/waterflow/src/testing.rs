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
    use crate::{docker, exec, fs, mail, net, ssh, store, submit, Stream};

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

    #[test]
    fn what_is_left_out_is_not_sent() {
        let host = || ssh::Host::new("example.org").user("deploy");
        let mounts = vec![docker::Mount::path("out", "/out", docker::Access::Write)];
        let container = docker::Container::new("alpine").command(&["true"]).mounts(mounts).stdout(Stream::Capture);
        let to = vec![mail::Address::new("b@example.org").name("B")];
        let message = mail::Message::new("mx.example.org", mail::Address::new("a@example.org"), "Hi").to(to);
        let (_, calls) = with_host(
            |_| Err(Failure::Cancelled),
            || {
                let limits = docker::Limits::new().cpus(0.5);
                drop(docker::run(container.limits(limits).network(docker::Network::None)));
                drop(ssh::upload(host(), ssh::Move::new("site", "www").mode(0o644)));
                drop(ssh::stat(host(), "www"));
                drop(mail::send(message));
                drop(store::save("k", store::Folder::new("deps").replace(false)));
                drop(exec::capture("git", &["status"]));
                drop(fs::unpack_with("a.tar", "a", fs::Unpack::new().strip(1)));
                drop(store::set_for("k", 1.into(), 1000));
                drop(net::request(net::Request::new("https://a/").body(net::Body::Bytes(&[0])).basic("u", "p")));
            },
        );
        let sent: Vec<String> =
            calls.iter().map(|call| format!("{}.{} {}", call.capability, call.operation, call.args)).collect();
        assert_eq!(
            sent,
            [
                r#"docker.run {"image":"alpine","command":["true"],"mounts":[{"path":"out","target":"/out","access":"write"}],"stdout":"capture","limits":{"cpus":0.5},"network":"none"}"#,
                r#"ssh.upload {"host":"example.org","user":"deploy","from":"site","to":"www","mode":420}"#,
                r#"ssh.stat {"host":"example.org","user":"deploy","path":"www"}"#,
                r#"mail.send {"host":"mx.example.org","from":{"address":"a@example.org"},"subject":"Hi","to":[{"address":"b@example.org","name":"B"}]}"#,
                r#"store.save {"from":"deps","replace":false,"key":"k"}"#,
                r#"exec.run {"command":"git","args":["status"],"stdout":"capture","stderr":"capture"}"#,
                r#"fs.unpack {"from":"a.tar","to":"a","strip":1}"#,
                r#"store.set {"key":"k","value":1,"ttl_ms":1000}"#,
                r#"net.request {"url":"https://a/","body":{"base64":"AA=="},"auth":{"basic":{"user":"u","password":"p"}}}"#,
            ]
        );
    }

    #[test]
    fn answers_are_read() {
        let ran = r#"{"exit_code":7,"out_of_memory":false,"image":"sha256:1","digests":["a@sha256:2"],"stdout":"x"}"#;
        let (ran, _) = with_host(move |_| Json::parse(ran), || docker::run(docker::Container::new("a")));
        let ran = ran.unwrap();
        assert_eq!((ran.ended.exit_code, ran.ended.stdout.as_str(), ran.image.id.as_str()), (7, "x", "sha256:1"));
        let (missing, _) = with_host(|_| Json::parse(r#"{"found":false,"damaged":true}"#), || store::load("k", "deps"));
        assert_eq!(missing, Ok(store::Loaded::Missing { damaged: true }));
        let (nothing, _) = with_host(|_| Ok(Json::Null), || ssh::stat(ssh::Host::new("h"), "p"));
        assert_eq!(nothing, Ok(None));
    }
}
