//! From color to gray.

use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::preparation::decolorize::Decolorize;
use crate::preparation::luma::luma;
use crate::unknown_name::UnknownName;

/// How the colors of SVHN become gray.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownName, parse_err_fn = unknown)]
pub enum Grayscale {
    /// 0.2989 R + 0.5870 G + 0.1140 B, as in the code of Ross & Doshi-Velez 2018.
    #[default]
    Luma,
    /// Grundland & Dodgson 2007, which their paper cites: luma, with contrasts of color added where luma loses them.
    Decolorize,
}

impl Grayscale {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Self::Luma, Self::Decolorize];

    /// `luma` or `decolorize`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The conversion for images of `height` x `width` pixels: from `[red, green, blue]` of each pixel in [0, 1], row by row, to its gray
    /// in [0, 1]. The same image always becomes the same gray.
    pub fn converter(self, height: usize, width: usize) -> impl Fn(&[[f64; 3]]) -> Vec<f64> + Sync {
        let decolorize = match self {
            Self::Luma => None,
            Self::Decolorize => Some(Decolorize::new(height, width)),
        };
        move |pixels| match &decolorize {
            None => pixels.iter().map(luma).collect(),
            Some(decolorize) => decolorize.convert(pixels),
        }
    }
}

fn unknown(name: &str) -> UnknownName {
    UnknownName::new("grayscale", name, Grayscale::ALL.map(Grayscale::name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_is_the_weighted_sum() {
        let gray = Grayscale::Luma.converter(1, 2)(&[[1.0, 0.0, 0.0], [0.5, 1.0, 0.25]]);
        assert_eq!(gray, [0.2989, 0.2989 * 0.5 + 0.5870 + 0.1140 * 0.25]);
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let error = "decolourize".parse::<Grayscale>().unwrap_err();
        assert!(error.to_string().contains("Did you mean `decolorize`?"), "{error}");
        assert_eq!("luma".parse::<Grayscale>().unwrap(), Grayscale::Luma);
    }
}
