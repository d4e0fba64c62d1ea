//! Containers and images of this machine's Docker daemon. What a run starts here ends with it.

use crate::arguments::{arguments, both, words, Argument, Pairs, Stream};
use crate::exec::Ended;
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

words! {
    /// What a container reaches: nothing (default), the other containers of the run, or the outside.
    Network { None = "none", Run = "run", Bridge = "bridge", }
    /// Whether files may be changed.
    Access { Read = "read", Write = "write", }
    /// When an image is fetched; `Missing` by default.
    Pull { Missing = "missing", Always = "always", Never = "never", }
    /// The operation that grants a container or a volume; `Run` by default.
    Under { Run = "run", Compose = "compose", }
}

arguments! {
    /// What a container is made from: `Container::new("alpine:3.22").command(&["true"])`.
    Container(image: &str) {
        /// A program with its arguments, in the place of the image's.
        command: &[&str],
        /// In the place of the image's.
        entrypoint: &[&str],
        /// Values may hold placeholders of granted secrets.
        env: Pairs,
        /// The folder that the program begins in.
        workdir: &str,
        /// Default the owner of the workspace.
        user: &str,
        /// Default `Network::None`.
        network: Network,
        /// Folders and volumes.
        mounts: Vec<Mount>,
        /// Paths, each of which gets an empty folder in memory.
        tmpfs: &[&str],
        /// Whether the image's own files may be changed, in this container; default `Access::Write`.
        root: Access,
        /// What it may use.
        limits: Limits,
        /// Default `Pull::Missing`.
        pull: Pull,
        /// Default `Under::Run`.
        under: Under,
        /// How long it may take.
        timeout_ms: u64,
        /// Left out: as the image has it.
        healthcheck: HealthCheck,
        /// What a container that is started is called by others of the run.
        name: &str,
        /// Of a container that is started.
        ports: Vec<Port>,
        /// Of a container that is run, as the following are.
        stdin: Stream,
        /// Default `Stream::Log`.
        stdout: Stream,
        /// Default `Stream::Log`.
        stderr: Stream,
        /// Of each captured stream.
        max_bytes: u64,
    }
    /// What a container may use.
    Limits() {
        /// Memory.
        memory_bytes: u64,
        /// Processors, and parts of them.
        cpus: f64,
        /// Processes and threads.
        processes: u32,
    }
    /// Says whether a container is well.
    HealthCheck() {
        /// In Docker's words: `CMD` and a program, `CMD-SHELL` and a line, or `NONE`.
        test: &[&str],
        /// Between two checks.
        interval_ms: u64,
        /// Of one check.
        timeout_ms: u64,
        /// Until a check that fails counts.
        start_period_ms: u64,
        /// Checks that fail one after the other.
        retries: u32,
    }
    /// A port of a container, on 127.0.0.1 of the agent's machine.
    Port(container: u32, host: u32) {
    }
    /// A program in a container that is there.
    Program(container: &str, command: &[&str]) {
        /// Values may hold placeholders of granted secrets.
        env: Pairs,
        /// The folder that the program begins in.
        workdir: &str,
        /// Default the container's.
        user: &str,
        /// How long it may take.
        timeout_ms: u64,
        /// What it reads.
        stdin: Stream,
        /// Default `Stream::Log`.
        stdout: Stream,
        /// Default `Stream::Log`.
        stderr: Stream,
        /// Of each captured stream.
        max_bytes: u64,
    }
    /// What is read of a container's output, which is captured unless said otherwise.
    Logs(container: &str) {
        /// Lines, counted from the last.
        tail: u32,
        /// Default `Stream::Capture`.
        stdout: Stream,
        /// Default `Stream::Capture`.
        stderr: Stream,
        /// Of each captured stream.
        max_bytes: u64,
    }
    /// An image that is to be made from a folder of the workspace, by the classic builder.
    Build(tag: &str) {
        /// Default the workspace.
        context: &str,
        /// Within the context; default `Dockerfile`.
        dockerfile: &str,
        /// Values of the Dockerfile's `ARG`.
        args: Pairs,
        /// The stage to build.
        target: &str,
        /// Default `Network::None`.
        network: Network,
        /// What it may use: memory and processors.
        limits: Limits,
        /// How long it may take.
        timeout_ms: u64,
    }
}

/// What a container sees at one of its paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount(Json);

impl Mount {
    /// A folder of the workspace.
    pub fn path(path: &str, target: &str, access: Access) -> Mount {
        Mount::of("path", path, target, access)
    }

    /// A volume that lives as long as the run.
    pub fn volume(volume: &str, target: &str, access: Access) -> Mount {
        Mount::of("volume", volume, target, access)
    }

    fn of(key: &str, source: &str, target: &str, access: Access) -> Mount {
        Mount(Json::object([(key, source.into()), ("target", target.into()), ("access", access.json())]))
    }
}

impl Argument for Vec<Mount> {
    fn json(self) -> Json {
        self.into()
    }
}

