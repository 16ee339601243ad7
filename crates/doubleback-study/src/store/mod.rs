//! Who takes part and what they answer, in one SQLite file.
