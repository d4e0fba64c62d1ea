//! Programs, which the agent runs.

use crate::arguments::{arguments, Argument, Pairs, Stream};
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

arguments! {
    /// One program: `Command::new("git", &[Arg::Text("status")]).stdout(Stream::Capture)`.
    Command(command: &str, args: &[Arg<'_>]) {
        /// Within the workspace.
        cwd: &str,
        /// Added to the clean environment; values may hold placeholders of granted secrets.
        env: Pairs,
        /// Adds the step's own environment, where the grant lets it.
        step_env: bool,
        /// What it reads.
        stdin: Stream,
        /// Default `Stream::Log`.
        stdout: Stream,
        /// Default `Stream::Log`.
        stderr: Stream,
        /// Gives it a docker socket, on which each request needs what the same call of `docker` needs.
        docker: bool,
        /// Of each captured stream, default 1 MiB.
        max_bytes: u64,
        /// How long it may take.
        timeout_ms: u64,
        /// How it ends where it is cancelled.
        graces: Graces,
        /// Files of this one program, each by its name.
        files: Vec<(&str, File)>,
    }
    /// A file that is there as long as the program.
    File() {
        /// Its text, in which the values of secrets stand for their placeholders.
        content: &str,
        /// `json`: values of secrets stand as between the quotes of a JSON string.
        escape: &str,
        /// The variable that has its path.
        env: &str,
        /// Whether its text comes back.
        read: bool,
    }
    /// How long a program that is cancelled may take.
    Graces() {
        /// After SIGINT, before SIGTERM comes.
        interrupt_ms: u64,
        /// After that, before SIGKILL comes.
        terminate_ms: u64,
    }
}

/// An argument of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'a> {
    Text(&'a str),
    /// The path of one of the program's own files, by its name.
    File(&'a str),
}

impl Argument for &[Arg<'_>] {
    fn json(self) -> Json {
        let texts = self.iter().map(|arg| match arg {
            Arg::Text(text) => Json::from(*text),
            Arg::File(name) => Json::object([("file", Json::from(*name))]),
        });
        Json::List(texts.collect())
    }
}

impl Argument for Vec<(&str, File)> {
    fn json(self) -> Json {
        Json::object(self.into_iter().map(|(name, file)| (name, file.into())))
    }
}

/// How a program ended. The exit code is an answer, not a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub exit_code: i32,
    pub stdout: String,
    pub stderr: String,
    /// All of it, as docs/host-calls.md has it.
    pub answer: Json,
}

impl Ended {
    pub(crate) fn of(answer: Json) -> Result<Ended, Failure> {
        Ok(Ended {
            exit_code: answer.number("exit_code")? as i32,
            stdout: answer.text("stdout").unwrap_or_default().into(),
            stderr: answer.text("stderr").unwrap_or_default().into(),
            answer,
        })
    }
}

/// Runs a program to its end.
pub fn run(command: impl Into<Json>) -> Result<Ended, Failure> {
    Ended::of(call("exec", "run", command.into())?)
}

/// Runs a program and captures what it prints.
pub fn capture(command: &str, args: &[&str]) -> Result<Ended, Failure> {
    let args: Vec<Arg> = args.iter().map(|text| Arg::Text(text)).collect();
    run(Command::new(command, &args).stdout(Stream::Capture).stderr(Stream::Capture))
}
