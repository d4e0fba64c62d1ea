//! HTTP requests, which the agent makes.

use crate::arguments::{arguments, Argument, Pairs};
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

arguments! {
    /// One HTTP request: `Request::new(url).method("POST").body(Body::Text("..."))`.
    Request(url: &str) {
        /// Default `GET`.
        method: &str,
        /// Values may hold placeholders of granted secrets.
        headers: Pairs,
        /// What is sent.
        body: Body,
        /// Default `Target::Text`.
        response: Target,
        /// How many are followed at most; default 5.
        redirects: u32,
        /// Of the whole call.
        timeout_ms: u64,
        /// Of the answer's body.
        max_bytes: u64,
        /// What a body that comes with success must have, in lower-case hex.
        sha256: &str,
        /// `host:port` of a proxy that the grant names.
        proxy: &str,
    }
}

impl Request {
    /// Authenticates by a name and a password, which may be placeholders of granted secrets.
    pub fn basic(self, user: &str, password: &str) -> Request {
        self.auth("basic", [("user", user.into()), ("password", password.into())])
    }

    /// Authenticates by a certificate and its key, placeholders of granted secrets.
    pub fn client_cert(self, certificate: &str, key: &str) -> Request {
        self.auth("client_cert", [("certificate", certificate.into()), ("key", key.into())])
    }

    fn auth(self, kind: &str, parts: [(&str, Json); 2]) -> Request {
        let auth = self.0.get("auth").cloned().unwrap_or(Json::Null);
        Request(self.0.with("auth", crate::arguments::both(auth, Json::object([(kind, Json::object(parts))]))))
    }
}

/// What a request sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Body<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    /// A file of the workspace, whose bytes never pass through the plugin.
    File(&'a str),
    /// Several, one after the other.
    Parts(&'a [Body<'a>]),
}

impl Argument for Body<'_> {
    fn json(self) -> Json {
        match self {
            Body::Text(text) => text.into(),
            Body::Bytes(bytes) => Json::object([("base64", crate::base64::encode(bytes).into())]),
            Body::File(path) => Json::object([("file", path.into())]),
            Body::Parts(parts) => {
                let parts: Vec<Json> = parts.iter().map(|part| part.json()).collect();
                Json::object([("parts", parts.into())])
            }
        }
    }
}

/// Where the body of an answer goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target<'a> {
    Text,
    Base64,
    /// A file of the workspace.
    File(&'a str),
}

impl Argument for Target<'_> {
    fn json(self) -> Json {
        match self {
            Target::Text => "text".into(),
            Target::Base64 => "base64".into(),
            Target::File(path) => Json::object([("file", path.into())]),
        }
    }
}

/// The answer to a request. A status that is no success is an answer, not a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    pub body: String,
    /// All of it, as docs/host-calls.md has it: `headers`, `bytes`, `sha256`...
    pub answer: Json,
}

/// Makes one request.
pub fn request(request: impl Into<Json>) -> Result<Response, Failure> {
    let answer = call("net", "request", request.into())?;
    Ok(Response {
        status: answer.number("status")? as u16,
        body: answer.text("body").unwrap_or_default().into(),
        answer,
    })
}

/// The answer to GET.
pub fn get(url: &str) -> Result<Response, Failure> {
    request(Request::new(url))
}
