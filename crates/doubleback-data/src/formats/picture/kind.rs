//! What a file is, by its first bytes: names are often wrong.

use image::ImageFormat;

/// Kinds of files that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Jpeg,
    Png,
    /// Nothing at all.
    Empty,
    /// A picture that is not read, by the name of its format.
    Other(&'static str),
    Unknown,
}

pub(super) fn kind(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    // A box of MPEG-4 that names its brand. Phones write such files, and programs that copy them sometimes call them .jpg.
    if bytes.get(4..8) == Some(b"ftyp") {
        return Kind::Other(match bytes.get(8..12) {
            Some(b"avif" | b"avis") => "AVIF",
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => "HEIC",
            _ => "a video",
        });
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => Kind::Jpeg,
        Ok(ImageFormat::Png) => Kind::Png,
        Ok(ImageFormat::Gif) => Kind::Other("GIF"),
        Ok(ImageFormat::WebP) => Kind::Other("WebP"),
        Ok(ImageFormat::Bmp) => Kind::Other("BMP"),
        Ok(ImageFormat::Tiff) => Kind::Other("TIFF"),
        Ok(ImageFormat::Pnm) => Kind::Other("PNM"),
        _ => Kind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        let cases: [(&[u8], Kind); 8] = [
            (b"", Kind::Empty),
            (b"\xff\xd8\xff\xe0", Kind::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Kind::Other("HEIC")),
            (b"\0\0\0\x18ftypavif\0\0\0\0", Kind::Other("AVIF")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Kind::Other("WebP")),
            (b"GIF89a", Kind::Other("GIF")),
            (b"<html>", Kind::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(kind(bytes), expected);
        }
    }
}
