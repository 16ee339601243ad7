//! Rates, intervals, tests, agreement and power of the answers.
