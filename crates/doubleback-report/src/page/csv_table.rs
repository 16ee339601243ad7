//! The values of a figure as comma-separated values.

/// Rows of values under named columns, for a CSV file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// One value of a [`Table`].
pub struct Value(String);

impl Table {
    /// A table without rows.
    pub fn new(header: &'static [&'static str]) -> Self {
        Self {
            header,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, values: [Value; N]) {
        self.rows.push(values.into_iter().map(|value| value.0).collect());
    }

    /// Adds the rows of a table with the same columns.
    pub fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// As comma-separated values with a header line; what is no number is empty.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.header)?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self(number.to_string())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self(flag.to_string())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self(if number.is_finite() {
            number.to_string()
        } else {
            String::new()
        })
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        Self::from(number.unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_empty_and_commas_are_quoted() {
        let mut table = Table::new(&["model", "value", "more"]);
        table.row(["a, b".into(), 0.5.into(), f64::NAN.into()]);
        table.row(["c".into(), 3usize.into(), None.into()]);
        let text = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(text, "model,value,more\n\"a, b\",0.5,\nc,3,\n");
    }
}
