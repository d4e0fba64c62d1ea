//! Mail by a server that the grant names.

use crate::arguments::arguments;
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

arguments! {
    /// An address, and what may be shown in its place: `Address::new("ada@example.org").name("Ada")`.
    Address(address: &str) {
        /// What is shown.
        name: &str,
    }
    /// A file of the workspace.
    Attachment(file: &str) {
        /// Default the file's own.
        name: &str,
    }
    /// How to log in, where no entry says it: the password is a secret's placeholder.
    Login(user: &str, password: &str) {
    }
    /// A mail, and the server that it goes by.
    Message(host: &str, from: Address, subject: &str) {
        /// Default 587.
        port: u32,
        /// To whom.
        to: Vec<Address>,
        /// To whom as well.
        cc: Vec<Address>,
        /// To whom without being shown.
        bcc: Vec<Address>,
        /// Where answers go.
        reply_to: Address,
        /// The mail as plain text.
        text: &str,
        /// The mail as HTML.
        html: &str,
        /// Files of the workspace.
        attachments: Vec<Attachment>,
        /// Where no entry says it.
        login: Login,
        /// Of the whole call; default two minutes.
        timeout_ms: u64,
    }
}

impl Attachment {
    /// Of this media type, as `text/csv`.
    pub fn media_type(self, media_type: &str) -> Attachment {
        Attachment(self.0.with("type", media_type))
    }
}

/// What became of a message. `rejected` has each address that the server did not take, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub message_id: String,
    pub accepted: Vec<String>,
    pub rejected: Vec<(String, String)>,
    pub bytes: f64,
}

/// Sends a message.
pub fn send(message: Message) -> Result<Sent, Failure> {
    let answer = call("mail", "send", message.into())?;
    let text = |rejected: &Json, key| String::from(rejected.text(key).unwrap_or_default());
    Ok(Sent {
        message_id: answer.text("message_id")?.into(),
        accepted: answer.list("accepted")?.iter().filter_map(Json::as_text).map(String::from).collect(),
        rejected: answer.list("rejected")?.iter().map(|each| (text(each, "address"), text(each, "reason"))).collect(),
        bytes: answer.number("bytes")?,
    })
}
