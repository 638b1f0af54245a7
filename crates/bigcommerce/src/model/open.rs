//! Enums that survive new values.

/// Declares an enum of texts with a variant for whatever the store invents next. The text is kept.
macro_rules! open_enum {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        ///
        /// The store may send values that are not listed here: they are `Other`, with their text.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`.")]
                $(#[$variant_about])*
                $variant,
            )+
            /// Any other value.
            Other(Box<str>),
        }

        impl $name {
            /// The text of the API.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::model::Lenient for $name {
            fn read(json: &str) -> Option<(Self, bool)> {
                let (text, exact) = <String as crate::model::Lenient>::read(json)?;
                Some((Self::from(text.as_str()), exact))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;
