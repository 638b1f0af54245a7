//! The reference shows flows that load.
