use std::fmt;
use std::str::FromStr;

use crate::data::{Dataset, Split, class_index};
use crate::{Error, Result};

/// How much the images of each class count in training, as a user says it. What it means for the objective is written at
/// [`TrainOptions::class_weights`](super::TrainOptions::class_weights).
///
/// ```
/// use doubleback::train::ClassWeights;
///
/// assert_eq!("none".parse::<ClassWeights>()?, ClassWeights::None);
/// assert_eq!("balanced".parse::<ClassWeights>()?, ClassWeights::Balanced);
/// assert_eq!("1,50".parse::<ClassWeights>()?, ClassWeights::Given(vec![1.0, 50.0]));
/// assert_eq!("rare=50".parse::<ClassWeights>()?, ClassWeights::Named(vec![("rare".into(), 50.0)]));
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// Each class as much as every other in all: N / (K · N_k) for a class of N_k of the N training images, where K classes have any.
    Balanced,
    /// One for each class, in the order of the labels.
    Given(Vec<f64>),
    /// Of some classes, by name or label; the others weigh 1.
    Named(Vec<(String, f64)>),
}

const WANTED: &str =
    "`none`, `balanced`, a weight for each class such as 1,50, or weights of some classes such as cat=50";

impl ClassWeights {
    /// The weight of each class of a data set, in the order of the labels; nothing if all count the same.
    ///
    /// # Errors
    /// When there is not one weight for each class, a class is not known, or the weight of a class that has training images is not a positive
    /// number.
    pub fn of(&self, dataset: &Dataset) -> Result<Option<Vec<f64>>> {
        let classes = &dataset.classes;
        let weights = match self {
            ClassWeights::None => return Ok(None),
            ClassWeights::Balanced => balanced(&dataset.train, classes.len()),
            ClassWeights::Given(weights) => weights.clone(),
            ClassWeights::Named(named) => {
                let mut weights = vec![1.0; classes.len()];
                let mut given = vec![false; classes.len()];
                for (name, weight) in named {
                    let class = class_index(classes, name)?;
                    if std::mem::replace(&mut given[class], true) {
                        return Err(Error::value(
                            "class weights",
                            "one weight a class",
                            format!("{name}, given twice,"),
                        ));
                    }
                    weights[class] = *weight;
                }
                weights
            }
        };
        check(&weights, dataset)?;
        Ok(Some(weights))
    }
}

/// Refuses weights that are not those of a data set's classes.
pub(super) fn check(weights: &[f64], dataset: &Dataset) -> Result<()> {
    let classes = &dataset.classes;
    if weights.len() != classes.len() {
        let expected = format!("{}, one for each class of {}", classes.len(), dataset.name);
        return Err(Error::value("class weights", expected, weights.len()));
    }
    let counts = counts(&dataset.train, classes.len());
    for ((&weight, name), count) in weights.iter().zip(classes).zip(counts) {
        let fits = weight.is_finite() && (weight > 0.0 || (count == 0 && weight == 0.0));
        if !fits {
            return Err(Error::value(
                "class weight",
                format!("a positive number, as `{name}` needs one"),
                weight,
            ));
        }
    }
    Ok(())
}

fn counts(train: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in train.labels() {
        if let Some(count) = counts.get_mut(label as usize) {
            *count += 1;
        }
    }
    counts
}

fn balanced(train: &Split, classes: usize) -> Vec<f64> {
    let counts = counts(train, classes);
    let present = counts.iter().filter(|&&count| count > 0).count();
    let weight = |&count: &usize| match count {
        // No image asks for it.
        0 => 0.0,
        count => train.len() as f64 / (present as f64 * count as f64),
    };
    counts.iter().map(weight).collect()
}

impl FromStr for ClassWeights {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::value("class weights", WANTED, text);
        let number = |part: &str| part.trim().parse::<f64>().map_err(|_| wrong());
        match text.trim() {
            "none" => Ok(ClassWeights::None),
            "balanced" => Ok(ClassWeights::Balanced),
            text if text.contains('=') => {
                // A name may have the sign in it.
                let named = text.split(',').map(|part| {
                    let (name, weight) = part.rsplit_once('=').ok_or_else(wrong)?;
                    Ok((name.trim().to_owned(), number(weight)?))
                });
                Ok(ClassWeights::Named(named.collect::<Result<_>>()?))
            }
            text => Ok(ClassWeights::Given(text.split(',').map(number).collect::<Result<_>>()?)),
        }
    }
}

impl fmt::Display for ClassWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: Vec<String>| parts.join(",");
        match self {
            ClassWeights::None => f.write_str("none"),
            ClassWeights::Balanced => f.write_str("balanced"),
            ClassWeights::Given(weights) => f.write_str(&joined(weights.iter().map(f64::to_string).collect())),
            ClassWeights::Named(named) => {
                let parts = named.iter().map(|(name, weight)| format!("{name}={weight}"));
                f.write_str(&joined(parts.collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 1,
    };

    /// Three of `a`, one of `2`, none of `b=c`.
    fn dataset() -> Dataset {
        let train = Split::new(vec![0.0; 4], vec![0, 0, 1, 0], SHAPE).unwrap();
        let empty = Split::empty(SHAPE);
        let classes = ["a", "2", "b=c"].map(str::to_owned).into();
        Dataset::new("three", classes, SHAPE, Bounds::UNIT, train, empty.clone(), empty).unwrap()
    }

    fn of(text: &str) -> std::result::Result<Option<Vec<f64>>, String> {
        let weights: ClassWeights = text.parse().map_err(|e: Error| e.to_string())?;
        let again: ClassWeights = weights.to_string().parse().unwrap();
        // Not the weights themselves: NaN is not equal to itself.
        assert_eq!(again.to_string(), weights.to_string());
        weights.of(&dataset()).map_err(|e| e.to_string())
    }

    #[test]
    fn weights_are_found_by_rule_place_and_name() {
        assert_eq!(of("none"), Ok(None));
        // Each class that has images weighs 2 in all.
        assert_eq!(of("balanced"), Ok(Some(vec![4.0 / 6.0, 2.0, 0.0])));
        assert_eq!(of("1, 2.5,1e3"), Ok(Some(vec![1.0, 2.5, 1e3])));
        assert_eq!(of("1,2,0"), Ok(Some(vec![1.0, 2.0, 0.0])), "no image has the third");
        // The exact name comes before the label.
        assert_eq!(of("2=7"), Ok(Some(vec![1.0, 7.0, 1.0])));
        assert_eq!(of("0=3,b=c=5"), Ok(Some(vec![3.0, 1.0, 5.0])));
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        assert_eq!(
            of("1,2"),
            Err("class weights: 2 is not 3, one for each class of three".into())
        );
        assert_eq!(
            of("0,1,1"),
            Err("class weight: 0 is not a positive number, as `a` needs one".into())
        );
        for text in ["1,-1,1", "1,nan,1", "a=inf"] {
            assert!(of(text).unwrap_err().contains("is not a positive number"), "{text}");
        }
        for text in ["heavy", "1,,2", "a=", ""] {
            assert!(of(text).unwrap_err().contains(WANTED), "{text}: {:?}", of(text));
        }
        assert!(of("d=2").unwrap_err().contains("unknown class `d`"), "{:?}", of("d=2"));
        assert!(
            of("a=2,0=3").unwrap_err().contains("given twice"),
            "{:?}",
            of("a=2,0=3")
        );
    }
}
