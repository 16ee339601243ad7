//! Attacks on images that lie anywhere, such as in an array of another program: they are read a batch at a time, and what came of each is given,
//! with the examples.

use super::attacked_images::{AttackedImages, Batch};
use super::identity::answers;
use super::image_source::ImageSource;
use super::parts::{Batches, in_parts};
use super::test_set::batch_size;
use super::unfinished::{Identity, Unfinished};
use crate::attack::{Attack, Goal, Norm};
use crate::data::sha256;
use crate::nn::{Classifier, predictions, to_vec};
use crate::ops::kernels::isa;
use crate::progress::Watch;
use crate::{Error, Result};

/// Images of these labels, to be attacked with a model's own gradients.
#[derive(Clone, Copy)]
pub struct ImageAttacks<'a> {
    /// The model.
    pub model: &'a dyn Classifier,
    /// The images.
    pub images: &'a dyn ImageSource,
    /// Their labels.
    pub labels: &'a [usize],
}

impl ImageAttacks<'_> {
    /// What an attack makes of all images, within `eps` if it takes one: towards `targets`, a class for each image, or without them as the attack's
    /// own rule says. With `kept`, batches that are in it are not attacked again, and others are put there.
    ///
    /// # Errors
    /// When labels, targets or eps do not fit the model; when images cannot be read; [`Error::NotFinite`] as from [`Attack::run`];
    /// [`Error::Interrupted`] when `watch` breaks before the last batch.
    pub fn one(
        &self,
        attack: &Attack,
        eps: Option<f64>,
        targets: Option<&[usize]>,
        mut kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<AttackedImages> {
        for classes in [Some(self.labels), targets].into_iter().flatten() {
            self.check_classes(classes)?;
        }
        let eps: Vec<f64> = eps.into_iter().collect();
        attack.check_eps(&eps, self.model)?;
        let make = |places: &[usize]| {
            let goal = match targets {
                Some(targets) => Goal::Towards(of(places, targets)),
                None => attack.goal(&of(places, self.labels), self.model.classes())?,
            };
            Ok(Batch::new(
                places,
                self.attack(self.model, attack, &eps, places, &goal)?,
            ))
        };
        let all: Vec<usize> = (0..self.images.count()).collect();
        let mut found = self.none_yet();
        let each = |part: Batch| {
            found.append(part.found);
            Ok(())
        };
        let names = (attack.name(), attack.name());
        in_parts(names, self.batches(&all), &mut kept, watch, || false, make, each)?;
        Ok(found)
    }

    /// What attacks in turn make of them within an eps, each on the images that none before it has broken: an image that none breaks, or that is
    /// misclassified, stays as it is. `attacked` is what the attacks see of the model; `kept` is as in [`one`](Self::one).
    ///
    /// # Errors
    /// As [`one`](Self::one).
    pub(crate) fn in_turn(
        &self,
        attacked: &dyn Classifier,
        attacks: &[Attack],
        (norm, eps): (Norm, f64),
        mut kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<AttackedImages> {
        self.check_classes(self.labels)?;
        let untouched = |places: &[usize]| {
            let images = self.images.read(places)?;
            let asked = predictions(&self.model.logits(images.clone())?);
            let asked = asked.map_err(|error| error.at(|row| places[row]))?;
            let missed = asked.iter().zip(of(places, self.labels));
            let missed = missed.map(|(&found, label)| found != label).collect();
            let found = AttackedImages::untouched(to_vec(images)?, asked, missed);
            Ok(Batch::new(places, found))
        };
        let all: Vec<usize> = (0..self.images.count()).collect();
        let mut found = self.none_yet();
        let each = |part: Batch| {
            found.append(part.found);
            Ok(())
        };
        let names = ("unperturbed", "unperturbed");
        in_parts(names, self.batches(&all), &mut kept, watch, || false, untouched, each)?;
        for (number, attack) in attacks.iter().enumerate() {
            let standing: Vec<usize> = all.iter().copied().filter(|&place| !found.success[place]).collect();
            let make = |places: &[usize]| {
                let goal = Goal::AwayFrom(of(places, self.labels));
                Ok(Batch::new(
                    places,
                    self.attack(attacked, attack, &[eps], places, &goal)?,
                ))
            };
            let each = |part: Batch| {
                let (places, more) = part.into_parts();
                let lengths = match norm {
                    Norm::Linf => &more.linf,
                    Norm::L2 => &more.l2,
                };
                let reached = more.success.iter().zip(lengths);
                let broken = reached.map(|(&success, &length)| success && Norm::holds(length, eps));
                let broken: Vec<bool> = broken.collect();
                found.further(&places, &more, &broken);
                Ok(())
            };
            let name = format!("{number}-{}", attack.name());
            in_parts(
                (attack.name(), &name),
                self.batches(&standing),
                &mut kept,
                watch,
                || false,
                make,
                each,
            )?;
        }
        Ok(found)
    }

    /// What all that comes of an attack depends on. `model` is the model's [`checksum`](crate::nn::checksum), or what it answers if it has none; `attack` the
    /// attack with its options and eps.
    ///
    /// # Errors
    /// When images cannot be read, or the device fails.
    pub fn identity(&self, model: Option<String>, attack: String, targets: Option<&[usize]>) -> Result<Identity> {
        let all: Vec<usize> = (0..self.images.count()).collect();
        let batches = self.batches(&all);
        let mut digests = Vec::new();
        for places in batches.places.chunks(batches.size) {
            let pixels: Vec<u8> = to_vec(self.images.read(places)?)?
                .iter()
                .flat_map(|pixel| pixel.to_le_bytes())
                .collect();
            digests.push(sha256(std::iter::once(pixels.as_slice())));
        }
        let classes = |classes: &[usize]| {
            let bytes: Vec<u8> = classes.iter().flat_map(|&class| (class as u64).to_le_bytes()).collect();
            sha256(std::iter::once(bytes.as_slice()))
        };
        let model = match model {
            Some(model) => model,
            None => answers(self.model, self.images)?,
        };
        let facts = [
            ("attack", attack),
            ("images", sha256(digests.iter().map(String::as_bytes))),
            ("instructions", isa().name().to_owned()),
            ("labels", classes(self.labels)),
            ("model", model),
            ("targets", targets.map_or_else(|| "none".to_owned(), classes)),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        Ok(facts.map(|(name, fact)| (name.to_owned(), fact)).into())
    }

    fn attack(
        &self,
        model: &dyn Classifier,
        attack: &Attack,
        eps: &[f64],
        places: &[usize],
        goal: &Goal,
    ) -> Result<AttackedImages> {
        let images = self.images.read(places)?;
        let attacked = attack.run_to(model, &images, goal, eps);
        AttackedImages::of(attacked.map_err(|error| error.at(|row| places[row]))?)
    }

    fn batches<'p>(&self, places: &'p [usize]) -> Batches<'p> {
        let size = batch_size(self.model.shape());
        Batches { places, size }
    }

    /// With memory for all that is to come.
    fn none_yet(&self) -> AttackedImages {
        AttackedImages::with_room(self.images.count(), self.model.shape().len())
    }

    /// Refuses what is not a class of the model for each image.
    fn check_classes(&self, classes: &[usize]) -> Result<()> {
        let (images, of_model) = (self.images.count(), self.model.classes());
        if images == 0 {
            return Err(Error::value("images", "at least one", 0));
        }
        if classes.len() != images {
            return Err(Error::shape("labels", images, classes.len()));
        }
        match classes.iter().find(|&&class| class >= of_model) {
            Some(class) => {
                let expected = format!("below the {of_model} classes of the model");
                Err(Error::value("label", expected, class))
            }
            None => Ok(()),
        }
    }
}

fn of(places: &[usize], values: &[usize]) -> Vec<usize> {
    places.iter().map(|&place| values[place]).collect()
}
