use crate::{Error, Result};

/// What an attack wants the model to say of each image of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Any class but these, which are mostly the true ones.
    AwayFrom(Vec<usize>),
    /// These classes.
    Towards(Vec<usize>),
}

impl Goal {
    /// By image: the class to leave or to reach, which is the one that losses are taken with.
    pub fn classes(&self) -> &[usize] {
        match self {
            Goal::AwayFrom(classes) | Goal::Towards(classes) => classes,
        }
    }

    /// By image: whether a prediction is what was wanted.
    pub fn reached(&self, predictions: &[usize]) -> Vec<bool> {
        let wanted = matches!(self, Goal::Towards(_));
        let answers = predictions.iter().zip(self.classes());
        answers
            .map(|(prediction, class)| (prediction == class) == wanted)
            .collect()
    }

    /// The goal of the images at some places of the batch; a place that the batch does not have is left out, which [`check`](Self::check) refuses.
    pub fn of(&self, places: &[usize]) -> Goal {
        let classes = places
            .iter()
            .filter_map(|&place| self.classes().get(place).copied())
            .collect();
        match self {
            Goal::AwayFrom(_) => Goal::AwayFrom(classes),
            Goal::Towards(_) => Goal::Towards(classes),
        }
    }

    /// Refuses a goal that is not one class of the model for each image.
    ///
    /// # Errors
    /// Says what would fit.
    pub fn check(&self, images: usize, classes: usize) -> Result<()> {
        if self.classes().len() != images {
            return Err(Error::shape("labels", images, self.classes().len()));
        }
        match self.classes().iter().find(|&&class| class >= classes) {
            Some(class) => Err(Error::value(
                "label",
                format!("below the {classes} classes of the model"),
                class,
            )),
            None => Ok(()),
        }
    }

    /// 1 if a loss with these classes is to grow, -1 if it is to fall.
    pub(super) fn sign(&self) -> f64 {
        match self {
            Goal::AwayFrom(_) => 1.0,
            Goal::Towards(_) => -1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_reached_by_other_classes_or_by_the_target() {
        let classes = vec![0, 1, 2];
        let predictions = [0, 2, 2];
        let (away, towards) = (Goal::AwayFrom(classes.clone()), Goal::Towards(classes));
        assert_eq!(away.reached(&predictions), [false, true, false]);
        assert_eq!(towards.reached(&predictions), [true, false, true]);
        assert_eq!(towards.of(&[2, 0]), Goal::Towards(vec![2, 0]));
        assert!(away.check(3, 3).is_ok());
        assert_eq!(
            away.check(3, 2).unwrap_err().to_string(),
            "label: 2 is not below the 2 classes of the model"
        );
        assert!(away.check(2, 3).is_err());
    }
}
