use crate::statistics::{mean, mean_interval};

/// What a metric says of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One an image, in the metric's units.
    pub values: Vec<f64>,
}

/// What a metric says of all images together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The mean of the images.
    pub mean: f64,
    /// Its 95 % interval, as if the images' values were normally distributed; none of a single image.
    pub interval: Option<[f64; 2]>,
    /// Images.
    pub count: usize,
}

impl Measured {
    /// The mean with its interval; none of no image.
    ///
    /// ```
    /// use doubleback::faithfulness::Measured;
    /// let summary = Measured { values: vec![1.0, 2.0, 3.0, 6.0] }.summary().unwrap();
    /// assert_eq!((summary.mean, summary.count), (3.0, 4));
    /// assert!((summary.interval.unwrap()[0] - -0.4374).abs() < 1e-4);
    /// ```
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary {
            mean: mean(self.values.iter().copied())?,
            interval: mean_interval(&self.values),
            count: self.values.len(),
        })
    }
}

impl From<Vec<f64>> for Measured {
    fn from(values: Vec<f64>) -> Self {
        Self { values }
    }
}
