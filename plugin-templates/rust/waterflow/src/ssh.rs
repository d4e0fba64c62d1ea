//! Commands and files on other machines. Paths there are from the root, or from the login's home folder.

use crate::arguments::{arguments, both, words, Stream};
use crate::exec::Ended;
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

words! {
    /// By what files are known that are there already.
    Compare { Time = "time", Checksum = "checksum", }
    /// What becomes of a link in a folder; `Refuse` by default.
    Links { Refuse = "refuse", Skip = "skip", }
}

arguments! {
    /// Where a call goes, and as whom where the entries leave that open: `Host::new("example.org").user("deploy")`.
    Host(host: &str) {
        /// Default 22.
        port: u32,
        /// The login's name.
        user: &str,
        /// A secret's placeholder to log in with, where the entries let it be used; so are the two that follow.
        key: &str,
        /// Of the key.
        passphrase: &str,
        /// In a key's place.
        password: &str,
        /// Of the whole call; default 60 s, half an hour to move files, none for `exec`.
        timeout_ms: u64,
    }
    /// A program on another machine. Each argument reaches it as it is: the agent quotes it for a POSIX shell.
    Command(command: &str, args: &[&str]) {
        /// What it reads.
        stdin: Stream,
        /// Default `Stream::Log`.
        stdout: Stream,
        /// Default `Stream::Log`.
        stderr: Stream,
        /// Of each captured stream, default 1 MiB.
        max_bytes: u64,
    }
    /// How files are moved, one way or the other.
    Move(from: &str, to: &str) {
        /// Patterns of paths in the folder `from`.
        include: &[&str],
        /// What lies below an excluded folder is excluded.
        exclude: &[&str],
        /// Goes on with what an earlier call left.
        resume: bool,
        /// Leaves files alone that are there already.
        compare: Compare,
        /// Default `Links::Refuse`.
        links: Links,
        /// Of all files together; default 1 GiB.
        max_bytes: u64,
        /// Of an upload: permission bits of every file, instead of its own.
        mode: u32,
        /// Of an upload: reads each file back before it gets its name; must be granted to read there.
        verify: bool,
        /// Of a download: what the file must have.
        sha256: &str,
    }
}

/// Runs a program on another machine. The exit code is an answer, not a failure.
pub fn exec(host: Host, command: Command) -> Result<Ended, Failure> {
    Ended::of(call("ssh", "exec", both(host, command))?)
}

/// What was moved; `sha256` is the file's, or of a folder that of the lines which `sha256sum` prints for its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub files: f64,
    pub bytes: f64,
    /// Files that were there already, where the call compares.
    pub unchanged: Option<f64>,
    pub sha256: String,
}

fn transfer(operation: &str, host: Host, files: Move) -> Result<Moved, Failure> {
    let answer = call("ssh", operation, both(host, files))?;
    Ok(Moved {
        files: answer.number("files")?,
        bytes: answer.number("bytes")?,
        unchanged: answer.number("unchanged").ok(),
        sha256: answer.text("sha256")?.into(),
    })
}

/// Moves a file or a folder of the workspace to another machine.
pub fn upload(host: Host, files: Move) -> Result<Moved, Failure> {
    transfer("upload", host, files)
}

/// Moves a file or a folder of another machine into the workspace.
pub fn download(host: Host, files: Move) -> Result<Moved, Failure> {
    transfer("download", host, files)
}

/// What lies at a path of another machine; a link is never followed. `name` is empty where the path was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub kind: String,
    pub bytes: f64,
    /// Permission bits.
    pub mode: u32,
    pub modified_ms: f64,
}

impl Entry {
    fn of(entry: &Json) -> Result<Entry, Failure> {
        Ok(Entry {
            name: entry.text("name").unwrap_or_default().into(),
            kind: entry.text("type")?.into(),
            bytes: entry.number("bytes")?,
            mode: entry.number("mode")? as u32,
            modified_ms: entry.number("modified_ms")?,
        })
    }
}

fn on_path(operation: &str, host: Host, path: &str) -> Result<Json, Failure> {
    call("ssh", operation, both(host, Json::object([("path", path.into())])))
}

/// What is in a folder of another machine.
pub fn list(host: Host, path: &str) -> Result<Vec<Entry>, Failure> {
    on_path("list", host, path)?.as_list().unwrap_or_default().iter().map(Entry::of).collect()
}

/// What a path of another machine is; None where nothing is there.
pub fn stat(host: Host, path: &str) -> Result<Option<Entry>, Failure> {
    let answer = on_path("stat", host, path)?;
    if answer.is_null() {
        Ok(None)
    } else {
        Entry::of(&answer).map(Some)
    }
}

/// Makes a folder on another machine.
pub fn mkdir(host: Host, path: &str) -> Result<(), Failure> {
    on_path("mkdir", host, path).map(drop)
}

/// Removes a file of another machine, or a folder with all that is in it.
pub fn remove(host: Host, path: &str) -> Result<(), Failure> {
    on_path("remove", host, path).map(drop)
}

/// Renames what lies on another machine.
pub fn rename(host: Host, from: &str, to: &str) -> Result<(), Failure> {
    call("ssh", "rename", both(host, Json::object([("from", from.into()), ("to", to.into())]))).map(drop)
}
