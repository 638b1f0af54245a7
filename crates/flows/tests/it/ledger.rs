//! The recipe for a plain-text ledger.
