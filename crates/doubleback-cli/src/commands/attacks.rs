//! From options to an attack.

use doubleback::attack::{self, BoundedAttack, Pgd};

use crate::args::AttackOptions;
use crate::exit::{Failure, Result};

/// The attack that was asked for. Options that it would not look at are refused.
pub fn build(options: &AttackOptions) -> Result<Box<dyn BoundedAttack>> {
    match options.attack {
        "pgd" => Ok(Box::new(pgd(options))),
        name => {
            refuse_pgd_options(options)?;
            Ok(attack::by_name(name)?)
        }
    }
}

fn pgd(options: &AttackOptions) -> Pgd {
    let default = Pgd::default();
    let seed = options.seed.or(default.random_start);
    Pgd {
        steps: options.steps.unwrap_or(default.steps),
        step_size: options.step_size,
        random_start: seed.filter(|_| !options.no_random_start),
        ..default
    }
}

fn refuse_pgd_options(options: &AttackOptions) -> Result<()> {
    let given = [
        ("--steps", options.steps.is_some()),
        ("--step-size", options.step_size.is_some()),
        ("--seed", options.seed.is_some()),
        ("--no-random-start", options.no_random_start),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::Input(format!(
            "`{option}`: the attack `{}` does not have it. Leave it out, or attack with `pgd`",
            options.attack
        ))),
        None => Ok(()),
    }
}
