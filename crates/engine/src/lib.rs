//! Baxter's engine.
