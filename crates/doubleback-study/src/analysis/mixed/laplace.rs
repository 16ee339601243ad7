//! The likelihood of a logistic model with crossed random effects, by Laplace's approximation.

use super::linear::{Factor, Square};

/// Newton steps at most; a dozen is usual.
const STEPS: usize = 100;
/// A step that gains less ends the search: the place is then right to about the square root of it, and after the step to about it.
const GAIN: f64 = 1e-9;

/// One answer.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// Which fixed effect it has.
    pub column: usize,
    /// The person.
    pub person: usize,
    /// The image.
    pub image: usize,
    /// 0 or 1.
    pub value: f64,
}

/// Answers, and how many fixed effects, people and images they have.
///
/// The logit of an answer is `fixed[column] + σ_people a[person] + σ_images c[image]`, with `a` and `c` standard normal. Written so (Bates et al. 2015),
/// a deviation of zero is a place as any other.
pub struct Model {
    observations: Vec<Observation>,
    columns: usize,
    people: usize,
    images: usize,
}

/// Effects, standardized; they go on from one likelihood to the next, which is near.
#[derive(Clone, Debug)]
pub struct Effects {
    /// Of people, then the fixed ones.
    pub dense: Vec<f64>,
    images: Vec<f64>,
}

impl Model {
    /// A model of these answers.
    pub fn new(mut observations: Vec<Observation>) -> Self {
        observations.sort_by_key(|one| (one.image, one.person));
        let most = |of: fn(&Observation) -> usize| observations.iter().map(|one| of(one) + 1).max().unwrap_or(0);
        Self {
            columns: most(|one| one.column),
            people: most(|one| one.person),
            images: most(|one| one.image),
            observations,
        }
    }

    /// How many people there are: fixed effects stand after theirs.
    pub fn people(&self) -> usize {
        self.people
    }

    /// How many fixed effects there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// No effect at all.
    pub fn start(&self) -> Effects {
        Effects {
            dense: vec![0.0; self.people + self.columns],
            images: vec![0.0; self.images],
        }
    }

    /// Logarithm of the likelihood at these deviations of people and images. With `free`, the fixed effects go to where the effects' joint density is
    /// greatest; else they stay as they are, and only random ones do. `None` if no such place is found.
    pub fn log_likelihood(&self, deviations: [f64; 2], effects: &mut Effects, free: bool) -> Option<f64> {
        let mut density = self.density(deviations, effects);
        let mut settled = false;
        for _ in 0..STEPS {
            let (step, determinant) = self.newton(deviations, effects, free)?;
            // The determinant is of the place itself, not of the one before the last step.
            if settled {
                return Some(density - determinant / 2.0);
            }
            let mut length = 1.0;
            let (next, reached) = loop {
                let next = effects.moved(&step, length);
                let reached = self.density(deviations, &next);
                if reached >= density || length < 1e-6 {
                    break (next, reached);
                }
                length /= 2.0;
            };
            // So small a loss is rounding.
            if reached.is_nan() || reached < density - 1e-8 {
                return None;
            }
            settled = reached - density < GAIN;
            (*effects, density) = (next, reached);
        }
        None
    }

    fn logit(&self, one: &Observation, [people, images]: [f64; 2], effects: &Effects) -> f64 {
        effects.dense[self.people + one.column]
            + people * effects.dense[one.person]
            + images * effects.images[one.image]
    }

    /// Logarithm of the joint density of answers and random effects, constants apart.
    fn density(&self, deviations: [f64; 2], effects: &Effects) -> f64 {
        let answers = self.observations.iter().map(|one| {
            let logit = self.logit(one, deviations, effects);
            // ln(1 + e^x), which no x makes overflow.
            one.value * logit - (logit.max(0.0) + (-logit.abs()).exp().ln_1p())
        });
        let random = effects.dense[..self.people].iter().chain(&effects.images);
        answers.sum::<f64>() - random.map(|effect| effect * effect).sum::<f64>() / 2.0
    }

    /// Newton's step, and the logarithm of the determinant of the random effects' part of the Hessian. Images, which are many and do not touch each other,
    /// are eliminated first.
    fn newton(&self, deviations: [f64; 2], effects: &Effects, free: bool) -> Option<(Effects, f64)> {
        let [people, images] = deviations;
        let size = if free { self.people + self.columns } else { self.people };
        let mut matrix = Square::identity(size, self.people);
        let mut right: Vec<f64> = effects.dense[..self.people].iter().map(|effect| -effect).collect();
        right.resize(size, 0.0);
        let mut eliminated: Vec<Eliminated> = Vec::new();
        let mut determinant = 0.0;
        for group in self.observations.chunk_by(|one, other| one.image == other.image) {
            let image = group[0].image;
            let mut own = Eliminated {
                image,
                gradient: -effects.images[image],
                curvature: 1.0,
                across: Vec::new(),
            };
            for one in group {
                let chance = 1.0 / (1.0 + (-self.logit(one, deviations, effects)).exp());
                let (slope, weight) = (one.value - chance, chance * (1.0 - chance));
                own.gradient += images * slope;
                own.curvature += images * images * weight;
                let fixed = free.then_some((self.people + one.column, 1.0));
                for (row, by) in [(one.person, people)].into_iter().chain(fixed) {
                    right[row] += by * slope;
                    own.across.push((row, by * images * weight));
                    for (column, other) in [(one.person, people)].into_iter().chain(fixed) {
                        matrix.add(row, column, by * other * weight);
                    }
                }
            }
            determinant += own.curvature.ln();
            for &(row, by) in &own.across {
                right[row] -= by * own.gradient / own.curvature;
                for &(column, other) in &own.across {
                    matrix.add(row, column, -by * other / own.curvature);
                }
            }
            eliminated.push(own);
        }
        let factor: Factor = matrix.cholesky()?;
        determinant += factor.log_determinant(self.people);
        let mut dense = factor.solve(right);
        let mut step = self.start();
        for own in eliminated {
            let across: f64 = own.across.iter().map(|&(row, by)| by * dense[row]).sum();
            step.images[own.image] = (own.gradient - across) / own.curvature;
        }
        dense.resize(self.people + self.columns, 0.0);
        step.dense = dense;
        Some((step, determinant))
    }
}

/// An image's equation.
struct Eliminated {
    image: usize,
    gradient: f64,
    curvature: f64,
    across: Vec<(usize, f64)>,
}

impl Effects {
    fn moved(&self, step: &Self, length: f64) -> Self {
        let along =
            |from: &[f64], step: &[f64]| from.iter().zip(step).map(|(from, step)| from + length * step).collect();
        Self {
            dense: along(&self.dense, &step.dense),
            images: along(&self.images, &step.images),
        }
    }
}
