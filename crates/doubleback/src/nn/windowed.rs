use std::ops::Range;

use burn::tensor::{DType, Device, Tensor, TensorData};
use rayon::prelude::*;

use super::classifier::{Classifier, check_images};
use super::cost::multiply_adds;
use super::layers::Size;
use super::layout::to_nhwc;
use super::loss::to_vec;
use super::mode::Mode;
use super::nearby::{Change, Nearby, check_changes, check_some};
use super::network::Network;
use super::reach::{Reach, reaches};
use crate::Result;
use crate::stop::Stop;

/// The share of an image's side that windows are expected to have when it is decided up to where pieces of images are computed.
const EXPECTED_SHARE: usize = 8;

/// What reading and writing a value costs, in multiplications of a convolution.
const VALUE: f64 = 10.0;

/// Pieces of more than this share of the image are not worth their copying.
const LARGEST_PIECE: f64 = 0.7;

/// A network is not asked in pieces that spare it less than this share of a forward pass.
const LEAST_GAIN: f64 = 0.2;

/// Images of which the latents at one value of the network are kept: where a window changes, a piece of the image is run up to there, and what of it the window
/// reaches replaces the kept latent's.
pub(super) struct Windowed<'a> {
    network: &'a Network,
    /// The value up to which pieces are run, which is all that later layers see.
    value: usize,
    /// What it sees along height and width.
    reach: [Reach; 2],
    image: Size,
    latent: Size,
    /// `[n, height, width, channels]`.
    images: Vec<f32>,
    /// The same of the value.
    latents: Vec<f32>,
}

/// A piece of the images.
#[derive(Clone, Copy)]
struct Piece {
    size: [usize; 2],
    whole: bool,
}

impl<'a> Windowed<'a> {
    /// Where it spares something; on a processor, for values that are not on a tape.
    ///
    /// # Errors
    /// When the images do not fit the network.
    pub fn new(network: &'a Network, images: &Tensor<4>) -> Result<Option<Self>> {
        check_images(network.shape(), network.dtype(), images)?;
        let plain = *network.device() == Device::flex() && images.dtype() == DType::F32 && !images.is_autodiff();
        let Some((value, reach)) = cut(network)?.filter(|_| plain) else {
            return Ok(None);
        };
        let sizes = network.architecture().sizes()?;
        let mut windowed = Self {
            network,
            value,
            reach,
            image: sizes[0],
            latent: sizes[value],
            images: to_vec(to_nhwc(images.clone()))?,
            latents: Vec::new(),
        };
        let length = count(windowed.image);
        let latents = windowed.in_portions(images.dims()[0], |range| {
            let whole = windowed.images[range.start * length..range.end * length].to_vec();
            windowed.latents_of(whole, [windowed.image[0], windowed.image[1]])
        })?;
        windowed.latents = latents.concat();
        Ok(Some(windowed))
    }

    /// What `work` gives of each portion of `n` changes or images.
    fn in_portions<T: Send>(&self, n: usize, work: impl Fn(Range<usize>) -> Result<T> + Sync) -> Result<Vec<T>> {
        let stop = Stop::of_this_thread();
        let portions = self.network.portions().ranges(n);
        portions
            .into_par_iter()
            .map(|range| stop.known(|| work(range)))
            .collect()
    }

    /// The value of pieces of images, row by row.
    fn latents_of(&self, pieces: Vec<f32>, [height, width]: [usize; 2]) -> Result<Vec<f32>> {
        let pieces = self.tensor(pieces, [height, width, self.image[2]]);
        let run = self
            .network
            .run(0..self.value, pieces, &[self.value], &mut |_| (), &mut Mode::Inference);
        to_vec(run?.0)
    }

    fn tensor(&self, values: Vec<f32>, size: Size) -> Tensor<4> {
        let n = values.len() / count(size);
        Tensor::from_data(
            TensorData::new(values, [n, size[0], size[1], size[2]]),
            self.network.device(),
        )
    }

