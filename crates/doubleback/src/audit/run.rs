//! Runs an audit: the images unperturbed, the probes, each attack on the images that still stand, and a longer attack on what stands at the end.

use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::apart::apart;
use super::attacked::{Attacked, Outcome, Shown, attack, shown};
use super::probe::{PROBED, more, probe, short_attacks};
use super::record::{Probe, Record};
use super::{Plan, Shard};
use crate::attack::{Goal, Pgd, run as attack_with};
use crate::energy::EnergyMeter;
use crate::evaluate::parts::{Batches, Part, in_parts};
use crate::evaluate::{EightBit, Named, TestSet, Unfinished};
use crate::nn::Expected;
use crate::progress::Watch;
use crate::{Error, Result};

use super::suite::Suite;

/// An audit of a model on test images.
#[derive(Clone, Copy)]
pub struct AuditRun<'a> {
    /// The model, and what it is called.
    pub model: Named<'a>,
    /// The images.
    pub test: TestSet<'a>,
    /// What to do.
    pub plan: &'a Plan,
    /// The values that examples are rounded to, if the data has such.
    pub eight_bit: Option<EightBit>,
    /// The part of the images that is attacked.
    pub shard: Shard,
    /// A network whose examples are tried on the images that stand at the end: it knows nothing of the model.
    pub surrogate: Option<Named<'a>>,
    /// How long the attacks may take; none: as long as they need.
    pub budget: Option<Duration>,
}

/// What an audit measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// By image, in the order of the test images.
    pub records: Vec<Record>,
    /// Examples to be shown.
    pub shown: Vec<Shown>,
    /// Seconds that each attack took, in the order of the plan.
    pub seconds: Vec<f64>,
    /// Joules that the machine's processors used in that time, where they count them.
    pub joules: Vec<Option<f64>>,
    /// Attacks, and probes at the end, that were not finished when the time was over; empty if all were.
    pub unfinished: Vec<String>,
}

/// Examples that are shown of each kind: broken by the least change, standing with the least margin.
const SHOWN: usize = 6;

/// What the model says of images unperturbed.
#[derive(Serialize, Deserialize)]
struct Clean {
    places: Vec<usize>,
    predictions: Vec<Option<usize>>,
}

#[derive(Serialize, Deserialize)]
struct Probes {
    places: Vec<usize>,
    probes: Vec<Probe>,
}

#[derive(Serialize, Deserialize)]
struct More {
    places: Vec<usize>,
    broken: Vec<bool>,
}

impl Part for Clean {
    fn places(&self) -> &[usize] {
        &self.places
    }
}

impl Part for Probes {
    fn places(&self) -> &[usize] {
        &self.places
    }
}

impl Part for More {
    fn places(&self) -> &[usize] {
        &self.places
    }
}

impl Part for Attacked {
    fn places(&self) -> &[usize] {
        &self.places
    }
}

impl AuditRun<'_> {
    /// Runs it. With `kept`, parts that are in it are not computed again, and others are put there.
    ///
    /// # Errors
    /// When images do not fit the model; [`Error::Interrupted`] when `watch` breaks before the end.
    pub fn run(&self, kept: Option<&mut Unfinished>, watch: &mut dyn Watch) -> Result<Measured> {
        let drawn = Expected::new(self.model.model, Suite::DRAWS);
        let attacked = Named {
            model: self.plan.attacked(self.model.model, &drawn),
            ..self.model
        };
        let mut work = Work {
            run: self,
            attacked,
            kept,
            places: (0..self.test.count()).filter(|&place| self.shard.has(place)).collect(),
            begun: Instant::now(),
            measured: Measured::default(),
        };
        work.clean(watch)?;
        work.probes(watch)?;
        for number in 0..self.plan.built.len() {
            work.attack(number, watch)?;
        }
        work.more(watch)?;
        work.transfer(watch)?;
        work.examples()?;
        Ok(work.measured)
    }

    fn images(&self, places: &[usize]) -> (Tensor<4>, Vec<usize>, Vec<usize>) {
        let index: Vec<usize> = places.iter().map(|&place| self.test.index(place)).collect();
        let labels = places.iter().map(|&place| self.test.label(place)).collect();
        (self.test.gather(&index), labels, index)
    }
}

struct Work<'a> {
    run: &'a AuditRun<'a>,
    /// What the attacks see of the model.
    attacked: Named<'a>,
    kept: Option<&'a mut Unfinished>,
    /// Places of the images of this part of the audit.
    places: Vec<usize>,
    begun: Instant,
    measured: Measured,
}

