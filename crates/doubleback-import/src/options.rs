//! What a user says of a model that its file does not.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use doubleback::data::{Bounds, UnknownName};

/// What a user says of a model that its file does not.
///
/// ```
/// use doubleback_import::Options;
/// let options = Options { normalize: Some("imagenet".parse()?), ..Options::default() };
/// assert_eq!(options.given(), ["--normalize"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The architecture, of a file that holds weights alone.
    pub arch: Option<String>,
    /// The output that gives the logits, of a graph that has several.
    pub output: Option<String>,
    /// Least and greatest pixel value. Without it, 0 and 1.
    pub bounds: Option<Bounds>,
    /// What is done to pixel values before the model sees them: it becomes the network's first layer, so that images and eps stay in the data's units.
    pub normalize: Option<Normalization>,
    /// Rows and columns of an image, where the file leaves them open. Not asked of files that say them.
    pub size: Option<[usize; 2]>,
    /// How many values an ONNX file's own nodes may generate beyond what its size allows: 2^20, and 16 for each value that it stores. Files of a few
    /// kilobytes that make all weights by `ConstantOfShape` need it.
    pub generated_values: usize,
    /// An `.npz` file of inputs and logits of the model's own framework, to compare with.
    pub check: Option<PathBuf>,
}

impl Options {
    /// The options of the command line that stand here, by name: those that a file of ours refuses, since it says all that itself.
    pub fn given(&self) -> Vec<&'static str> {
        self.with_values().map(|(name, _)| name).collect()
    }

    /// The same with their values, each a word of its own: what reads the same model again for images of the same size.
    ///
    /// ```
    /// use doubleback_import::Options;
    /// let options = Options { arch: Some("resnet18".to_owned()), ..Options::default() };
    /// assert_eq!(options.arguments(), ["--arch", "resnet18"]);
    /// ```
    pub fn arguments(&self) -> Vec<String> {
        self.with_values()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }

    fn with_values(&self) -> impl Iterator<Item = (&'static str, String)> {
        let bounds = self.bounds.map(|Bounds { low, high }| format!("{low},{high}"));
        let given = [
            ("--arch", self.arch.clone()),
            ("--output", self.output.clone()),
            ("--bounds", bounds),
            ("--normalize", self.normalize.as_ref().map(Normalization::to_string)),
            (
                "--generated-values",
                (self.generated_values > 0).then(|| self.generated_values.to_string()),
            ),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// A mean and a deviation of each channel, or of all: `(pixel - mean) / std` is what the model sees.
///
/// ```
/// use doubleback_import::Normalization;
/// let imagenet: Normalization = "imagenet".parse()?;
/// assert_eq!(imagenet, "mean=0.485,0.456,0.406;std=0.229,0.224,0.225".parse()?);
/// assert_eq!(imagenet.of_channels(3)?, (vec![0.485, 0.456, 0.406], vec![0.229, 0.224, 0.225]));
/// assert_eq!("mean=0.5;std=0.5".parse::<Normalization>()?.of_channels(2)?, (vec![0.5; 2], vec![0.5; 2]));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    mean: Vec<f64>,
    std: Vec<f64>,
}

/// Normalizations by name: means and deviations of pixels from 0 to 1.
const NAMED: [(&str, &[f64], &[f64]); 6] = [
    // Of torchvision's models.
    ("imagenet", &[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225]),
    // Mean and deviation of all training pixels of a channel.
    ("cifar10", &[0.4914, 0.4822, 0.4465], &[0.2470, 0.2435, 0.2616]),
    ("cifar100", &[0.5071, 0.4865, 0.4409], &[0.2673, 0.2564, 0.2762]),
    ("mnist", &[0.1307], &[0.3081]),
    // To -1 to 1.
    ("symmetric", &[0.5], &[0.5]),
    // To 0 to 255.
    ("bytes", &[0.0], &[1.0 / 255.0]),
];

impl Normalization {
    /// From a mean and a deviation of each channel, or one of all.
    ///
    /// # Errors
    /// A few words if they are not as many, or not finite, or a deviation is not above 0.
    pub fn new(mean: Vec<f64>, std: Vec<f64>) -> Result<Self, String> {
        if mean.is_empty() || mean.len() != std.len() {
            return Err(format!(
                "{} means and {} deviations: give one of each a channel, or one of each",
                mean.len(),
                std.len()
            ));
        }
        if mean.iter().any(|value| !value.is_finite()) {
            return Err("a mean is not finite".to_owned());
        }
        // Its square is what a layer divides by the root of, in f32.
        if std
            .iter()
            .any(|value| !(value.is_finite() && (value * value) as f32 >= f32::MIN_POSITIVE))
        {
            return Err("a deviation is not a finite number above 0".to_owned());
        }
        Ok(Self { mean, std })
    }

    /// Means and deviations of so many channels.
    ///
    /// # Errors
    /// A few words if it is of another number of them.
    pub fn of_channels(&self, channels: usize) -> Result<(Vec<f64>, Vec<f64>), String> {
        match self.mean.len() {
            1 => Ok((vec![self.mean[0]; channels], vec![self.std[0]; channels])),
            found if found == channels => Ok((self.mean.clone(), self.std.clone())),
            found => Err(format!(
                "`--normalize` has {found} channels, and images have {channels}"
            )),
        }
    }
}

impl FromStr for Normalization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected a name, or means and deviations as in mean=0.485,0.456,0.406;std=0.229,0.224,0.225";
        if let Some((_, mean, std)) = NAMED.iter().find(|(name, ..)| *name == text) {
            return Self::new(mean.to_vec(), std.to_vec());
        }
        if !text.contains('=') {
            let names = NAMED.iter().map(|(name, ..)| *name);
            return Err(format!(
                "{}. {EXPECTED}",
                UnknownName::new("normalization", text, names)
            ));
        }
        let (mut mean, mut std) = (None, None);
        for part in text.split([';', ' ']).filter(|part| !part.is_empty()) {
            let (name, values) = part.split_once('=').ok_or(EXPECTED)?;
            let values = values.split(',').map(|value| value.trim().parse::<f64>());
            let values: Vec<f64> = values.collect::<Result<_, _>>().map_err(|_| EXPECTED)?;
            let place = match name.trim() {
                "mean" => &mut mean,
                "std" => &mut std,
                _ => return Err(EXPECTED.to_owned()),
            };
            if place.replace(values).is_some() {
                return Err(format!("`{name}` is given twice"));
            }
        }
        match (mean, std) {
            (Some(mean), Some(std)) => Self::new(mean, std),
            _ => Err(EXPECTED.to_owned()),
        }
    }
}

impl fmt::Display for Normalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
        write!(f, "mean={};std={}", list(&self.mean), list(&self.std))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for (name, ..) in NAMED {
            let named: Normalization = name.parse().unwrap();
            assert_eq!(named.to_string().parse(), Ok(named), "{name}");
        }
        for text in [
            "",
            "mean=0",
            "mean=0;std=0",
            "mean=0,1;std=1",
            "mean=x;std=1",
            "mean=0;mean=1;std=1",
            "std=1;size=2",
            "mean=0;std=1e-30",
        ] {
            assert!(text.parse::<Normalization>().is_err(), "{text}");
        }
        let near = "imagnet".parse::<Normalization>().unwrap_err();
        assert!(near.contains("Did you mean `imagenet`?"), "{near}");
        let three: Normalization = "imagenet".parse().unwrap();
        assert!(
            three
                .of_channels(1)
                .unwrap_err()
                .contains("3 channels, and images have 1")
        );
    }
}