    /// One for all changes.
    fn piece(&self, changes: &[Change<'_>]) -> Piece {
        let size = [0, 1].map(|axis| {
            let changed = changes.iter().map(|change| change.size[axis]).max().unwrap_or(0);
            self.reach[axis].piece(changed, self.image[axis])
        });
        let share = (size[0] * size[1]) as f64 / (self.image[0] * self.image[1]) as f64;
        match share > LARGEST_PIECE {
            true => Piece {
                size: [self.image[0], self.image[1]],
                whole: true,
            },
            false => Piece { size, whole: false },
        }
    }

    fn piece_start(&self, change: &Change<'_>, piece: Piece) -> [usize; 2] {
        [0, 1].map(|axis| self.reach[axis].piece_start(change.at[axis], piece.size[axis], self.image[axis]))
    }

    /// The pieces of the changed images, one after the other.
    fn pieces(&self, changes: &[Change<'_>], piece: Piece) -> Vec<f32> {
        let [_, width, channels] = self.image;
        let row = piece.size[1] * channels;
        let mut pieces = Vec::with_capacity(changes.len() * piece.size[0] * row);
        for change in changes {
            let image = &self.images[change.image * count(self.image)..];
            let start = self.piece_start(change, piece);
            let first = pieces.len();
            for y in start[0]..start[0] + piece.size[0] {
                pieces.extend_from_slice(&image[(y * width + start[1]) * channels..][..row]);
            }
            let [top, left] = [0, 1].map(|axis| change.at[axis] - start[axis]);
            write(change, &mut pieces[first..], [top, left], piece.size[1], channels);
        }
        pieces
    }

    /// Puts what a change reaches of its piece's value in the place of an image's.
    fn paste(&self, change: &Change<'_>, piece: Piece, of_piece: &[f32], latent: &mut [f32]) {
        let [height, width, channels] = self.latent;
        let start = self.piece_start(change, piece);
        let piece_width = of_piece.len() / (self.rows(piece) * channels);
        let [rows, columns] = [0, 1].map(|axis| {
            let changed = [change.at[axis], change.at[axis] + change.size[axis]];
            self.reach[axis].seeing(changed, [height, width][axis])
        });
        let [top, left] = [0, 1].map(|axis| start[axis] / self.reach[axis].stride);
        let length = (columns[1] - columns[0]) * channels;
        for y in rows[0]..rows[1] {
            let from = &of_piece[((y - top) * piece_width + columns[0] - left) * channels..][..length];
            latent[(y * width + columns[0]) * channels..][..length].copy_from_slice(from);
        }
    }

    /// Rows of a piece's value: those of the image's less what the rows that the piece lacks would give.
    fn rows(&self, piece: Piece) -> usize {
        self.latent[0] - (self.image[0] - piece.size[0]) / self.reach[0].stride
    }

    /// The value of each changed image.
    fn changed_latents(&self, changes: &[Change<'_>], piece: Piece) -> Result<Vec<f32>> {
        let of_pieces = self.latents_of(self.pieces(changes, piece), piece.size)?;
        if piece.whole {
            return Ok(of_pieces);
        }
        let (length, of_piece) = (count(self.latent), of_pieces.len() / changes.len());
        let mut latents = Vec::with_capacity(changes.len() * length);
        for (change, of_piece) in changes.iter().zip(of_pieces.chunks_exact(of_piece)) {
            let first = latents.len();
            latents.extend_from_slice(&self.latents[change.image * length..][..length]);
            self.paste(change, piece, of_piece, &mut latents[first..]);
        }
        Ok(latents)
    }
}

impl Nearby for Windowed<'_> {
    fn logits(&self, changes: &[Change<'_>]) -> Result<Tensor<2>> {
        check_some(changes)?;
        check_changes(changes, self.images.len() / count(self.image), self.network.shape())?;
        let (piece, end) = (self.piece(changes), self.network.architecture().layers.len());
        let logits = self.in_portions(changes.len(), |range| {
            let changes = &changes[range];
            let (first, values) = match piece.whole {
                true => (0, self.tensor(self.pieces(changes, piece), self.image)),
                false => (
                    self.value,
                    self.tensor(self.changed_latents(changes, piece)?, self.latent),
                ),
            };
            let run = self
                .network
                .run(first..end, values, &[], &mut |_| (), &mut Mode::Inference);
            Ok(run?.0.reshape([changes.len(), self.network.classes()]))
        })?;
        Ok(Tensor::cat(logits, 0))
    }

    fn keep(&mut self, changes: &[Change<'_>]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        check_changes(changes, self.images.len() / count(self.image), self.network.shape())?;
        let piece = self.piece(changes);
        let latents = self.in_portions(changes.len(), |range| self.changed_latents(&changes[range], piece))?;
        let [length, latent] = [self.image, self.latent].map(count);
        for (change, values) in changes.iter().zip(latents.concat().chunks_exact(latent)) {
            self.latents[change.image * latent..][..latent].copy_from_slice(values);
            let image = &mut self.images[change.image * length..][..length];
            write(change, image, change.at, self.image[1], self.image[2]);
        }
        Ok(())
    }
}

/// Writes a change into an image or a piece of one, `[height, width, channels]`, from a row and column on.
fn write(change: &Change<'_>, image: &mut [f32], [top, left]: [usize; 2], width: usize, channels: usize) {
    let [rows, columns] = change.size;
    for row in 0..rows {
        for column in 0..columns {
            let pixel = &mut image[((top + row) * width + left + column) * channels..][..channels];
            for (channel, value) in pixel.iter_mut().enumerate() {
                *value = change.values[(channel * rows + row) * columns + column];
            }
        }
    }
}

fn count(size: Size) -> usize {
    size.iter().product()
}

/// The value up to which it pays most to run pieces, if it does, and what it sees of the images.
fn cut(network: &Network) -> Result<Option<(usize, [Reach; 2])>> {
    let architecture = network.architecture();
    let (sizes, inputs) = (architecture.sizes()?, architecture.input_sizes()?);
    let kinds = || architecture.layers.iter().map(|spec| &spec.kind);
    let costs: Vec<f64> = kinds()
        .zip(&inputs)
        .zip(&sizes[1..])
        .map(|((kind, inputs), &output)| multiply_adds(kind, inputs, output) as f64 + VALUE * count(output) as f64)
        .collect();
    let all: f64 = costs.iter().sum();
    let mut best: Option<(f64, usize, [Reach; 2])> = None;
    for (value, reach) in reaches(kinds(), network.graph(), &sizes)
        .into_iter()
        .enumerate()
        .skip(1)
    {
        let Some(reach) = reach.filter(|_| value < costs.len() && network.graph().is_cut(value)) else {
            continue;
        };
        let share = [0, 1].map(|axis| {
            let size = sizes[0][axis];
            reach[axis].piece(size.div_ceil(EXPECTED_SHARE), size) as f64 / size as f64
        });
        let before: f64 = costs[..value].iter().sum();
        let cost = share[0] * share[1] * before + 2.0 * VALUE * count(sizes[value]) as f64 + all - before;
        if best.is_none_or(|(least, ..)| cost <= least) {
            best = Some((cost, value, reach));
        }
    }
    Ok(best
        .filter(|(cost, ..)| *cost < (1.0 - LEAST_GAIN) * all)
        .map(|(_, value, reach)| (value, reach)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::{Network, Pool, architecture};

    /// Windows everywhere, one after the other, change the logits as the whole images' do, and what is kept stays.
    #[test]
    fn pieces_give_what_whole_images_give() {
        for (name, side, channels) in [
            ("small-cnn", 28, 1),
            ("small-cnn", 29, 3),
            ("vgg-small", 32, 3),
            ("resnet-small", 64, 3),
        ] {
            let shape = ImageShape {
                channels,
                height: side,
                width: side,
            };
            let network = architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap();
            let network = Network::new(network, 3, &Device::flex()).unwrap();
            let n = 3;
            let value = |i: usize| (i * 7919 % 1009) as f32 / 1009.0;
            let mut images: Vec<f32> = (0..n * shape.len()).map(value).collect();
            let tensor = |images: &[f32]| {
                let data = TensorData::new(images.to_vec(), [n, channels, side, side]);
                Tensor::<4>::from_data(data, &Device::flex())
            };
            let mut windowed = Windowed::new(&network, &tensor(&images)).unwrap().expect(name);
            assert!(windowed.value > 1, "{name}: {}", windowed.value);
            for (step, size) in [[1, 1], [2, 5], [4, 4], [7, 3], [side, side]].into_iter().enumerate() {
                let values: Vec<Vec<f32>> = (0..n)
                    .map(|i| {
                        (0..channels * size[0] * size[1])
                            .map(|k| value(k + 31 * i + step))
                            .collect()
                    })
                    .collect();
                let spread = |axis: usize, i: usize| i * (side - size[axis]) / (n - 1);
                let changes: Vec<Change<'_>> = (0..n)
                    .map(|i| Change {
                        image: i,
                        at: [spread(0, i), spread(1, n - 1 - i)],
                        size,
                        values: &values[i],
                    })
                    .collect();
                let found = to_vec(windowed.logits(&changes).unwrap()).unwrap();
                for change in &changes {
                    change.write(&mut images[change.image * shape.len()..][..shape.len()], shape);
                }
                let expected = to_vec(network.logits(tensor(&images)).unwrap()).unwrap();
                let scale = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(
                        (found - expected).abs() <= 2e-5 * scale,
                        "{name} {size:?}: {found} {expected}"
                    );
                }
                windowed.keep(&changes).unwrap();
            }
        }
    }

    #[test]
    fn changes_that_do_not_fit_are_refused() {
        let shape = ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        };
        let network = architecture("small-cnn", shape, Bounds::UNIT, 10, Pool::Max).unwrap();
        let network = Network::new(network, 0, &Device::flex()).unwrap();
        let images = Tensor::<4>::zeros([1, 1, 28, 28], &Device::flex());
        let windowed = Windowed::new(&network, &images).unwrap().unwrap();
        let change = |image, at, values| Change {
            image,
            at,
            size: [2, 2],
            values,
        };
        let refused = |change| windowed.logits(&[change]).unwrap_err().to_string();
        assert!(refused(change(1, [0, 0], &[0.0; 4])).contains("image of a change"));
        assert!(refused(change(0, [27, 0], &[0.0; 4])).contains("window of a change"));
        assert!(refused(change(0, [0, 0], &[0.0; 3])).contains("values of a change"));
        assert!(windowed.logits(&[]).is_err());
    }
}
