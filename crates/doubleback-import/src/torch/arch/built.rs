use doubleback::data::Bounds;
use doubleback::nn::Architecture;

/// What the weights do not say.
pub(crate) struct Settings {
    /// Height and width of the images; the usual ones of the architecture if there are none.
    pub size: Option<[usize; 2]>,
    /// Least and greatest value of a pixel.
    pub bounds: Bounds,
}

/// An architecture whose layers are called as the modules of a file.
pub(super) struct Built {
    /// The network.
    pub architecture: Architecture,
    /// Modules of the file for layers that are called otherwise.
    pub names: Vec<(String, String)>,
    /// What tensors do not say and was assumed.
    pub notes: Vec<String>,
}

impl Built {
    /// With no more to say.
    pub fn of(architecture: Architecture) -> Self {
        Self {
            architecture,
            names: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds what was assumed.
    pub fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }
}
