//! What the records of all resources have in common, and the macro that declares one.

use serde::de::DeserializeOwned;

use crate::Paging;

/// Where and how the records of a resource are read and written. A resource is a declaration: the calls
/// are the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The list's path.
    pub path: &'static str,
    /// How the list is walked.
    pub paging: Paging,
    /// The page size asked for.
    pub limit: u32,
    /// How one record is addressed.
    pub one: One,
    /// The member that names a record.
    pub key: &'static str,
}

/// How one record is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum One {
    /// By a path of its own, written one at a time.
    Path,
    /// By this filter of the list; written as an array.
    Filter(&'static str),
}

/// A record of a resource of the store.
pub trait Record: DeserializeOwned + Send + 'static {
    /// Where its resource is found.
    const SHAPE: Shape;
}

/// A record that can be created.
pub trait Create: Record {}

/// A record that can be changed.
pub trait Update: Record {}

/// A record that can be deleted by its key.
pub trait Delete: Record {}

/// Declares a record or a part of one: every member is optional, read tolerantly, and left out when
/// written unless it is there.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$member_about:meta])* $member:ident: $kind:ty,)+ }) => {
        $(#[$about])*
        ///
        /// A member that was missing, null or unreadable is `None`; unknown members are ignored.
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = concat!("`", stringify!($member), "` of the API.")]
                #[doc = ""]
                $(#[$member_about])*
                #[serde(
                    deserialize_with = "crate::resources::lenient::member",
                    skip_serializing_if = "Option::is_none"
                )]
                pub $member: Option<$kind>,
            )+
        }

        impl crate::resources::lenient::Lenient for $name {
            fn read(json: &str) -> Option<Self> {
                // An empty object is often sent as an empty array.
                if json.starts_with('{') { serde_json::from_str(json).ok() } else { None }
            }
        }
    };
}

pub(crate) use record;
