//! What a study is made from.

use std::collections::HashSet;
use std::path::Path;

use doubleback::attack::{AttackSpec, Ifgsm, JsmaSpec, Target};
use doubleback::data::Dataset;
use doubleback::device::Device;
use doubleback::nn::{Classifier as _, ModelCard, Network};
use doubleback::train::DefenseKind;

use crate::folder::{Role, Texts};
use crate::{Error, Result};

/// Test images of each class that are attacked, as in the paper.
pub const DEFAULT_PER_CLASS: usize = 5;

/// What participants see as the study's name.
pub const DEFAULT_TITLE: &str = "What do you see?";

/// Length of a step of iterated TGSM, as in the paper's Figure 11.
const EPS: f64 = 0.1;

/// A model whose adversarial examples are shown.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What results call it by.
    pub name: &'a str,
    /// What it is in the comparison; none to go by what its file says ([`role_of`]).
    pub role: Option<Role>,
    /// Its file, as the manifest is to have it.
    pub file: &'a str,
    /// The model.
    pub network: &'a Network,
    /// What its file says of it.
    pub card: &'a ModelCard,
}

/// What a new study is to be.
#[derive(Clone)]
pub struct Request<'a> {
    /// The study's folder, which is not there yet, or empty.
    pub folder: &'a Path,
    /// The models, one or more.
    pub models: &'a [Subject<'a>],
    /// The data whose test images are attacked, its classes in the order of the models' logits, as [`fit`](doubleback::evaluate::fit) gives it.
    pub dataset: &'a Dataset,
    /// Where to compute.
    pub device: &'a Device,
    /// The attack, towards every other class of an image; none for [`default_attack`].
    pub attack: Option<AttackSpec>,
    /// Sizes to try of an attack that is given one, of which the smallest that works is taken; empty for the default of the default attack, and for attacks
    /// that take none.
    pub eps: Vec<f64>,
    /// The first so many test images of each class are attacked.
    pub per_class: usize,
    /// Seed of all that is drawn.
    pub seed: u64,
    /// What participants see as the study's name.
    pub title: String,
    /// What participants read.
    pub texts: Texts,
    /// Whether fewer candidates than the protocol wants, in any cell, are an error.
    pub strict: bool,
}

impl<'a> Request<'a> {
    /// The paper's protocol with the default attack.
    pub fn new(folder: &'a Path, models: &'a [Subject<'a>], dataset: &'a Dataset, device: &'a Device) -> Self {
        Self {
            folder,
            models,
            dataset,
            device,
            attack: None,
            eps: Vec::new(),
            per_class: DEFAULT_PER_CLASS,
            seed: 0,
            title: DEFAULT_TITLE.to_owned(),
            texts: Texts::default(),
            strict: false,
        }
    }

    /// The attack and its sizes in ascending order, once all settings are known to go together.
    pub(super) fn checked(&self) -> Result<(AttackSpec, Vec<f64>)> {
        self.check_models()?;
        let setting = |text: String| Err(Error::Setting(text));
        if self.title.trim().is_empty() || self.title.chars().any(char::is_control) {
            return setting("title: expected one line of text that participants see as the study's name".to_owned());
        }
        if self.per_class == 0 {
            return setting("images per class: 0, expected at least 1".to_owned());
        }
        if self.dataset.test.is_empty() {
            return setting(format!("{} has no test images. Give data that has", self.dataset.name));
        }
        if self.dataset.classes.len() < 2 {
            return setting(format!(
                "{} has one class, and nothing to mistake it for",
                self.dataset.name
            ));
        }
        let (spec, eps) = match &self.attack {
            Some(spec) => (spec.clone(), self.eps.clone()),
            None => {
                let (spec, eps) = default_attack(self.dataset);
                (spec, if self.eps.is_empty() { eps } else { self.eps.clone() })
            }
        };
        let options = spec.options()?;
        if options.get("target").is_some_and(|target| target != "next") {
            return setting("target: a study aims at every other class of an image. Leave it out".to_owned());
        }
        let attack = spec.attack()?;
        if attack.takes_eps() && eps.is_empty() {
            return setting(format!(
                "`{}` needs a size. Give one eps, or several to try",
                spec.name()
            ));
        }
        if let (false, None, Some(eps)) = (attack.takes_eps(), attack.nearest_in(), eps.first()) {
            return Err(attack.refuse_eps(eps).into());
        }
        for subject in self.models {
            attack.check_eps(&eps, subject.network)?;
        }
        Ok((spec, ascending(eps)))
    }

    fn check_models(&self) -> Result<()> {
        let setting = |text: String| Err(Error::Setting(text));
        if self.models.is_empty() {
            return setting("models: none, expected at least one. Give those that are to be compared".to_owned());
        }
        let mut names = HashSet::new();
        for subject in self.models {
            let name = subject.name;
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                return setting(format!("{}: its name has to be one line of text", subject.file));
            }
            if !names.insert(name) {
                return setting(format!("model: two are called `{name}`. Give each a name of its own"));
            }
            let (shape, classes) = (subject.network.shape(), subject.network.classes());
            if shape != self.dataset.shape || classes != self.dataset.classes.len() {
                let (name, found, of_data) = (&self.dataset.name, self.dataset.shape, self.dataset.classes.len());
                return setting(format!(
                    "{}: takes images of {shape} and has {classes} classes; {name} has images of {found} and {of_data} classes. Give models of these data",
                    subject.file
                ));
            }
        }
        Ok(())
    }
}

