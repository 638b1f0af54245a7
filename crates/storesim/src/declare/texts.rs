//! What a refused value is told by.

use serde::Deserialize;

/// Texts of validation errors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Texts {
    /// The status of a refused value.
    pub status: u16,
    /// Title when required fields are missing.
    pub missing_title: String,
    /// Text per missing field, `{}` is its name.
    pub missing: String,
    /// Title when a value is not usable.
    pub invalid_title: String,
    /// Text of a duplicate, `{}` is the field's name.
    pub duplicate: String,
    /// Status of a duplicate.
    pub duplicate_status: u16,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            status: 422,
            missing_title: "Missing Required Fields".into(),
            missing: "Please provide a {}.".into(),
            invalid_title: "JSON data is missing or invalid".into(),
            duplicate: "The {} is a duplicate".into(),
            duplicate_status: 409,
        }
    }
}