impl Work<'_> {
    /// Does a phase batch by batch; gives what came of each batch, and whether the time sufficed.
    fn phase<P: Part>(
        &mut self,
        names: (&str, &str),
        places: &[usize],
        limited: bool,
        watch: &mut dyn Watch,
        make: impl Fn(&AuditRun<'_>, Named<'_>, &[usize]) -> Result<P>,
    ) -> Result<(Vec<P>, bool)> {
        let Self {
            run, attacked, begun, ..
        } = *self;
        let size = run.test.batch_size();
        let over = || limited && run.budget.is_some_and(|budget| begun.elapsed() >= budget);
        let mut parts = Vec::new();
        let each = |part| {
            parts.push(part);
            Ok(())
        };
        let make = |places: &[usize]| make(run, attacked, places);
        let whole = in_parts(names, Batches { places, size }, &mut self.kept, watch, over, make, each)?;
        Ok((parts, whole))
    }

    fn record(&mut self, place: usize) -> Option<&mut Record> {
        let row = self.places.binary_search(&place).ok()?;
        self.measured.records.get_mut(row)
    }

    /// Places of the images that are right and not broken.
    fn standing(&self) -> Vec<usize> {
        let records = self.places.iter().zip(&self.measured.records);
        records
            .filter(|(_, record)| record.stands())
            .map(|(&place, _)| place)
            .collect()
    }

    fn clean(&mut self, watch: &mut dyn Watch) -> Result<()> {
        let places = self.places.clone();
        let ask = |run: &AuditRun<'_>, _: Named<'_>, places: &[usize]| {
            let predict = |places: &[usize]| {
                let (images, _, index) = run.images(places);
                let found = run.model.predict(&images, |row| index[row])?;
                Ok(found.into_iter().map(Some).collect())
            };
            Ok(Clean {
                places: places.to_vec(),
                predictions: apart(places, &predict, &|| None)?,
            })
        };
        let (parts, _) = self.phase(("unperturbed", "clean"), &places, false, watch, ask)?;
        let found = parts.iter().flat_map(|part| &part.predictions);
        let test = self.run.test;
        self.measured.records = places
            .iter()
            .zip(found)
            .map(|(&place, &clean)| Record {
                index: test.index(place),
                label: test.label(place),
                clean,
                ..Record::default()
            })
            .collect();
        Ok(())
    }

    fn probes(&mut self, watch: &mut dyn Watch) -> Result<()> {
        let probed: Vec<usize> = self.places.iter().copied().filter(|&place| place < PROBED).collect();
        let ask = |run: &AuditRun<'_>, _: Named<'_>, places: &[usize]| {
            let (images, labels, index) = run.images(places);
            let plan = run.plan;
            let within = (plan.norm, plan.sizes.as_slice(), plan.eps);
            let found = probe(run.model.model, (&images, &labels, places));
            let mut probes = found.map_err(|error| error.of_model(run.model.name, |row| index[row]))?;
            let finite = places.iter().zip(&probes).filter(|(_, probe)| !probe.not_finite);
            let finite: Vec<usize> = finite.map(|(&place, _)| place).collect();
            let short = |places: &[usize]| {
                let (images, labels, index) = run.images(places);
                let found = short_attacks(run.model.model, (&images, &labels), within, plan.seed);
                let found = found.map_err(|error| error.of_model(run.model.name, |row| index[row]))?;
                Ok(found.into_iter().map(Some).collect())
            };
            let attacks = apart(&finite, &short, &|| None)?;
            for (probe, attacks) in probes.iter_mut().filter(|probe| !probe.not_finite).zip(attacks) {
                // What is finite at the image may not be so nearby.
                probe.not_finite = attacks.is_none();
                probe.attacks = attacks;
            }
            Ok(Probes {
                places: places.to_vec(),
                probes,
            })
        };
        let (parts, whole) = self.phase(("probes", "probe"), &probed, true, watch, ask)?;
        for part in parts {
            for (place, probe) in part.places.into_iter().zip(part.probes) {
                if let Some(record) = self.record(place) {
                    record.probe = Some(probe);
                }
            }
        }
        if !whole {
            self.measured.unfinished.push("probes".to_owned());
        }
        Ok(())
    }

    fn attack(&mut self, number: usize, watch: &mut dyn Watch) -> Result<()> {
        let plan = self.run.plan;
        let (name, built) = (&plan.planned[number].name, &plan.built[number]);
        let standing = self.standing();
        let ask = |run: &AuditRun<'_>, attacked: Named<'_>, places: &[usize]| {
            let (begun, meter) = (Instant::now(), EnergyMeter::begin());
            let some = |places: &[usize]| {
                let (images, labels, index) = run.images(places);
                let within = (plan.norm, plan.eps);
                let images = (&images, labels.as_slice(), index.as_slice());
                attack((attacked, run.model), built, images, within, run.eight_bit)
            };
            Ok(Attacked {
                places: places.to_vec(),
                outcomes: apart(places, &some, &Outcome::not_finite)?,
                seconds: begun.elapsed().as_secs_f64(),
                joules: meter.and_then(|meter| meter.joules()),
            })
        };
        let (parts, whole) = self.phase((name, name), &standing, true, watch, ask)?;
        self.measured.seconds.push(parts.iter().map(|part| part.seconds).sum());
        // An attack that nothing is left for uses none, as one whose energy nobody counts.
        let joules: Option<f64> = parts.iter().map(|part| part.joules).sum();
        self.measured.joules.push(joules.filter(|&joules| joules > 0.0));
        for part in parts {
            for (place, outcome) in part.places.into_iter().zip(part.outcomes) {
                if let Some(record) = self.record(place) {
                    outcome.into_record(name, record);
                }
            }
        }
        if !whole {
            self.measured.unfinished.push(name.clone());
        }
        Ok(())
    }

    fn more(&mut self, watch: &mut dyn Watch) -> Result<()> {
        let standing: Vec<usize> = self.standing().into_iter().filter(|&place| place < PROBED).collect();
        let ask = |run: &AuditRun<'_>, attacked: Named<'_>, places: &[usize]| {
            let some = |places: &[usize]| {
                let (images, labels, index) = run.images(places);
                let plan = run.plan;
                let broken = more(attacked.model, (&images, &labels), (plan.norm, plan.eps), plan.seed);
                broken.map_err(|error| error.of_model(run.model.name, |row| index[row]))
            };
            Ok(More {
                places: places.to_vec(),
                broken: apart(places, &some, &|| false)?,
            })
        };
        let (parts, whole) = self.phase(("a longer attack", "more"), &standing, true, watch, ask)?;
        for part in parts {
            for (place, broken) in part.places.into_iter().zip(part.broken) {
                if let Some(probe) = self.record(place).and_then(|record| record.probe.as_mut()) {
                    probe.broken_by_more = Some(broken);
                }
            }
        }
        if !whole {
            self.measured.unfinished.push("a longer attack".to_owned());
        }
        Ok(())
    }

    /// PGD on the surrogate, asked of the model.
    fn transfer(&mut self, watch: &mut dyn Watch) -> Result<()> {
        let Some(surrogate) = self.run.surrogate else {
            return Ok(());
        };
        let standing = self.standing();
        let ask = |run: &AuditRun<'_>, _: Named<'_>, places: &[usize]| {
            let plan = run.plan;
            let pgd = Pgd {
                norm: plan.norm,
                random_start: Some(plan.seed),
                ..Pgd::default()
            };
            let some = |places: &[usize]| {
                let (images, labels, index) = run.images(places);
                let goal = Goal::AwayFrom(labels.clone());
                let made = attack_with(surrogate.model, &pgd, &images, &goal, &[plan.eps]);
                let made = made.map_err(|error| error.of_model(surrogate.name, |row| index[row]))?;
                let Some(examples) = made.by_eps.into_iter().next() else {
                    return Err(Error::shape("examples by eps", 1, 0));
                };
                let taken_for = run.model.predict(&examples.images, |row| index[row])?;
                Ok(goal.reached(&taken_for))
            };
            Ok(More {
                places: places.to_vec(),
                broken: apart(places, &some, &|| false)?,
            })
        };
        let (parts, whole) = self.phase(("transfer from a surrogate", "transfer"), &standing, true, watch, ask)?;
        for part in parts {
            for (place, broken) in part.places.into_iter().zip(part.broken) {
                if let Some(record) = self.record(place) {
                    record.broken_by_transfer = Some(broken);
                }
            }
        }
        if !whole {
            self.measured.unfinished.push("transfer from a surrogate".to_owned());
        }
        Ok(())
    }

    /// Makes those examples again that a report shows. What they would take to keep, of all images, is more than what they take to make.
    fn examples(&mut self) -> Result<()> {
        let records = &self.measured.records;
        let least = |value: fn(&Record) -> Option<f32>, kind: fn(&Record) -> bool| {
            let of_kind = (0..records.len()).filter(|&row| kind(&records[row]));
            let mut rows: Vec<(f32, usize)> = of_kind.filter_map(|row| Some((value(&records[row])?, row))).collect();
            rows.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows.truncate(SHOWN);
            rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
        };
        let mut rows = least(|record| record.l2, |record| record.broken_by.is_some());
        rows.extend(least(|record| record.margin, Record::stands));
        rows.sort_unstable();
        let plan = self.run.plan;
        for (number, built) in plan.built.iter().enumerate() {
            // The last attack that was tried made the last example.
            let of_attack = rows.iter().filter(|&&row| records[row].trials.len() == number + 1);
            let places: Vec<usize> = of_attack.map(|&row| self.places[row]).collect();
            if places.is_empty() {
                continue;
            }
            let (images, labels, index) = self.run.images(&places);
            let name = plan.planned[number].name.as_str();
            let found = shown(self.attacked, (name, built), (&images, &labels, &index), plan.eps)?;
            self.measured.shown.extend(found);
        }
        Ok(())
    }
}