/// The attack of the paper's study on such data, with its sizes: JSMA on gray images of 28 x 28, as MNIST's are, otherwise iterated TGSM in steps of 0.1, of
/// which SVHN has 15 and others have 10.
pub fn default_attack(dataset: &Dataset) -> (AttackSpec, Vec<f64>) {
    let shape = dataset.shape;
    if [shape.channels, shape.height, shape.width] == [1, 28, 28] {
        return (AttackSpec::Jsma(JsmaSpec::default()), Vec::new());
    }
    let target = Target::default();
    let steps = match dataset.name.as_str() {
        "svhn" => 15,
        _ => Ifgsm::default().steps,
    };
    (AttackSpec::Itgsm { steps, target }, vec![EPS])
}

/// What a model is by what its file says of its training: the defense. [`Role::Regularized`] are penalties on an input gradient alone; what was trained
/// with a penalty and adversarial examples is [`Role::Other`], as is a model that says nothing.
pub fn role_of(card: &ModelCard) -> Role {
    let defense = card.get("defense").and_then(|name| name.parse::<DefenseKind>().ok());
    match defense {
        Some(DefenseKind::Normal) => Role::Normal,
        Some(DefenseKind::Distillation) => Role::Distilled,
        Some(
            DefenseKind::DoubleBackprop
            | DefenseKind::CertaintySensitivity
            | DefenseKind::DistilledLabel
            | DefenseKind::Entropy,
        ) => Role::Regularized,
        Some(DefenseKind::AdversarialTraining | DefenseKind::PgdTraining | DefenseKind::Trades | DefenseKind::Both)
        | None => Role::Other,
    }
}

/// Sorted, each once.
fn ascending(mut eps: Vec<f64>) -> Vec<f64> {
    eps.sort_by(f64::total_cmp);
    eps.dedup();
    eps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_role_is_what_its_defense_says() {
        let of = |defense: &str| role_of(&ModelCard::from([("defense".to_owned(), defense.to_owned())]));
        let expected = [
            Role::Normal,
            Role::Distilled,
            Role::Regularized,
            Role::Other,
            Role::Other,
            Role::Other,
        ];
        assert_eq!(
            ["normal", "distilled", "doubleback", "both", "pgd", "?"].map(of),
            expected
        );
        assert_eq!(role_of(&ModelCard::new()), Role::Other);
    }

    #[test]
    fn sizes_are_tried_from_the_smallest() {
        assert_eq!(ascending(vec![0.3, 0.1, 0.3, 0.2]), [0.1, 0.2, 0.3]);
    }
}
