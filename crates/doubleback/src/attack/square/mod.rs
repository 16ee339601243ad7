mod euclid;

use burn::tensor::Tensor;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::pixels::{Pixels, batch, room};
use super::{BoundedAttack, Cost, Ensemble, Goal, Norm, Perturbation, Standing};
use crate::data::ImageShape;
use crate::nn::{Change, Classifier, Loss, Nearby, nearby, predictions};
use crate::random::Stream;
use crate::{Error, Result};

/// After so many of 10,000 queries the share of values that a square changes is halved once more (Andriushchenko et al. 2020, section 5.1).
const HALVINGS: [usize; 9] = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];
/// So often a square is drawn again that would change nothing.
const REDRAWS: usize = 8;

/// Square attack (Andriushchenko, Croce, Flammarion & Hein 2020, algorithms 1 to 3): a random search that asks for no gradient. Each query changes a random
/// square of the best point so far, and is kept if the margin, the greatest other logit minus that of the class, grows.
///
/// In L∞ the search begins with vertical stripes of `± eps`, and a square is `± eps` in each channel. In L2 it begins with a grid of 5 by 5 bumps, and moves
/// the mass of one square to another as a new bump. The squares' share of the values begins at `initial_share` and is halved after 10, 50, 200, 500, 1000, 2000,
/// 4000, 6000 and 8000 queries, however many there are.
///
/// An image leaves as soon as a query reaches the goal; one that is misclassified unperturbed is left as it is. What is drawn depends on the seed, the restart
/// and the image alone.
///
/// Departures from the authors' program: squares reach the last row and column, and a square that would change nothing is drawn again (at most eight times)
/// instead of being asked.
///
/// A query is a forward pass of all images that are left, of which a network on the processor computes only what the squares reach ([`Nearby`]). An
/// example that reaches the goal so is asked about again as a whole image, and that is what counts.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Goal, Square, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run(&model, &Square::default(), &images, &Goal::AwayFrom(vec![0]), &[0.1])?;
/// assert_eq!(attacked.by_eps[0].success, [true]);
/// assert_eq!(attacked.by_eps[0].cost.gradients, [0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    /// The norm that eps bounds.
    pub norm: Norm,
    /// Forward passes to spend on an image, at least 1.
    pub queries: usize,
    /// Share of the values that the first squares change, above 0, at most 1: the paper's p.
    pub initial_share: f64,
    /// Seed of what is drawn.
    pub seed: u64,
    /// Which search of this seed it is, from 0.
    pub restart: u64,
}

impl Default for Square {
    /// 5,000 queries from a share of 0.8 in L∞, as in the ensemble of Croce & Hein 2020.
    fn default() -> Self {
        Self {
            norm: Norm::default(),
            queries: 5000,
            initial_share: 0.8,
            seed: 0,
            restart: 0,
        }
    }
}

impl Square {
    /// The best of so many searches for each image, as [`Ensemble`] has it.
    ///
    /// # Errors
    /// When there are none.
    pub fn restarts(self, restarts: usize) -> Result<Ensemble> {
        Ensemble::of_starts(restarts, Loss::Margin, move |number| {
            let restart = self.restart.wrapping_add(number);
            Box::new(Square { restart, ..self })
        })
    }

    /// Share of the values that a square changes after so many queries.
    fn share(&self, queries: usize) -> f64 {
        let halvings = HALVINGS.iter().filter(|&&after| queries > after).count();
        self.initial_share / f64::from(1u32 << halvings)
    }

    fn check(&self) -> Result<()> {
        if self.queries == 0 {
            return Err(Error::value("queries", "at least 1", self.queries));
        }
        if !(self.initial_share > 0.0 && self.initial_share <= 1.0) {
            return Err(Error::value(
                "initial share",
                "above 0 and at most 1",
                self.initial_share,
            ));
        }
        Ok(())
    }
}

/// What is drawn within.
struct Field<'a> {
    /// Channels, height and width.
    dims: [usize; 3],
    image: &'a [f32],
    bounds: crate::data::Bounds,
    eps: f64,
}

