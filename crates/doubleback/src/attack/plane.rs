//! The shortest way from a point to a plane within the room of its values.

use super::Norm;

/// A direction in which a point of an image is moved, with the room that each value has.
pub(super) struct Way<'a> {
    /// The point.
    pub from: &'a [f32],
    /// Gradient of what is to change: the plane's normal.
    pub normal: &'a [f32],
    /// Least and greatest value of each place.
    pub room: &'a [[f32; 2]],
}

impl Way<'_> {
    /// The shortest `δ` with `normal · δ = change` within the room; if there is none, the `δ` within the room that comes nearest.
    ///
    /// In L∞ it is `δ_i = ± min(t, room_i)`, in L2 `δ_i = ± min(t |normal_i|, room_i)`, each in the direction that helps (Croce & Hein 2020, "Minimally
    /// distorted adversarial examples with a fast adaptive boundary attack", eq. 5 to 8). How much is gained grows with `t` piece by piece ever more slowly, so
    /// Newton's method from `t = 0` never goes too far, passes the end of a piece in every step, and ends at the exact `t` on the last one, without sorting.
    pub fn shortest(&self, norm: Norm, change: f64) -> Vec<f64> {
        let towards = change.signum();
        let places = || self.from.iter().zip(self.normal).zip(self.room);
        // Of each value that helps: what a unit of it is worth, how fast it moves, how far it may.
        let helping = |((&from, &normal), &[low, high]): ((&f32, &f32), &[f32; 2])| {
            let worth = f64::from(normal) * towards;
            let room = if worth > 0.0 {
                f64::from(high) - f64::from(from)
            } else {
                f64::from(from) - f64::from(low)
            };
            let speed = match norm {
                Norm::Linf => 1.0,
                Norm::L2 => worth.abs(),
            };
            (worth, speed, if worth == 0.0 { 0.0 } else { room.max(0.0) })
        };
        let wanted = change.abs();
        let (mut t, mut gained) = (0.0, 0.0);
        if wanted > 0.0 && wanted.is_finite() {
            loop {
                let slope: f64 = places()
                    .map(helping)
                    .filter(|&(_, speed, room)| t * speed < room)
                    .map(|(worth, speed, _)| worth.abs() * speed)
                    .sum();
                let next = t + (wanted - gained) / slope;
                // No value is left that could move, or the step is lost in rounding.
                if !(slope > 0.0 && next.is_finite() && next > t) {
                    break;
                }
                t = next;
                let gain: f64 = places()
                    .map(helping)
                    .map(|(worth, speed, room)| worth.abs() * (t * speed).min(room))
                    .sum();
                if gain <= gained || gain >= wanted * (1.0 - 1e-12) {
                    break;
                }
                gained = gain;
            }
        }
        places()
            .map(|place| {
                let (worth, speed, room) = helping(place);
                worth.signum() * (t * speed).min(room)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::attack::Metric;

    const UNIT: [[f32; 2]; 4] = [[0.0, 1.0]; 4];

    fn way<'a>(from: &'a [f32; 4], normal: &'a [f32; 4]) -> Way<'a> {
        Way {
            from,
            normal,
            room: &UNIT,
        }
    }

    #[test]
    fn closed_forms() {
        let (middle, normal) = ([0.5; 4], [1.0, -2.0, 2.0, 4.0]);
        let near = |found: Vec<f64>, expected: [f64; 4]| {
            assert!(
                found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7),
                "{found:?} {expected:?}"
            );
        };
        near(
            way(&middle, &normal).shortest(Norm::L2, -0.5),
            [-0.02, 0.04, -0.04, -0.08],
        );
        let ninth = 0.5 / 9.0;
        near(
            way(&middle, &normal).shortest(Norm::Linf, -0.5),
            [-ninth, ninth, -ninth, -ninth],
        );
        // The last value has room for 0.05: it is worth 0.2 and the others make up for the rest.
        let edge = [0.5, 0.5, 0.5, 0.95];
        near(way(&edge, &normal).shortest(Norm::Linf, 0.5), [0.06, -0.06, 0.06, 0.05]);
        near(
            way(&edge, &normal).shortest(Norm::L2, 0.5),
            [0.3 / 9.0, -0.6 / 9.0, 0.6 / 9.0, 0.05],
        );
        // Out of reach, and nowhere to go.
        near(way(&edge, &normal).shortest(Norm::L2, 50.0), [0.5, -0.5, 0.5, 0.05]);
        near(way(&edge, &[0.0; 4]).shortest(Norm::Linf, 1.0), [0.0; 4]);
        near(way(&edge, &normal).shortest(Norm::Linf, 0.0), [0.0; 4]);
    }

    proptest! {
        /// On the plane where there is a way; and no way along the plane from there, within the room, is shorter.
        #[test]
        fn ways_end_on_the_plane_and_are_shortest(
            from in prop::array::uniform4(0f32..=1.0),
            normal in prop::array::uniform4(-3f32..3.0),
            share in -0.95f64..0.95,
            turn in prop::array::uniform4(-1f64..1.0),
        ) {
            let most: f64 = (0..4).map(|i| {
                let worth = f64::from(normal[i]) * share.signum();
                let room = if worth > 0.0 { 1.0 - f64::from(from[i]) } else { f64::from(from[i]) };
                worth.abs() * room
            }).sum();
            let change = share * most;
            for norm in Norm::ALL {
                let found = way(&from, &normal).shortest(norm, change);
                let gained: f64 = found.iter().zip(normal).map(|(d, w)| d * f64::from(w)).sum();
                prop_assert!((gained - change).abs() < 1e-9, "{norm}: {gained} is not {change}");
                let squares: f64 = normal.iter().map(|&w| f64::from(w).powi(2)).sum();
                let off: f64 = turn.iter().zip(normal).map(|(t, w)| t * f64::from(w)).sum();
                let turned: Vec<f64> = (0..4).map(|i| {
                    let along = if squares > 0.0 { turn[i] - off / squares * f64::from(normal[i]) } else { 0.0 };
                    found[i] + 0.01 * along
                }).collect();
                if turned.iter().zip(from).all(|(d, x)| (0.0..=1.0).contains(&(f64::from(x) + d))) {
                    let [a, b] = [&found, &turned].map(|of| Metric::from(norm).length(of.iter().copied()));
                    prop_assert!(a <= b + 1e-9, "{norm}: {a} is longer than {b}");
                }
            }
        }
    }
}
