//! The losses of the game, one a function. D's outputs are logits of "real"; logarithms of sigmoids are taken without overflow.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

use crate::nn::cross_entropy;

/// `-E log D(x) - E log(1 - D(G(l(x), z)))`: what the discriminator minimises (Goodfellow et al. 2014).
///
/// # Shapes
/// Both `[n, 1]`, logits of D; the counts may differ.
pub fn discriminator_loss(real: Tensor<2>, generated: Tensor<2>) -> Tensor<1> {
    // log(1 - σ(a)) = log σ(-a)
    -log_sigmoid(real).mean() - log_sigmoid(-generated).mean()
}

/// `-E log D(G(l(x), z))`: what a generator minimises in place of `E log(1 - D)`, which is flat where D wins (the non-saturating form).
///
/// # Shapes
/// `[n, 1]`, logits of D.
pub fn adversarial_loss(generated: Tensor<2>) -> Tensor<1> {
    -log_sigmoid(generated).mean()
}

/// `-E Σ_y p_f(y|x) log Q(y | G(l(x), z))`: the bound of InfoGAN (Chen et al. 2016) on the information between class and image, with the
/// classifier's own probabilities in place of a drawn class.
///
/// # Shapes
/// - `recognised`: `[n, classes]`, logits of Q
/// - `predicted`: `[n, classes]`, probabilities
pub fn class_loss(recognised: &Tensor<2>, predicted: &Tensor<2>) -> Tensor<1> {
    cross_entropy(recognised, predicted)
}

/// `-E log Q(y|x)` of real labelled images: holds Q's classes to those of the data, so that Q and G cannot agree on a code of their own.
///
/// # Shapes
/// - `recognised`: `[n, classes]`, logits of Q
/// - `labels`: `[n, classes]`, zeros and ones
pub fn anchor_loss(recognised: &Tensor<2>, labels: &Tensor<2>) -> Tensor<1> {
    cross_entropy(recognised, labels)
}

/// `E ‖z - Q_z(G(l(x), z))‖² / values`: the same bound for the noise, a Gaussian of fixed width in place of a class. It keeps the images of
/// a vector from being the same whatever z is.
///
/// # Shapes
/// Both `[n, values]`.
pub fn noise_loss(recognised: Tensor<2>, z: Tensor<2>) -> Tensor<1> {
    (recognised - z).square().mean()
}

/// `E ‖u(G(l(x), z)) - u(x)‖² / dim(l)`, a bound on the information about the latent that the image carries; `u` is the standardised latent.
///
/// # Shapes
/// Both `[n, height, width, channels]`.
pub fn latent_loss(of_generated: Tensor<4>, of_real: Tensor<4>) -> Tensor<1> {
    (of_generated - of_real).square().mean()
}
