//! Ops closed under differentiation.
