//! Picture files as cameras, phones and broken downloads leave them: whole ones are read the way up that viewers show them, others are named.

use crate::support::exif;

use std::io::Cursor;

use doubleback_data::Picture;
use exif::{jpeg_with_exif, png_chunk, png_with_chunk, tiff_with_orientation};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

const PROGRESSIVE: &[u8] = include_bytes!("pictures/progressive.jpg");
const RESTARTS: &[u8] = include_bytes!("pictures/restarts.jpg");
const CMYK: &[u8] = include_bytes!("pictures/cmyk.jpg");

fn decode(file: &[u8]) -> Result<Picture, String> {
    Picture::decode(file, None, None)
}

/// 40x24 pixels, no two lines alike.
fn colors() -> RgbImage {
    RgbImage::from_fn(40, 24, |x, y| Rgb([6 * x as u8, 10 * y as u8, 255 - 6 * x as u8]))
}

fn jpeg(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90)
        .encode_image(&image.into())
        .unwrap();
    file
}

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

#[test]
fn jpegs_that_are_cut_anywhere_are_refused() {
    let gray = DynamicImage::from(colors()).to_luma8();
    for whole in [&jpeg(colors())[..], &jpeg(gray), PROGRESSIVE, RESTARTS, CMYK] {
        decode(whole).unwrap();
        for end in 3..whole.len() {
            let problem = decode(&whole[..end]).unwrap_err();
            assert!(
                problem.contains("the file ends before its picture does"),
                "{end}: {problem}"
            );
        }
    }
}

#[test]
fn a_marker_of_the_end_does_not_make_a_cut_jpeg_whole() {
    let baseline = jpeg(colors());
    for whole in [&baseline[..], RESTARTS] {
        let scan = whole.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
        // What is left of the last byte may be filling.
        for end in scan + 20..whole.len() - 3 {
            if whole[end - 1] == 0xff {
                continue;
            }
            let glued = [&whole[..end], &[0xff, 0xd9]].concat();
            let problem = decode(&glued).unwrap_err();
            assert!(problem.contains("cannot be decoded to their end"), "{end}: {problem}");
        }
    }
}

#[test]
fn what_follows_a_whole_jpeg_does_no_harm() {
    for whole in [&jpeg(colors())[..], PROGRESSIVE, RESTARTS] {
        let picture = decode(whole).unwrap();
        for more in [&[0; 100][..], b"garbage", PROGRESSIVE] {
            assert_eq!(decode(&[whole, more].concat()).unwrap(), picture);
        }
        // Cut within what follows.
        assert_eq!(decode(&[whole, &PROGRESSIVE[..300]].concat()).unwrap(), picture);
    }
}

#[test]
fn whole_jpegs_are_what_they_were() {
    for file in [&jpeg(colors())[..], PROGRESSIVE, RESTARTS, CMYK] {
        let by_image = image::load_from_memory(file).unwrap().to_rgb8();
        let picture = decode(file).unwrap();
        let plane = |channel: usize| by_image.pixels().map(move |pixel| pixel.0[channel]);
        assert!(picture.pixels.iter().copied().eq((0..3).flat_map(plane)));
    }
}

#[test]
fn colors_of_cmyk_are_those_of_the_picture() {
    let picture = decode(CMYK).unwrap();
    let differences = picture
        .pixels
        .iter()
        .zip((0..3).flat_map(|channel| colors().pixels().map(move |pixel| pixel.0[channel]).collect::<Vec<_>>()));
    let total: u32 = differences.map(|(&found, made)| u32::from(found.abs_diff(made))).sum();
    let mean = total as usize / picture.pixels.len();
    assert!(mean < 12, "{mean}");
}

#[test]
fn pngs_that_are_cut_or_damaged_are_refused() {
    let file = png(colors());
    for end in 0..file.len() - 12 {
        decode(&file[..end]).unwrap_err();
    }
    let data = file.windows(4).position(|four| four == b"IDAT").unwrap() + 4;
    for at in data..file.len() - 12 {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        let problem = decode(&damaged).unwrap_err();
        assert!(problem.starts_with("its PNG data cannot be decoded"), "{problem}");
    }
    assert_eq!(decode(&[&file, &b"garbage"[..]].concat()), decode(&file));
}