impl Field<'_> {
    /// The nearest value that has room, of the image's value at a place changed by `change`.
    fn moved(&self, place: usize, change: f64) -> f32 {
        let own = self.image[place];
        let [low, high] = room(own, self.bounds);
        ((f64::from(own) + change) as f32).clamp(low, high)
    }

    /// Side of a square of a share of the values, at least `least`, at most as the image has.
    fn side(&self, share: f64, least: usize) -> usize {
        let [_, height, width] = self.dims;
        let side = (share * (height * width) as f64).sqrt().round() as usize;
        side.max(least).min(height.min(width)).max(1)
    }

    /// Stripes from top to bottom, each channel by itself.
    fn stripes(&self, random: &mut ChaCha8Rng) -> Vec<f32> {
        let [channels, height, width] = self.dims;
        let mut point = self.image.to_vec();
        for channel in 0..channels {
            for column in 0..width {
                let change = sign(random) * self.eps;
                for row in 0..height {
                    let place = (channel * height + row) * width + column;
                    point[place] = self.moved(place, change);
                }
            }
        }
        point
    }

    /// The point with a square of `± eps`: what is in the square.
    fn square(&self, point: &[f32], share: f64, random: &mut ChaCha8Rng) -> Window {
        let [channels, height, width] = self.dims;
        let side = self.side(share, 1);
        let mut window = Window {
            at: [0; 2],
            size: [side; 2],
            values: Vec::with_capacity(channels * side * side),
        };
        for _ in 0..=REDRAWS {
            let (top, left) = (
                random.random_range(0..=height - side),
                random.random_range(0..=width - side),
            );
            window.at = [top, left];
            window.values.clear();
            let mut changed = false;
            for channel in 0..channels {
                let change = sign(random) * self.eps;
                for row in top..top + side {
                    let start = (channel * height + row) * width;
                    let places = start + left..start + left + side;
                    for (place, &old) in places.clone().zip(&point[places]) {
                        let value = self.moved(place, change);
                        changed |= value != old;
                        window.values.push(value);
                    }
                }
            }
            if changed {
                break;
            }
        }
        window
    }

    /// All of a point.
    fn whole(&self, values: Vec<f32>) -> Window {
        Window {
            at: [0; 2],
            size: [self.dims[1], self.dims[2]],
            values,
        }
    }
}

/// What a query changes of the best point.
struct Window {
    at: [usize; 2],
    size: [usize; 2],
    values: Vec<f32>,
}

/// 1 or -1.
fn sign(random: &mut ChaCha8Rng) -> f64 {
    if random.random::<bool>() { 1.0 } else { -1.0 }
}

/// An image that is searched.
struct Search<'a> {
    field: Field<'a>,
    random: ChaCha8Rng,
    best: Vec<f32>,
    asked: Window,
    /// The margin, of which more is better.
    loss: f64,
    queries: usize,
}

impl Search<'_> {
    /// The point to ask for next.
    fn propose(&mut self, attack: &Square, query: usize) {
        let Self {
            field, random, best, ..
        } = self;
        self.asked = match (attack.norm, query) {
            (Norm::Linf, 0) => field.whole(field.stripes(random)),
            (Norm::L2, 0) => field.whole(field.grid(random)),
            (Norm::Linf, query) => field.square(best, attack.share(query - 1), random),
            (Norm::L2, query) => field.whole(field.with_bump(best, attack.share(query - 1), random)),
        };
    }

    /// The point that is asked for.
    fn changed(&self, shape: ImageShape) -> Vec<f32> {
        let mut point = self.best.clone();
        self.change(0).write(&mut point, shape);
        point
    }

    /// What is asked for, as a change of the image at a place of the batch.
    fn change(&self, image: usize) -> Change<'_> {
        Change {
            image,
            at: self.asked.at,
            size: self.asked.size,
            values: &self.asked.values,
        }
    }
}

/// What the model says of a point.
struct Answer {
    reached: bool,
    /// As [`Search::loss`].
    loss: f64,
}

