//! Arguments, most of which are left out: a type begins with what its call needs, and has a function for each of the others.

use crate::Json;

/// Makes a type of arguments: `Name(needed: type, ...) { option: type, ... }`, each with its comment.
macro_rules! arguments {
    ($($(#[$about:meta])* $name:ident($($needed:ident: $type:ty),*) {
        $($(#[$what:meta])* $option:ident: $kind:ty,)*
    })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name($crate::Json);

        impl $name {
            /// With what the call needs.
            #[allow(clippy::new_without_default)]
            pub fn new($($needed: $type),*) -> Self {
                let needed = $crate::Json::Object(alloc::vec::Vec::new());
                $(let needed = needed.with(stringify!($needed), $crate::arguments::Argument::json($needed));)*
                Self(needed)
            }
            $(
                $(#[$what])*
                pub fn $option(self, $option: $kind) -> Self {
                    Self(self.0.with(stringify!($option), $crate::arguments::Argument::json($option)))
                }
            )*
        }

        impl From<$name> for $crate::Json {
            fn from(arguments: $name) -> $crate::Json {
                arguments.0
            }
        }

        impl $crate::arguments::Argument for $name {
            fn json(self) -> $crate::Json {
                self.0
            }
        }

        impl $crate::arguments::Argument for alloc::vec::Vec<$name> {
            fn json(self) -> $crate::Json {
                self.into()
            }
        }
    )*};
}
pub(crate) use arguments;

/// Makes an enum whose values are words of the host's.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($value:ident = $word:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum $name { $($value,)* }

        impl $crate::arguments::Argument for $name {
            fn json(self) -> $crate::Json {
                match self { $($name::$value => $word.into(),)* }
            }
        }
    )*};
}
pub(crate) use words;

/// Texts by their names, as of an environment: `&[("LANG", "C")]`.
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Where a program's input comes from, or its output goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stream<'a> {
    /// To the step's log, as it does by default.
    Log,
    /// To the plugin.
    Capture,
    Discard,
    /// A file of the workspace, whose bytes never pass through the plugin.
    File(&'a str),
    /// An input's own text.
    Text(&'a str),
}

/// What can be said in a call.
pub(crate) trait Argument {
    fn json(self) -> Json;
}

impl Argument for Stream<'_> {
    fn json(self) -> Json {
        match self {
            Stream::Log => "log".into(),
            Stream::Capture => "capture".into(),
            Stream::Discard => "discard".into(),
            Stream::File(path) => Json::object([("file", path.into())]),
            Stream::Text(text) => text.into(),
        }
    }
}

impl Argument for Pairs<'_> {
    fn json(self) -> Json {
        Json::object(self.iter().map(|(name, text)| (*name, Json::from(*text))))
    }
}

/// Sizes and milliseconds; JSON has one type of number, exact up to 2^53.
impl Argument for u64 {
    fn json(self) -> Json {
        Json::Number(self as f64)
    }
}

/// What is JSON already, or becomes it without more ado.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Argument for $type {
            fn json(self) -> Json {
                self.into()
            }
        }
    )*};
}
plain!(&str, bool, u32, f64, &[&str]);

/// Members of both objects.
pub(crate) fn both(first: impl Into<Json>, second: impl Into<Json>) -> Json {
    match second.into() {
        Json::Object(members) => members.into_iter().fold(first.into(), |all, (key, value)| all.with(&key, value)),
        _ => first.into(),
    }
}
