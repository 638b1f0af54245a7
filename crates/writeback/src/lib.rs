//! Write-back.
