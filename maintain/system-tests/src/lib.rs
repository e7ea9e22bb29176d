//! What must hold for the parsers of the steps, whatever text they are given.

pub mod properties;
