//! Grids of examples as one picture: a row a true class, a column a target.

use std::borrow::Cow;

use doubleback_experiments::reproduce::{GridCell, TargetedGrid};
use gif::{DisposalMethod, Encoder, Frame, Repeat};

use crate::page::{byte, picture};

/// Pixels of the frame around a cell, which says how the attack ended.
const BORDER: usize = 2;

/// The frame of an example that reached its target, of one that did not, and of the image itself.
const REACHED: [u8; 3] = [0, 122, 88];
const MISSED: [u8; 3] = [194, 75, 0];
const ORIGINAL: [u8; 3] = [120, 128, 138];

/// Between the frames: visible on light and on dark ground.
const GAP: [u8; 3] = [153; 3];

/// How long a step is shown, and the last one, in hundredths of a second.
const STEP: u16 = 30;
const LAST: u16 = 200;

/// Layout of a grid.
struct Sheet<'a> {
    grid: &'a TargetedGrid,
    /// Cells a row, and a column.
    columns: usize,
    rows: usize,
    pitch: [usize; 2],
}

/// How many targets a grid has: the columns of its rows.
pub fn columns(grid: &TargetedGrid) -> usize {
    let first = grid.cells.first().map(|cell| cell.source);
    grid.cells.iter().take_while(|cell| Some(cell.source) == first).count()
}

impl<'a> Sheet<'a> {
    /// `None` when the rows are not of the same length, or the pixels do not fill their shape.
    fn new(grid: &'a TargetedGrid) -> Option<Self> {
        let [channels, height, width] = grid.shape;
        let area = channels.checked_mul(height)?.checked_mul(width)?;
        let columns = columns(grid);
        let fits =
            |cell: &GridCell| cell.pixels.len() == area && cell.frames.iter().all(|frame| frame.bytes.len() == area);
        let whole = columns > 0 && grid.cells.len().is_multiple_of(columns) && area > 0;
        (whole && matches!(channels, 1 | 3) && grid.cells.iter().all(fits)).then(|| Self {
            grid,
            columns,
            rows: grid.cells.len() / columns,
            pitch: [height + 2 * BORDER, width + 2 * BORDER],
        })
    }

    /// The image that a cell was made from: it stands in the same row.
    fn original(&self, index: usize) -> &'a GridCell {
        let start = index / self.columns * self.columns;
        let row = &self.grid.cells[start..start + self.columns];
        row.iter()
            .find(|cell| cell.source == cell.target)
            .unwrap_or(&self.grid.cells[index])
    }

    fn size(&self) -> [usize; 2] {
        [self.pitch[0] * self.rows, self.pitch[1] * self.columns]
    }

    fn pixels(&self, cell: &'a GridCell) -> Cow<'a, [u8]> {
        cell.pixels.iter().map(|&value| byte(value, self.grid.bounds)).collect()
    }

    /// RGB of all cells, each drawn from the bytes that `values` gives.
    fn rgb(&self, values: impl Fn(usize, &'a GridCell) -> Cow<'a, [u8]>) -> Vec<u8> {
        let [channels, height, width] = self.grid.shape;
        let [rows, columns] = self.size();
        let mut picture = vec![0; rows * columns * 3];
        for (index, cell) in self.grid.cells.iter().enumerate() {
            let bytes = values(index, cell);
            let frame = match cell {
                cell if cell.source == cell.target => ORIGINAL,
                cell if cell.success => REACHED,
                _ => MISSED,
            };
            let [top, left] = [
                index / self.columns * self.pitch[0],
                index % self.columns * self.pitch[1],
            ];
            for y in 0..self.pitch[0] {
                for x in 0..self.pitch[1] {
                    let inside = (BORDER..BORDER + height).contains(&y) && (BORDER..BORDER + width).contains(&x);
                    // The outermost line is a gap.
                    let gap = y == 0 || x == 0 || y + 1 == self.pitch[0] || x + 1 == self.pitch[1];
                    let rgb = if inside {
                        let place = (y - BORDER) * width + x - BORDER;
                        [0, 1, 2].map(|channel| bytes[channel % channels * height * width + place])
                    } else if gap {
                        GAP
                    } else {
                        frame
                    };
                    let at = ((top + y) * columns + left + x) * 3;
                    picture[at..at + 3].copy_from_slice(&rgb);
                }
            }
        }
        picture
    }
}

/// The finished examples as a PNG file.
pub fn still(grid: &TargetedGrid) -> Option<Vec<u8>> {
    let sheet = Sheet::new(grid)?;
    let rgb = sheet.rgb(|_, cell| sheet.pixels(cell));
    let [rows, columns] = sheet.size();
    let palette = Palette::new(grid.shape[0], 256);
    picture::indexed(&palette.indices(&rgb), &palette.colors(), rows, columns)
}

/// The images and every step of the attack as a GIF file that repeats; `None` where the grid has no steps. Fewer `levels` of brightness (2 to 240) make a smaller
/// file.
pub fn animation(grid: &TargetedGrid, levels: usize) -> Option<Vec<u8>> {
    let sheet = Sheet::new(grid)?;
    let steps = grid
        .cells
        .iter()
        .map(|cell| cell.frames.len())
        .max()
        .filter(|&steps| steps > 0)?;
    let [rows, columns] = sheet.size();
    let [height, width] = [u16::try_from(rows).ok()?, u16::try_from(columns).ok()?];
    let palette = Palette::new(grid.shape[0], levels);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height, &palette.colors()).ok()?;
    encoder.set_repeat(Repeat::Infinite).ok()?;
    for step in 0..=steps {
        let rgb = sheet.rgb(|index, cell| match step.checked_sub(1) {
            None => sheet.pixels(sheet.original(index)),
            Some(step) => match cell.frames.get(step).or(cell.frames.last()) {
                Some(frame) => Cow::Borrowed(frame.bytes.as_slice()),
                None => sheet.pixels(cell),
            },
        });
        let frame = Frame {
            width,
            height,
            delay: if step == steps { LAST } else { STEP },
            dispose: DisposalMethod::Keep,
            buffer: Cow::Owned(palette.indices(&rgb)),
            ..Frame::default()
        };
        encoder.write_frame(&frame).ok()?;
    }
    drop(encoder);
    Some(file)
}

