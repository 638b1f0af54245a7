//! What listens.
