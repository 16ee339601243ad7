//! Attacks one model, and asks it of what became a PNG.

use doubleback::attack::{Attack, AttackSpec};
use doubleback::data::{Dataset, Split};
use doubleback::device::Device;
use doubleback::evaluate::{Asked, AttackedImages, Chosen, ImageAttacks, Named, Predictions, TestSet};
use doubleback::progress::{Phase, Watch};

use super::attempts::Attempt;
use super::levels::{Drawn, Scale};
use super::request::Subject;
use crate::Result;

/// What an attempt came to: an image that the model takes for the target.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Success {
    /// The image.
    pub drawn: Drawn,
    /// The size that worked, and its place among those that were tried.
    pub size: Option<f64>,
    place: usize,
    /// Values that the attack changed, length of the change, and its largest, before the image was rounded.
    pub l0: f32,
    pub l2: f32,
    pub linf: f32,
}

impl Success {
    /// How much it took, in the attack's own measure first: the size, or of JSMA the number of values.
    pub fn effort(&self, spec: &AttackSpec) -> [f32; 3] {
        let changed = match spec {
            AttackSpec::Jsma(_) => self.l0,
            _ => 0.0,
        };
        [self.place as f32, changed, self.l2]
    }
}

/// What a model was attacked with.
pub(super) struct Crafter<'a> {
    pub dataset: &'a Dataset,
    pub device: &'a Device,
    pub scale: Scale,
    pub spec: &'a AttackSpec,
    pub attack: &'a Attack,
    /// In ascending order; empty for attacks that take none.
    pub eps: &'a [f64],
}

impl Crafter<'_> {
    /// What each attempt on a model came to, class by class.
    pub fn craft(
        &self,
        subject: &Subject<'_>,
        attempts: &[Vec<Attempt>],
        watch: &mut dyn Watch,
    ) -> Result<Vec<Vec<Option<Success>>>> {
        let all = attempts.iter().map(Vec::len).sum();
        let title = format!("{}: {}", subject.name, self.spec.name());
        let mut phase = Phase::begin(&title, all, watch);
        let (mut found, mut done) = (Vec::with_capacity(attempts.len()), 0);
        for of_class in attempts {
            found.push(self.class(subject, of_class)?);
            done += of_class.len();
            phase.done_unless_finished(done)?;
        }
        Ok(found)
    }

    /// Those on images of one class, with each size until one works.
    fn class(&self, subject: &Subject<'_>, attempts: &[Attempt]) -> Result<Vec<Option<Success>>> {
        let mut found: Vec<Option<Success>> = vec![None; attempts.len()];
        let sizes: Vec<Option<f64>> = match self.eps {
            [] => vec![None],
            eps => eps.iter().copied().map(Some).collect(),
        };
        for (place, &size) in sizes.iter().enumerate() {
            let open: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let chosen: Vec<Attempt> = open.iter().map(|&at| attempts[at]).collect();
            let attacked = self.attack(subject, &chosen, size)?;
            let shape = self.dataset.shape;
            let drawn = attacked.examples.chunks_exact(shape.len());
            let drawn: Vec<Drawn> = drawn
                .map(|pixels| Drawn::of(pixels, self.scale, shape))
                .collect::<Result<_>>()?;
            let shown: Vec<f32> = drawn.iter().flat_map(Drawn::pixels).collect();
            let predictions = self.predict(subject, shown)?;
            for (row, drawn) in drawn.into_iter().enumerate() {
                if predictions[row] == chosen[row].target {
                    found[open[row]] = Some(Success {
                        drawn,
                        size,
                        place,
                        l0: attacked.l0[row],
                        l2: attacked.l2[row],
                        linf: attacked.linf[row],
                    });
                }
            }
        }
        Ok(found)
    }

    fn attack(&self, subject: &Subject<'_>, attempts: &[Attempt], size: Option<f64>) -> Result<AttackedImages> {
        let places: Vec<usize> = attempts.iter().map(|attempt| attempt.index).collect();
        let labels: Vec<usize> = attempts.iter().map(|attempt| attempt.original).collect();
        let targets: Vec<usize> = attempts.iter().map(|attempt| attempt.target).collect();
        let split = self.dataset.test.select(&places);
        let attacks = ImageAttacks {
            model: subject.network,
            images: &self.images(&split),
            labels: &labels,
        };
        Ok(attacks.one(self.attack, size, Some(&targets), None, &mut ())?)
    }

    /// What the model takes test images at these places for, as they are.
    pub fn predict_originals(&self, subject: &Subject<'_>, places: &[usize]) -> Result<Vec<usize>> {
        self.predict_split(subject, &self.dataset.test.select(places))
    }

    fn predict(&self, subject: &Subject<'_>, pixels: Vec<f32>) -> Result<Vec<usize>> {
        let count = pixels.len() / self.dataset.shape.len();
        self.predict_split(subject, &Split::new(pixels, vec![0; count], self.dataset.shape)?)
    }

    fn predict_split(&self, subject: &Subject<'_>, split: &Split) -> Result<Vec<usize>> {
        let named = Named {
            name: subject.name,
            model: subject.network,
        };
        let asked = Asked {
            labelled: false,
            gradient: None,
        };
        let found = Predictions::of(&named, &self.images(split), &self.dataset.classes, asked, &mut ())?;
        Ok(found.prediction)
    }

    fn images<'s>(&'s self, split: &'s Split) -> TestSet<'s> {
        TestSet {
            split,
            shape: self.dataset.shape,
            chosen: Chosen::ALL,
            device: self.device,
        }
    }
}