/// A fixed set of colors: grays or a cube, and the three of the frames.
struct Palette {
    gray: bool,
    levels: usize,
}

/// Levels a channel of the cube, 216 colors.
const CUBE: usize = 6;

impl Palette {
    fn new(channels: usize, levels: usize) -> Self {
        Self {
            gray: channels == 1,
            levels: levels.clamp(2, 253),
        }
    }

    fn colors(&self) -> Vec<u8> {
        let level = |index: usize, levels: usize| (index * 255 / (levels - 1)) as u8;
        let inside: Vec<u8> = if self.gray {
            (0..self.levels)
                .flat_map(|index| [level(index, self.levels); 3])
                .collect()
        } else {
            (0..CUBE * CUBE * CUBE)
                .flat_map(|index| {
                    [index / (CUBE * CUBE), index / CUBE % CUBE, index % CUBE].map(|one| level(one, CUBE))
                })
                .collect()
        };
        [inside, [REACHED, MISSED, ORIGINAL].concat()].concat()
    }

    fn indices(&self, rgb: &[u8]) -> Vec<u8> {
        let nearest = |byte: u8, levels: usize| (usize::from(byte) * (levels - 1) + 127) / 255;
        let first = if self.gray { self.levels } else { CUBE * CUBE * CUBE };
        rgb.chunks_exact(3)
            .map(|pixel| {
                let frames = [REACHED, MISSED, ORIGINAL];
                let index = match frames.iter().position(|frame| frame == pixel) {
                    Some(frame) => first + frame,
                    None if self.gray => nearest(pixel[0], self.levels),
                    None => pixel.iter().fold(0, |index, &byte| index * CUBE + nearest(byte, CUBE)),
                };
                index as u8
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use doubleback::data::Frame as Step;

    use super::*;

    fn grid(channels: usize) -> TargetedGrid {
        let cell = |index: usize| GridCell {
            index,
            source: index / 2,
            target: index % 2,
            prediction: 0,
            success: index == 1,
            changed: 1,
            pixels: vec![1.0; channels * 4],
            frames: if index == 1 {
                [0u8, 128, 255]
                    .map(|byte| Step {
                        bytes: vec![byte; channels * 4],
                    })
                    .to_vec()
            } else {
                Vec::new()
            },
        };
        TargetedGrid {
            attack: "itgsm".to_owned(),
            model: "normal".to_owned(),
            shape: [channels, 2, 2],
            bounds: [0.0, 1.0],
            cells: (0..4).map(cell).collect(),
        }
    }

    #[test]
    fn an_animation_shows_the_image_and_every_step() {
        for channels in [1, 3] {
            let file = animation(&grid(channels), 64).unwrap();
            let mut options = gif::DecodeOptions::new();
            options.set_color_output(gif::ColorOutput::RGBA);
            let mut reader = options.read_info(file.as_slice()).unwrap();
            let mut seen = Vec::new();
            while let Some(frame) = reader.read_next_frame().unwrap() {
                assert_eq!((frame.width, frame.height), (12, 12));
                // The upper left pixel of the second cell.
                let at = (2 * 12 + 8) * 4;
                seen.push(frame.buffer[at]);
            }
            assert_eq!(seen.len(), 4);
            assert!(
                seen[0] == 255 && seen[1] == 0 && seen[2].abs_diff(128) < 30 && seen[3] == 255,
                "{seen:?}"
            );
        }
    }

    #[test]
    fn a_grid_that_is_not_whole_is_not_drawn() {
        let mut short = grid(1);
        short.cells.pop();
        assert!(still(&short).is_none() && animation(&short, 64).is_none());
        let mut broken = grid(1);
        broken.cells[2].pixels.pop();
        assert!(still(&broken).is_none());
        assert!(still(&grid(1)).is_some());
        let mut fewer = grid(1);
        fewer.cells.truncate(2);
        assert!(animation(&fewer, 64).is_some(), "a class without an image has no row");
        let mut steps = grid(1);
        steps.cells[1].frames.clear();
        assert!(animation(&steps, 64).is_none(), "no steps, no animation");
    }
}