#[test]
fn pictures_are_turned_as_their_exif_data_say() {
    // Each corner has a brightness of its own.
    let corners = image::GrayImage::from_fn(48, 32, |x, y| {
        image::Luma([match (x < 24, y < 16) {
            (true, true) => 40,
            (false, true) => 100,
            (true, false) => 160,
            (false, false) => 220,
        }])
    });
    // Of the picture as it is shown: top left, top right, bottom left, bottom right.
    let shown = [
        (1, [40, 100, 160, 220]),
        (2, [100, 40, 220, 160]),
        (3, [220, 160, 100, 40]),
        (4, [160, 220, 40, 100]),
        (5, [40, 160, 100, 220]),
        (6, [160, 40, 220, 100]),
        (7, [220, 100, 160, 40]),
        (8, [100, 220, 40, 160]),
    ];
    for (orientation, expected) in shown {
        for big_endian in [true, false] {
            let exif = tiff_with_orientation(orientation, big_endian);
            let before = png_with_chunk(&png(corners.clone()), b"eXIf", &exif);
            let mut after = png(corners.clone());
            let end = after.len() - 12;
            after.splice(end..end, png_chunk(b"eXIf", &exif));
            for file in [jpeg_with_exif(&jpeg(corners.clone()), &exif), before, after] {
                let picture = decode(&file).unwrap();
                assert_eq!(picture.orientation, orientation as u8);
                let (height, width) = (picture.shape.height, picture.shape.width);
                assert_eq!([height, width], if orientation < 5 { [32, 48] } else { [48, 32] });
                let near = |row: usize, column: usize| {
                    let value = i32::from(picture.pixels[row * width + column]);
                    (value + 10) / 20 * 20
                };
                let found = [
                    near(2, 2),
                    near(2, width - 3),
                    near(height - 3, 2),
                    near(height - 3, width - 3),
                ];
                assert_eq!(found, expected, "{orientation}");
                // Resizing comes after turning.
                let small = Picture::decode(&file, Some([4, 8]), None).unwrap();
                assert_eq!([small.shape.height, small.shape.width], [4, 8]);
                assert!(small.pixels[0].abs_diff(expected[0] as u8) < 12, "{orientation}");
            }
        }
    }
}

#[test]
fn exif_data_that_say_nothing_turn_nothing() {
    let whole = jpeg(colors());
    let expected = decode(&whole).unwrap();
    for orientation in [0, 9, 600] {
        let exif = tiff_with_orientation(orientation, true);
        assert_eq!(decode(&jpeg_with_exif(&whole, &exif)).unwrap(), expected);
    }
    for exif in [&b""[..], b"MM", b"MM\0*\0\0\0\x08", b"MM\0*\xff\xff\xff\xff"] {
        assert_eq!(decode(&jpeg_with_exif(&whole, exif)).unwrap(), expected);
        assert_eq!(
            decode(&png_with_chunk(&png(colors()), b"eXIf", exif))
                .unwrap()
                .orientation,
            1
        );
    }
}

#[test]
fn animations_and_other_formats_are_told() {
    let still = png(colors());
    assert!(!decode(&still).unwrap().animated);
    let moving = png_with_chunk(&still, b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    assert!(decode(&moving).unwrap().animated);
    for (bytes, name) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "HEIC"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "WebP"),
        (b"BM\x46\0\0\0", "BMP"),
        (b"GIF89a\x01\0\x01\0", "GIF"),
    ] {
        assert_eq!(
            decode(bytes).unwrap_err(),
            format!("it is neither PNG nor JPEG but {name}")
        );
    }
}

#[test]
fn samples_of_16_bits_become_8() {
    let deep = image::ImageBuffer::from_fn(256, 1, |x, _| image::Luma([257 * x as u16]));
    let picture = decode(&png(DynamicImage::ImageLuma16(deep))).unwrap();
    assert!(picture.pixels.iter().copied().eq(0..=255));
}
