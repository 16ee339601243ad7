//! What attacks made of images, with the examples.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::parts::Part;
use super::unfinished::Unfinished;
use crate::attack::Attacked;
use crate::data::ImageShape;
use crate::data::atomic_file::Out;
use crate::nn::to_vec;
use crate::npz_file::NpzFile;
use crate::write::write_with;
use crate::{Error, Result};

/// What attacks made of images: one entry for each, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AttackedImages {
    /// The examples, `[n, channels, height, width]` as one list.
    #[serde(skip)]
    pub examples: Vec<f32>,
    /// The class that the model takes each example for.
    pub predictions: Vec<usize>,
    /// Whether the goal was reached: another class than the label's, or the target.
    pub success: Vec<bool>,
    /// Gradients.
    pub gradients: Vec<usize>,
    /// Forward passes besides those of the gradients.
    pub forwards: Vec<usize>,
    /// L2 length of each change.
    pub l2: Vec<f32>,
    /// Largest change of a value.
    pub linf: Vec<f32>,
    /// Values that changed.
    pub l0: Vec<f32>,
    /// Whether every gradient was exactly zero, so that the attack had no direction.
    pub zero_gradient: Vec<bool>,
    /// Of an attack that looks for the nearest example, how far that is; none where there is none. Empty for other attacks.
    pub distance: Vec<Option<f32>>,
}

impl AttackedImages {
    /// None yet, with memory for so many of so many values each.
    pub(super) fn with_room(images: usize, values: usize) -> Self {
        Self {
            examples: Vec::with_capacity(images * values),
            predictions: Vec::with_capacity(images),
            success: Vec::with_capacity(images),
            gradients: Vec::with_capacity(images),
            forwards: Vec::with_capacity(images),
            l2: Vec::with_capacity(images),
            linf: Vec::with_capacity(images),
            l0: Vec::with_capacity(images),
            zero_gradient: Vec::with_capacity(images),
            distance: Vec::new(),
        }
    }

    /// What became of a batch within one epsilon.
    pub(super) fn of(attacked: Attacked) -> Result<Self> {
        let example = attacked.by_eps.into_iter().next();
        let example = example.ok_or_else(|| Error::internal("attacking", "no examples"))?;
        Ok(Self {
            examples: to_vec(example.images)?,
            predictions: example.predictions,
            success: example.success,
            gradients: example.cost.gradients,
            forwards: example.cost.forwards,
            l2: example.l2,
            linf: example.linf,
            l0: example.l0,
            zero_gradient: attacked.zero_gradient,
            distance: attacked.distance,
        })
    }

    /// Images that no attack has touched, and what the model says of them. No gradient has been asked for: none was other than zero.
    pub(super) fn untouched(images: Vec<f32>, predictions: Vec<usize>, success: Vec<bool>) -> Self {
        let n = predictions.len();
        Self {
            examples: images,
            zero_gradient: success.iter().map(|success| !success).collect(),
            predictions,
            success,
            gradients: vec![0; n],
            forwards: vec![1; n],
            l2: vec![0.0; n],
            linf: vec![0.0; n],
            l0: vec![0.0; n],
            distance: Vec::new(),
        }
    }

    /// Adds those of further images.
    pub(super) fn append(&mut self, more: Self) {
        self.examples.extend(more.examples);
        self.predictions.extend(more.predictions);
        self.success.extend(more.success);
        self.gradients.extend(more.gradients);
        self.forwards.extend(more.forwards);
        self.l2.extend(more.l2);
        self.linf.extend(more.linf);
        self.l0.extend(more.l0);
        self.zero_gradient.extend(more.zero_gradient);
        self.distance.extend(more.distance);
    }

    /// Counts what a further attack took of the images at these places, and takes over the examples that it broke.
    pub(super) fn further(&mut self, places: &[usize], attacked: &Self, broken: &[bool]) {
        let image = self.examples.len() / self.predictions.len().max(1);
        for (row, &place) in places.iter().enumerate() {
            self.gradients[place] += attacked.gradients[row];
            self.forwards[place] += attacked.forwards[row];
            self.zero_gradient[place] &= attacked.zero_gradient[row];
            if broken[row] {
                let example = &attacked.examples[row * image..(row + 1) * image];
                self.examples[place * image..(place + 1) * image].copy_from_slice(example);
                self.predictions[place] = attacked.predictions[row];
                self.success[place] = true;
                (self.l2[place], self.linf[place]) = (attacked.l2[row], attacked.linf[row]);
                self.l0[place] = attacked.l0[row];
            }
        }
    }

    /// Writes an `.npz` file, whole or not at all: `examples` (float32, `[n, channels, height, width]`), `success` and `zero_gradient` (bool),
    /// `prediction`, `gradients` and `forwards` (int64), `l2`, `linf` and `l0` (float32); `distance` (float32, infinite for none) if the attack looks
    /// for the nearest example; and `identity`, a text that says what it is of.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path, shape: ImageShape, identity: &str) -> Result<()> {
        write_with(path, &mut |out| self.write(out, shape, identity))
    }

    fn write(&self, out: &mut dyn Out, shape: ImageShape, identity: &str) -> std::io::Result<()> {
        let n = self.predictions.len() as u64;
        let sizes = [shape.channels, shape.height, shape.width].map(|size| size as u64);
        let mut file = NpzFile::new(out);
        file.put_texts("identity", &[identity.to_owned()])?;
        file.put("examples", &[n, sizes[0], sizes[1], sizes[2]], &self.examples)?;
        file.put("success", &[n], &self.success)?;
        file.put("zero_gradient", &[n], &self.zero_gradient)?;
        file.put_integers("prediction", &self.predictions)?;
        file.put_integers("gradients", &self.gradients)?;
        file.put_integers("forwards", &self.forwards)?;
        for (name, values) in [("l2", &self.l2), ("linf", &self.linf), ("l0", &self.l0)] {
            file.put(name, &[n], values)?;
        }
        if !self.distance.is_empty() {
            let distance: Vec<f32> = self.distance.iter().map(|far| far.unwrap_or(f32::INFINITY)).collect();
            file.put("distance", &[n], &distance)?;
        }
        file.finish()
    }
}

/// A batch, kept: the examples apart, as they are.
#[derive(Serialize, Deserialize)]
pub(super) struct Batch {
    places: Vec<usize>,
    pub found: AttackedImages,
    checksum: Option<String>,
}

impl Batch {
    pub fn new(places: &[usize], found: AttackedImages) -> Self {
        Self {
            places: places.to_vec(),
            found,
            checksum: None,
        }
    }

    pub fn into_parts(self) -> (Vec<usize>, AttackedImages) {
        (self.places, self.found)
    }
}

impl Part for Batch {
    fn places(&self) -> &[usize] {
        &self.places
    }

    fn find(kept: &Unfinished, name: &str) -> Option<Self> {
        let mut part: Self = kept.get(name)?;
        part.found.examples = kept.get_values(name, part.checksum.as_deref()?)?;
        Some(part)
    }

    fn keep(&mut self, kept: &mut Unfinished, name: &str) -> Result<()> {
        self.checksum = Some(kept.put_values(name, &self.found.examples)?);
        kept.put(name, self)
    }
}
