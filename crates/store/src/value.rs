//! What goes into `$1` and what comes out of a column: text and 64-bit integers, either of which may be NULL.

use kernel::{
    Duration, EmailAddress, SecretHash, Timestamp,
    id::{Id, Kind},
};

use crate::Error;

/// A value to bind. NULL has a type too, because PostgreSQL wants to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
}

/// Something that a column can keep.
pub trait ToValue {
    /// NULL of this type.
    const NULL: Value;
    fn to_value(&self) -> Value;
}

/// Something that a column can give back.
pub trait FromCell: Sized {
    const IS_TEXT: bool;
    fn from_text(_text: String) -> Result<Self, Error> {
        Err(Error::fault("text in a column of integers"))
    }
    fn from_integer(_integer: i64) -> Result<Self, Error> {
        Err(Error::fault("an integer in a column of text"))
    }
    /// NULL is a value only for an `Option`.
    fn from_null() -> Result<Self, Error> {
        Err(Error::fault("NULL where a value must be"))
    }
}

macro_rules! text {
    ($($type:ty),*) => {$(
        impl ToValue for $type {
            const NULL: Value = Value::Text(None);
            fn to_value(&self) -> Value {
                Value::Text(Some(self.to_string()))
            }
        }
    )*};
}
text!(str, String, EmailAddress, SecretHash);

macro_rules! integer {
    ($($type:ty, $to:expr, $from:expr;)*) => {$(
        impl ToValue for $type {
            const NULL: Value = Value::Integer(None);
            fn to_value(&self) -> Value {
                Value::Integer(Some($to(*self)))
            }
        }
        impl FromCell for $type {
            const IS_TEXT: bool = false;
            fn from_integer(integer: i64) -> Result<Self, Error> {
                Ok($from(integer))
            }
        }
    )*};
}
integer! {
    i64, |n| n, |n| n;
    Timestamp, Timestamp::as_micros, Timestamp::from_micros;
    Duration, Duration::as_micros, Duration::micros;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    const NULL: Value = T::NULL;
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const NULL: Value = T::NULL;
    fn to_value(&self) -> Value {
        self.as_ref().map_or(T::NULL, ToValue::to_value)
    }
}

impl<K: Kind> ToValue for Id<K> {
    const NULL: Value = Value::Text(None);
    fn to_value(&self) -> Value {
        Value::Text(Some(self.to_string()))
    }
}

impl FromCell for String {
    const IS_TEXT: bool = true;
    fn from_text(text: String) -> Result<Self, Error> {
        Ok(text)
    }
}

impl FromCell for EmailAddress {
    const IS_TEXT: bool = true;
    fn from_text(text: String) -> Result<Self, Error> {
        text.parse().map_err(Error::fault)
    }
}

impl<K: Kind> FromCell for Id<K> {
    const IS_TEXT: bool = true;
    fn from_text(text: String) -> Result<Self, Error> {
        text.parse().map_err(Error::fault)
    }
}

impl<T: FromCell> FromCell for Option<T> {
    const IS_TEXT: bool = T::IS_TEXT;
    fn from_text(text: String) -> Result<Self, Error> {
        T::from_text(text).map(Some)
    }
    fn from_integer(integer: i64) -> Result<Self, Error> {
        T::from_integer(integer).map(Some)
    }
    fn from_null() -> Result<Self, Error> {
        Ok(None)
    }
}