/// What the model says of the points that are asked for, by the changes that make them of the best ones.
fn answers(
    model: &dyn Classifier,
    asked: &dyn Nearby,
    changes: &[Change<'_>],
    goal: &Goal,
    searches: &[&mut Search<'_>],
    images: &Tensor<4>,
) -> Result<Vec<Answer>> {
    let of = |logits: Tensor<2>, goal: &Goal| -> Result<Vec<Answer>> {
        let reached = goal.reached(&predictions(&logits)?);
        let losses = Loss::Margin.values(&logits, goal.classes())?;
        let answers = reached.into_iter().zip(losses);
        Ok(answers
            .map(|(reached, loss)| Answer {
                reached,
                loss: loss * goal.sign(),
            })
            .collect())
    };
    let mut answers = of(asked.logits(changes)?, goal)?;
    // A window may be rounded otherwise than a whole image, and it is the whole image that must reach the goal.
    let rows: Vec<usize> = (0..answers.len()).filter(|&row| answers[row].reached).collect();
    if !rows.is_empty() {
        let points: Vec<Vec<f32>> = rows.iter().map(|&row| searches[row].changed(model.shape())).collect();
        let logits = model.logits(batch(points.iter().map(Vec::as_slice), images))?;
        for (&row, answer) in rows.iter().zip(of(logits, &goal.of(&rows))?) {
            answers[row] = answer;
        }
    }
    Ok(answers)
}

impl BoundedAttack for Square {
    fn norm(&self) -> Norm {
        self.norm
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        self.check()?;
        let shape = model.shape();
        let pixels = Pixels::of(images, model)?;
        let logits = model.logits(images.clone())?;
        let reached = goal.reached(&predictions(&logits)?);
        let unperturbed = Loss::Margin.values(&logits, goal.classes())?;
        let open: Vec<bool> = reached.iter().map(|reached| !reached).collect();
        let n = open.len();
        let mut found = Perturbation {
            images: Vec::with_capacity(eps.len()),
            zero_gradient: vec![false; n],
            cost: Vec::with_capacity(eps.len()),
        };
        for &eps in eps {
            let mut searches: Vec<Search<'_>> = pixels
                .iter()
                .zip(&unperturbed)
                .map(|(image, &loss)| Search {
                    field: Field {
                        dims: [shape.channels, shape.height, shape.width],
                        image,
                        bounds: model.bounds(),
                        eps,
                    },
                    random: Stream::AttackStart {
                        image,
                        restart: self.restart,
                    }
                    .of(self.seed),
                    best: image.to_vec(),
                    asked: Window {
                        at: [0; 2],
                        size: [0; 2],
                        values: Vec::new(),
                    },
                    loss: loss * goal.sign(),
                    queries: 1,
                })
                .collect();
            let mut standing = Standing::of(&open);
            let mut asked = nearby(model, images)?;
            for query in 0..self.queries {
                if standing.is_empty() {
                    break;
                }
                let goal = standing.goal(goal);
                let places = standing.places().to_vec();
                let mut active = standing.select(&mut searches);
                active.par_iter_mut().for_each(|search| search.propose(self, query));
                let changes: Vec<Change<'_>> = active
                    .iter()
                    .zip(&places)
                    .map(|(search, &place)| search.change(place))
                    .collect();
                let answers = answers(model, &*asked, &changes, &goal, &active, images)?;
                // The search goes on from its first point even where the image itself is farther from its class.
                let better =
                    |search: &Search<'_>, answer: &Answer| answer.reached || answer.loss > search.loss || query == 0;
                let better: Vec<bool> = active
                    .iter()
                    .zip(&answers)
                    .map(|(search, answer)| better(search, answer))
                    .collect();
                let going_on = changes
                    .iter()
                    .zip(&answers)
                    .zip(&better)
                    .filter(|((_, answer), better)| **better && !answer.reached);
                asked.keep(&going_on.map(|((change, _), _)| *change).collect::<Vec<_>>())?;
                drop(changes);
                for ((search, answer), better) in active.into_iter().zip(&answers).zip(better) {
                    search.queries += 1;
                    if better {
                        search.best = search.changed(shape);
                        search.loss = answer.loss;
                    }
                }
                standing.keep(&answers.iter().map(|answer| !answer.reached).collect::<Vec<_>>());
            }
            // The image itself, where no point is better.
            let example = |(search, &loss): (&'_ Search<'_>, &f64)| {
                let better = search.loss >= loss * goal.sign();
                if better {
                    search.best.clone()
                } else {
                    search.field.image.to_vec()
                }
            };
            let examples: Vec<Vec<f32>> = searches.iter().zip(&unperturbed).map(example).collect();
            found.images.push(batch(examples.iter().map(Vec::as_slice), images));
            found.cost.push(Cost {
                gradients: vec![0; n],
                forwards: searches.iter().map(|search| search.queries).collect(),
            });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::data::Bounds;

    #[test]
    fn squares_shrink_as_published() {
        let share = |queries| Square::default().share(queries);
        assert_eq!([share(0), share(10), share(11), share(300)], [0.8, 0.8, 0.4, 0.1]);
        assert_eq!([share(5000), share(9000)], [0.8 / 128.0, 0.8 / 512.0]);
    }

    /// Also the last row and column; within eps and the bounds; and something always changes.
    #[test]
    fn squares_cover_the_whole_image() {
        let image: Vec<f32> = (0..2 * 5 * 4).map(|i| i as f32 / 39.0).collect();
        let field = Field {
            dims: [2, 5, 4],
            image: &image,
            bounds: Bounds::UNIT,
            eps: 0.25,
        };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut touched = vec![false; image.len()];
        let mut point = field.stripes(&mut random);
        for _ in 0..300 {
            let square = field.square(&point, 0.05, &mut random);
            let mut next = point.clone();
            let change = Change {
                image: 0,
                at: square.at,
                size: square.size,
                values: &square.values,
            };
            let shape = ImageShape {
                channels: 2,
                height: 5,
                width: 4,
            };
            change.write(&mut next, shape);
            let changed = next.iter().zip(&point).filter(|(a, b)| a != b).count();
            assert!((1..=2).contains(&changed));
            for (place, touched) in touched.iter_mut().enumerate() {
                *touched |= next[place] != point[place];
                assert!((next[place] - image[place]).abs() <= 0.25 + 1e-6 && (0.0..=1.0).contains(&next[place]));
            }
            point = next;
        }
        assert!(touched.iter().all(|&touched| touched));
    }
}
