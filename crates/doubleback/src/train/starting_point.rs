use crate::Result;
use crate::nn::{ModelCard, Network, checksum};

/// The network that a training begins with in place of random weights: one of another training, or of another program.
///
/// Two are equal if their networks and names are.
#[derive(Clone, Debug)]
pub struct StartingPoint {
    network: Network,
    name: String,
    checksum: String,
    facts: ModelCard,
}

impl StartingPoint {
    /// This network. `name` says where it is from, such as its file's name: it stands on the card of what is trained.
    ///
    /// # Errors
    /// When the device fails.
    pub fn new(network: Network, name: impl Into<String>) -> Result<Self> {
        Ok(Self {
            checksum: checksum(&network)?,
            network,
            name: name.into(),
            facts: ModelCard::new(),
        })
    }

    /// With facts of its card that are true of what is trained from it, too: what its tensors were called in the file that it came in, for one.
    #[must_use]
    pub fn with_facts(mut self, facts: ModelCard) -> Self {
        self.facts = facts;
        self
    }

    /// The facts that stand on the card of what is trained from it.
    pub fn facts(&self) -> &ModelCard {
        &self.facts
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where it is from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its architecture and tensors: see [`checksum`].
    pub fn checksum(&self) -> &str {
        &self.checksum
    }
}

impl PartialEq for StartingPoint {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.checksum) == (&other.name, &other.checksum)
    }
}
