use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::augment::Meeting;
use super::options::TrainOptions;
use crate::Result;
use crate::batch::{Batch, Batches};
use crate::data::Dataset;

/// The batches of a training as its options want them: weighted, smoothed, augmented.
pub(super) struct TrainingBatches<'a> {
    batches: Batches<'a>,
    dataset: &'a Dataset,
    options: &'a TrainOptions,
    device: &'a Device,
}

impl<'a> TrainingBatches<'a> {
    pub fn new(dataset: &'a Dataset, classes: usize, options: &'a TrainOptions, device: &'a Device) -> Self {
        let batches = Batches::new(&dataset.train, dataset.shape, classes, options.batch, device);
        Self {
            batches: batches.weighted(options.class_weights.as_deref()),
            dataset,
            options,
            device,
        }
    }

    /// How much a batch counts among others: its images, or the sum of their weights.
    pub fn weight(&self, index: usize) -> f64 {
        let (_, places) = self.batches.places_of(index);
        match &self.options.class_weights {
            None => places.len() as f64,
            Some(weights) => {
                let labels = &self.dataset.train.labels()[places];
                labels.iter().map(|&label| weights[label as usize]).sum()
            }
        }
    }

    /// A batch by its number, counted from 0.
    pub fn get(&self, index: usize) -> Result<Batch> {
        let batch = match self.options.augmentation.is_none() {
            true => self.batches.of_step(index)?,
            false => self.batches.of_step_as(index, self.augmented(index))?,
        };
        batch.with_label_smoothing(self.options.label_smoothing)
    }

    /// The images of a batch as they are met in this round.
    fn augmented(&self, index: usize) -> Tensor<4> {
        let (shape, bounds, train) = (self.dataset.shape, self.dataset.bounds, &self.dataset.train);
        let (round, places) = self.batches.places_of(index);
        let fill = 0f32.max(bounds.low).min(bounds.high);
        let mut values = vec![0f32; places.len() * shape.len()];
        let images = values.par_chunks_exact_mut(shape.len()).zip(places.clone());
        images.for_each(|(augmented, place)| {
            let met = Meeting {
                seed: self.options.seed,
                round,
                place,
            };
            let image = train.image(place);
            self.options.augmentation.write(&image, shape, fill, met, augmented);
        });
        let dims = [places.len(), shape.channels, shape.height, shape.width];
        Tensor::from_data(TensorData::new(values, dims), self.device)
    }
}
