//! One audit from its parts.

use std::collections::BTreeSet;

use super::run::Measured;
use super::{Audit, Shard};
use crate::{Error, Result};

/// Puts the shards of an audit together: the audit that one machine would have made, but for the seconds and joules, which are summed.
///
/// # Errors
/// When there is none, they differ in anything but the shard, one is missing, partial or given twice.
pub fn merge(audits: Vec<Audit>) -> Result<Audit> {
    let Some(first) = audits.first() else {
        return Err(Error::value("shards", "at least one", 0));
    };
    let of = first.setup.shard.of;
    let setup = {
        let mut setup = first.setup.clone();
        setup.shard = Shard::WHOLE;
        setup
    };
    let mut numbers = BTreeSet::new();
    for audit in &audits {
        let shard = audit.setup.shard;
        if shard.of != of {
            return Err(Error::value("shard", format!("one of {of}, as the first"), shard));
        }
        if !numbers.insert(shard.number) {
            return Err(Error::value("shards", "each once", format!("{shard} twice")));
        }
        let mut other = audit.setup.clone();
        other.shard = Shard::WHOLE;
        if other != setup {
            return Err(Error::value("shards", "parts of one audit", differs(audit, first)));
        }
        if let Some(partial) = &audit.partial {
            let expected = format!("a finished shard {shard}: run its command again");
            return Err(Error::value("shards", expected, &partial.detail));
        }
    }
    if let Some(missing) = (1..=of).find(|number| !numbers.contains(number)) {
        let missing = Shard { number: missing, of };
        return Err(Error::value(
            "shards",
            format!("all {of}"),
            format!("{missing} is missing"),
        ));
    }
    let seconds = (0..first.attacks.len())
        .map(|place| {
            audits
                .iter()
                .filter_map(|audit| audit.attacks.get(place))
                .map(|(_, of)| of.seconds)
                .sum()
        })
        .collect();
    let joules = (0..first.attacks.len())
        .map(|place| {
            let attacks = audits.iter().filter_map(|audit| audit.attacks.get(place));
            let tried = attacks.filter(|(_, of)| of.tried > 0);
            let joules: Option<f64> = tried.map(|(_, of)| of.joules).sum();
            joules.filter(|&joules| joules > 0.0)
        })
        .collect();
    let mut records: Vec<_> = audits.into_iter().flat_map(|audit| audit.images).collect();
    // Images of a test set, or of a sample of it, are in the order of their places.
    records.sort_by_key(|record| record.index);
    if records.len() != setup.count {
        return Err(Error::value(
            "images of the shards",
            setup.count.to_string(),
            records.len(),
        ));
    }
    Ok(Audit::new(
        setup,
        Measured {
            records,
            seconds,
            joules,
            ..Measured::default()
        },
    ))
}

/// What differs, in words.
fn differs(audit: &Audit, first: &Audit) -> String {
    let [a, b] = [audit, first].map(|audit| &audit.setup);
    let named = [
        ("model", a.model == b.model),
        ("data set", a.dataset == b.dataset),
        ("eps", a.eps == b.eps && a.norm == b.norm),
        ("images", a.count == b.count && a.sample_seed == b.sample_seed),
        ("settings", a.settings == b.settings),
        ("options of model and data", a.arguments == b.arguments),
        ("checksums of model and data", a.checksums == b.checksums),
    ];
    let found = named.iter().find(|(_, same)| !same).map_or("notes", |(name, _)| name);
    format!("shard {} with another {found} than shard {}", a.shard, b.shard)
}
