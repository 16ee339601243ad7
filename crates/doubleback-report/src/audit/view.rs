use doubleback::audit::Audit;
use doubleback_experiments::audit::Examples;

/// What every section draws from.
pub struct View<'a> {
    pub audit: &'a Audit,
    pub examples: &'a Examples,
}

impl View<'_> {
    /// `8/255 (L∞)`.
    pub fn eps(&self) -> String {
        let setup = &self.audit.setup;
        let eps = setup.eps_given.clone().unwrap_or_else(|| setup.eps.to_string());
        format!("{eps} ({})", setup.norm.sign())
    }

    /// Name of a class.
    pub fn class(&self, index: usize) -> String {
        let classes = &self.audit.setup.classes;
        classes.get(index).cloned().unwrap_or_else(|| index.to_string())
    }
}
