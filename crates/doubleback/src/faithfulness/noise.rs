use rand::Rng;

/// A number of the standard normal distribution (Box & Muller 1958).
pub(super) fn normal(random: &mut impl Rng) -> f64 {
    // The radius is not infinite: 1 minus a number below 1 is not 0.
    let [radius, angle] = [1.0 - random.random::<f64>(), random.random::<f64>()];
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