impl From<Mount> for Json {
    fn from(mount: Mount) -> Json {
        mount.0
    }
}

/// An image, by its id (`sha256:…`) and by what registries know it as (`name@sha256:…`).
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub id: String,
    pub digests: Vec<String>,
}

impl Image {
    fn of(answer: &Json) -> Result<Image, Failure> {
        let digests = answer.list("digests").unwrap_or_default();
        let digests = digests.iter().filter_map(Json::as_text).map(String::from).collect();
        Ok(Image { id: answer.text("image")?.into(), digests })
    }
}

/// How a container's program ended, and what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub ended: Ended,
    pub image: Image,
    pub out_of_memory: bool,
}

/// A program in a container of its own, which is gone when this answers.
pub fn run(container: Container) -> Result<Ran, Failure> {
    let answer = call("docker", "run", container.into())?;
    let (image, out_of_memory) = (Image::of(&answer)?, answer.flag("out_of_memory")?);
    Ok(Ran { ended: Ended::of(answer)?, image, out_of_memory })
}

/// A container that goes on: its id is `container`.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    pub container: String,
    pub image: Image,
}

/// A container that goes on until it is removed, its time is up, or the run ends.
pub fn start(container: Container) -> Result<Started, Failure> {
    let answer = call("docker", "start", container.into())?;
    Ok(Started { container: answer.text("container")?.into(), image: Image::of(&answer)? })
}

/// A program in a container that this plugin started. Cancelled or out of time, it takes the container with it.
pub fn exec(program: Program) -> Result<Ended, Failure> {
    Ended::of(call("docker", "exec", program.into())?)
}

/// What a container has written so far: its output and its errors.
pub fn logs(logs: Logs) -> Result<(String, String), Failure> {
    let answer = call("docker", "logs", logs.into())?;
    let text = |key| String::from(answer.text(key).unwrap_or_default());
    Ok((text("stdout"), text("stderr")))
}

fn in_time(key: &str, name: &str, timeout_ms: Option<u64>) -> Json {
    Json::object([(key, name.into())]).with_some("timeout_ms", timeout_ms.map(|ms| ms as f64))
}

/// Until a container ends by itself; its exit code.
pub fn wait(container: &str, timeout_ms: Option<u64>) -> Result<i32, Failure> {
    Ok(call("docker", "wait", in_time("container", container, timeout_ms))?.number("exit_code")? as i32)
}

/// How a container is. `status` is Docker's own word, as `running`; so is `health`, where there is a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub status: String,
    pub exit_code: i32,
    pub out_of_memory: bool,
    pub image: String,
    pub health: Option<String>,
}

/// How a container is that this run started.
pub fn status(container: &str, under: Under) -> Result<Status, Failure> {
    let asked = both(Json::object([("container", container.into())]), of_under(under));
    let answer = call("docker", "status", asked)?;
    Ok(Status {
        status: answer.text("status")?.into(),
        exit_code: answer.number("exit_code")? as i32,
        out_of_memory: answer.flag("out_of_memory")?,
        image: answer.text("image")?.into(),
        health: answer.text("health").ok().map(String::from),
    })
}

fn of_under(under: Under) -> Json {
    Json::object([("under", under.json())])
}

/// Ends a container.
pub fn remove(container: &str) -> Result<(), Failure> {
    call("docker", "remove", Json::object([("container", container.into())])).map(drop)
}

/// Fetches an image; its size in bytes comes with it.
pub fn pull(image: &str, timeout_ms: Option<u64>) -> Result<(Image, f64), Failure> {
    let answer = call("docker", "pull", in_time("image", image, timeout_ms))?;
    Ok((Image::of(&answer)?, answer.number("bytes")?))
}

/// Sends an image to its registry; the digest, where that gave one.
pub fn push(image: &str, timeout_ms: Option<u64>) -> Result<Option<String>, Failure> {
    let answer = call("docker", "push", in_time("image", image, timeout_ms))?;
    Ok(answer.text("digest").ok().map(String::from))
}

/// For the pulls and pushes of this invocation. The password may be a placeholder of a granted secret.
pub fn login(registry: &str, username: &str, password: &str) -> Result<(), Failure> {
    let login = [("registry", registry.into()), ("username", username.into()), ("password", password.into())];
    call("docker", "login", Json::object(login)).map(drop)
}

/// Makes an image; its id.
pub fn build(build: Build) -> Result<String, Failure> {
    Ok(call("docker", "build", build.into())?.text("image")?.into())
}

/// Makes a volume, as mounting it does.
pub fn create_volume(name: &str, under: Under) -> Result<(), Failure> {
    call("docker", "create_volume", both(Json::object([("name", name.into())]), of_under(under))).map(drop)
}

/// Removes a volume.
pub fn remove_volume(name: &str, under: Under) -> Result<(), Failure> {
    call("docker", "remove_volume", both(Json::object([("name", name.into())]), of_under(under))).map(drop)
}
