use doubleback::Error;
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

/// How much work to spend on a diagnosis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Profile {
    /// Minutes.
    #[default]
    Quick,
    /// Up to half an hour a model.
    Standard,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; Self::COUNT] = [Profile::Quick, Profile::Standard];

    /// `quick` or `standard`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// How long a diagnosis takes, in words.
    pub fn time(self) -> &'static str {
        match self {
            Profile::Quick => "some minutes a model",
            Profile::Standard => "up to half an hour a model",
        }
    }

    /// What it spends.
    pub fn budget(self) -> Budget {
        match self {
            Profile::Quick => Budget {
                images: 512,
                draws: 4,
                oracle_steps: 200,
                generator_steps: 300,
                reader_steps: 200,
            },
            Profile::Standard => Budget {
                images: 1024,
                draws: 8,
                oracle_steps: 600,
                generator_steps: 1500,
                reader_steps: 400,
            },
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("profile", name, Profile::ALL.map(Profile::name))
}

/// Work in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Test images that are attacked and explained, from the first; at most all.
    pub images: usize,
    /// Draws of noise for each image and stage.
    pub draws: usize,
    /// Training steps of each of the oracle's networks.
    pub oracle_steps: usize,
    /// Training steps of each model's InterpretGAN.
    pub generator_steps: usize,
    /// Training steps of probes and of decoders.
    pub reader_steps: usize,
}

impl Budget {
    /// # Errors
    /// Names the first value that is 0.
    pub fn check(&self) -> Result<(), Error> {
        for (name, value) in [
            ("test images", self.images),
            ("draws of noise", self.draws),
            ("steps of the oracle", self.oracle_steps),
            ("steps of InterpretGAN", self.generator_steps),
            ("steps of probes and decoders", self.reader_steps),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        Ok(())
    }
}
