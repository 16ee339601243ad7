//! Values of a TOML file, taken one by one. What is wrong is said in the words of the file: the line, the setting, what stands there, and what
//! would be right, with an example.

use std::str::FromStr;

use doubleback::data::UnknownName;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Result<T> = std::result::Result<T, String>;

/// A file that is TOML.
pub(super) struct SettingsFile<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> SettingsFile<'t> {
    /// Reads the text of a file.
    pub fn parse(text: &'t str) -> Result<Self> {
        let root = DeTable::parse(text).map_err(|e| {
            let problem = e.message().trim().replace('\n', ", ");
            match e.span() {
                Some(span) => format!("line {}: {problem}", line(text, span.start)),
                None => problem,
            }
        })?;
        Ok(Self { text, root })
    }

    /// What is not under a heading. Refuses settings that are not among `known`.
    pub fn root(&self, known: &[&str]) -> Result<Table<'_>> {
        Table::new(self.text, self.root.get_ref(), 1, known)
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
}

/// Settings by name.
pub(super) struct Table<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
    line: usize,
}

impl<'a> Table<'a> {
    fn new(text: &'a str, table: &'a DeTable<'_>, at: usize, known: &[&str]) -> Result<Self> {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let unknown = UnknownName::new("setting", name, known.iter().copied());
                return Err(format!("line {}: {unknown}", line(text, key.span().start)));
            }
        }
        Ok(Self { text, table, line: at })
    }

    /// The line that it begins in.
    pub fn line(&self) -> usize {
        self.line
    }

    /// A setting, if it is given.
    pub fn get(&self, name: &'static str) -> Option<Value<'a>> {
        let (_, value) = self.table.iter().find(|(key, _)| key.get_ref() == name)?;
        Some(Value::new(self.text, name, value))
    }
}

/// A value, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    text: &'a str,
    name: &'static str,
    value: &'a DeValue<'a>,
    line: usize,
}

impl<'a> Value<'a> {
    fn new(text: &'a str, name: &'static str, value: &'a Spanned<DeValue<'_>>) -> Self {
        Self {
            text,
            name,
            line: line(text, value.span().start),
            value: value.get_ref(),
        }
    }

    /// The line that it begins in.
    pub fn line(&self) -> usize {
        self.line
    }

    /// A problem with it.
    pub fn refuse<T>(&self, problem: &str) -> Result<T> {
        Err(format!("line {}: {}: {problem}", self.line, self.name))
    }

    /// That it is not what it should be.
    pub fn is_not<T>(&self, expected: &str) -> Result<T> {
        self.refuse(&format!("{} is not {expected}", shown(self.value)))
    }

    /// Text.
    pub fn text(&self, expected: &str) -> Result<&'a str> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => self.is_not(expected),
        }
    }

    /// A name that `T` knows.
    pub fn name<T: FromStr>(&self, expected: &str) -> Result<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(expected)?;
        text.parse().map_err(|e: T::Err| format!("line {}: {e}", self.line))
    }

    /// A whole number that is not below `least`.
    pub fn whole(&self, least: u64, expected: &str) -> Result<u64> {
        match self.value {
            DeValue::Integer(number) => match u64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) if number >= least => Ok(number),
                _ => self.is_not(expected),
            },
            _ => self.is_not(expected),
        }
    }

    /// [`whole`](Self::whole) that counts things.
    pub fn count(&self, least: u64, expected: &str) -> Result<usize> {
        let number = self.whole(least, expected)?;
        usize::try_from(number).or_else(|_| self.is_not(expected))
    }

    /// A number, which need not be finite; none for what is no number.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    }

    /// A finite number above zero.
    pub fn positive(&self, expected: &str) -> Result<f64> {
        match self.number() {
            Some(number) if number > 0.0 && number.is_finite() => Ok(number),
            _ => self.is_not(expected),
        }
    }

    /// The values of a list; none for what is no list.
    pub fn list(&self) -> Option<Vec<Value<'a>>> {
        let DeValue::Array(values) = self.value else {
            return None;
        };
        Some(
            values
                .iter()
                .map(|value| Self::new(self.text, self.name, value))
                .collect(),
        )
    }

    /// A table with no other settings than `known`; none for what is no table.
    pub fn table(&self, known: &[&str]) -> Option<Result<Table<'a>>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(self.text, table, self.line, known)),
            _ => None,
        }
    }
}

/// A value as it stands in the file, or what it is where that is long.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(values) if values.is_empty() => "an empty list".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_line_setting_value_and_example() {
        let text = "a = 1\nb = [\n  2,\n  \"x\",\n]\nc = { d = true }\n";
        let file = SettingsFile::parse(text).unwrap();
        let root = file.root(&["a", "b", "c"]).unwrap();
        assert_eq!(root.get("a").unwrap().whole(0, "").unwrap(), 1);
        let list = root.get("b").unwrap().list().unwrap();
        let message = list[1].whole(0, "a whole number, such as 3").unwrap_err();
        assert_eq!(message, "line 4: b: \"x\" is not a whole number, such as 3");
        let message = root.get("b").unwrap().text("text, such as \"y\"").unwrap_err();
        assert_eq!(message, "line 2: b: a list is not text, such as \"y\"");
        let table = root.get("c").unwrap().table(&["d"]).unwrap().unwrap();
        assert!(table.get("d").unwrap().positive("").is_err());
        let message = root.get("c").unwrap().table(&["dd"]).unwrap().err().unwrap();
        assert_eq!(message, "line 6: unknown setting `d`. Did you mean `dd`? Known: dd");
        assert!(root.get("a").unwrap().list().is_none() && root.get("e").is_none());
    }

    #[test]
    fn what_is_no_toml_is_said_with_its_line() {
        let message = SettingsFile::parse("a = 1\nb = \n").err().unwrap();
        assert!(message.starts_with("line 2: "), "{message}");
    }

    #[test]
    fn numbers_of_all_forms_are_read() {
        let file = SettingsFile::parse("a = 1_000\nb = 0x10\nc = 1e-3\nd = -2\ne = inf\n").unwrap();
        let root = file.root(&["a", "b", "c", "d", "e"]).unwrap();
        let number = |name| root.get(name).unwrap().number().unwrap();
        assert_eq!(
            [number("a"), number("b"), number("c"), number("d")],
            [1000.0, 16.0, 0.001, -2.0]
        );
        assert!(number("e").is_infinite());
        assert!(root.get("d").unwrap().whole(0, "").is_err());
    }
}
