//! Drafts: what is to be written, with only the members that were set.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Error as _, Serialize, Serializer};

use super::Json;

/// Members to be written, by name.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Draft {
    members: BTreeMap<Cow<'static, str>, Json>,
    mistake: Option<String>,
}

impl Draft {
    pub(crate) fn put(&mut self, name: impl Into<Cow<'static, str>>, value: &(impl Serialize + ?Sized)) {
        let name = name.into();
        match Json::new(value) {
            Ok(json) => {
                self.members.insert(name, json);
            }
            Err(error) => self.mistake = Some(format!("`{name}` has no JSON form: {error}")),
        }
    }
}

impl Draft {
    /// Takes over the members of an object that are not null.
    pub(crate) fn put_members(&mut self, value: &impl Serialize) {
        let members = serde_json::to_string(value)
            .and_then(|text| serde_json::from_str::<BTreeMap<String, Json>>(&text));
        match members {
            Ok(members) => {
                let told = members.into_iter().filter(|(_, json)| !json.is_null());
                self.members.extend(told.map(|(name, json)| (Cow::Owned(name), json)));
            }
            Err(error) => self.mistake = Some(format!("it has no JSON form: {error}")),
        }
    }

    /// The members as the texts of a form.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        let text = |json: &Json| json.decode::<String>().unwrap_or_else(|_| json.as_str().to_owned());
        self.members.iter().map(|(name, json)| (name.clone().into_owned(), text(json))).collect()
    }
}

impl Serialize for Draft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.mistake {
            Some(mistake) => Err(S::Error::custom(mistake)),
            None => serializer.collect_map(&self.members),
        }
    }
}

/// Prints names only: values may be personal.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

/// Declares what creates a record (its required members are arguments of `new`) and what changes one.
///
/// ```text
/// draft! {
///     /// What it is.
///     NewThing(required: Kind, …), ThingUpdate { optional: Kind, … }
/// }
/// ```
macro_rules! draft {
    (
        $(#[$new_about:meta])* $new:ident($($(#[$needed_about:meta])* $needed:ident: $needed_kind:ty),*),
        $(#[$update_about:meta])* $update:ident
        { $($(#[$member_about:meta])* $member:ident: $kind:ty,)* }
    ) => {
        crate::model::draft! {
            $(#[$new_about])* $new($($(#[$needed_about])* $needed: $needed_kind),*)
            { $($(#[$member_about])* $member: $kind,)* }
        }
        crate::model::draft! {
            $(#[$update_about])* $update()
            {
                $($(#[$needed_about])* $needed: $needed_kind,)*
                $($(#[$member_about])* $member: $kind,)*
            }
        }
    };
    (
        $(#[$about:meta])* $name:ident($($(#[$needed_about:meta])* $needed:ident: $needed_kind:ty),*)
        { $($(#[$member_about:meta])* $member:ident: $kind:ty,)* }
    ) => {
        $(#[$about])*
        ///
        /// Only what is set is sent.
        #[derive(Clone, PartialEq)]
        #[must_use]
        pub struct $name(crate::model::Draft);

        impl $name {
            /// Begins with what is required.
            #[allow(clippy::new_without_default, clippy::too_many_arguments)]
            pub fn new($($needed: impl Into<$needed_kind>),*) -> Self {
                #[allow(unused_mut)]
                let mut draft = crate::model::Draft::default();
                $(draft.put(crate::model::record::json_name!($needed), &$needed.into());)*
                Self(draft)
            }

            $(
                #[doc = concat!("Sets `", crate::model::record::json_name!($member), "`.")]
                #[doc = ""]
                $(#[$member_about])*
                pub fn $member(mut self, value: impl Into<$kind>) -> Self {
                    self.0.put(crate::model::record::json_name!($member), &value.into());
                    self
                }
            )*

            /// Sets any member, also one that this crate does not know. `()` is null.
            ///
            /// A value without a JSON form is an error when the draft is sent.
            pub fn set(mut self, name: &str, value: impl serde::Serialize) -> Self {
                self.0.put(name.to_owned(), &value);
                self
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), " {:?}"), self.0)
            }
        }
    };
}

pub(crate) use draft;

#[cfg(test)]
mod tests {
    use crate::Amount;

    draft! {
        /// A cup.
        NewCup(name: String, price: Amount),
        /// Changes of a cup.
        CupUpdate { handles: Vec<i64>, }
    }

    #[test]
    fn only_what_is_set_is_written() {
        let cup = NewCup::new("Cup", 5).handles([1, 2]).set("new", true).set("price_list", ());
        assert_eq!(
            serde_json::to_string(&cup).unwrap(),
            r#"{"handles":[1,2],"name":"Cup","new":true,"price":5,"price_list":null}"#
        );
        let price: Amount = "1.10".parse().unwrap();
        let update = CupUpdate::new().name("mug").handles(vec![]).price(price);
        assert_eq!(serde_json::to_string(&update).unwrap(), r#"{"handles":[],"name":"mug","price":1.10}"#);
        assert_eq!(format!("{update:?}"), r#"CupUpdate {"handles", "name", "price"}"#);
        let broken = CupUpdate::new().set("x", std::collections::HashMap::from([((1, 2), 3)]));
        assert!(serde_json::to_string(&broken).is_err());
    }
}
