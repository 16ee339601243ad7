//! Any text: the reader of a sweep's plan neither panics nor takes more memory than the text justifies, it says what is wrong, and what it
//! accepts is within its limits.
#![no_main]

use doubleback_experiments::sweep::{Lambdas, Plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Plan::parse(text) {
        Ok(plan) => {
            assert!(!plan.datasets.is_empty() && !plan.seeds.is_empty());
            for Lambdas::PerExample(weights) | Lambdas::Paper(weights) in
                plan.defenses.iter().filter_map(|d| d.lambdas.as_ref())
            {
                // A range has at most a thousand weights, a list as many as there are commas.
                assert!(!weights.is_empty() && weights.len() <= 1000.max(text.len()));
                assert!(weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite()));
            }
            let eps = plan.measure.test_eps.iter().chain([&plan.measure.selection_eps]);
            assert!(eps.into_iter().all(|eps| *eps > 0.0 && eps.is_finite()));
            assert!(plan.steps != Some(0) && plan.batch != Some(0));
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
});
