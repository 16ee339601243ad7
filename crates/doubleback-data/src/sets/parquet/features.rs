//! Which column is what: as the library `datasets` has written into the file, or else by its name.

use serde_json::Value;

use crate::error::ParquetProblem;
use crate::formats::parquet::{Column, Content, Table};
use crate::words::first_few;

/// The key under which `datasets` says what the columns are.
const KEY: &str = "huggingface";

/// Names of columns of pictures, and of labels. The first that is there is taken.
const PICTURES: [&str; 2] = ["image", "img"];
const LABELS: [&str; 3] = ["label", "labels", "fine_label"];

/// The columns that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Features {
    /// Place of the column of pictures.
    pub pictures: usize,
    /// Place of the column that says where each picture was, if there is one.
    pub paths: Option<usize>,
    /// Place of the column of labels.
    pub labels: usize,
    /// Its name.
    pub label: String,
    /// Names of the classes, if the file has them.
    pub classes: Option<Vec<String>>,
    /// Other columns of labels, which are not read.
    pub other_labels: Vec<String>,
}

impl Features {
    /// Those of a file.
    pub fn of(table: &Table) -> Result<Self, ParquetProblem> {
        let columns = table.columns();
        let said = table.value(KEY).map(Said::parse).transpose()?.unwrap_or_default();
        let picture = choose("picture", &PICTURES, &said.pictures, &columns)?;
        let known: Vec<String> = said.labels.iter().map(|(name, _)| name.clone()).collect();
        let label = choose("label", &LABELS, &known, &columns)?;
        let labels = place(&columns, &[&label]).filter(|&at| columns[at].content == Content::Whole);
        let Some(labels) = labels else {
            return Err(ParquetProblem::Columns(format!(
                "its column `{label}` holds {}, expected one whole number for each image. Number the classes from 0",
                content(&columns, &label)
            )));
        };
        let is_bytes = |&at: &usize| columns[at].content == Content::Bytes;
        let pictures = place(&columns, &[&picture, "bytes"]).or_else(|| place(&columns, &[&picture]));
        let Some(pictures) = pictures.filter(is_bytes) else {
            return Err(ParquetProblem::Columns(format!(
                "its column `{picture}` holds {}, expected the bytes of PNG or JPEG files. Write it with the feature `Image()` of `datasets`",
                content(&columns, &picture)
            )));
        };
        let mut other_labels: Vec<String> = known.into_iter().filter(|name| *name != label).collect();
        let named = ["coarse_label", "fine_label"].map(str::to_owned);
        let unsaid = named
            .into_iter()
            .filter(|name| *name != label && place(&columns, &[name]).is_some());
        other_labels.extend(unsaid);
        other_labels.sort_unstable();
        other_labels.dedup();
        let paths = place(&columns, &[&picture, "path"]).filter(|&at| columns[at].content == Content::Text);
        let classes = said.labels.into_iter().find(|(name, _)| *name == label);
        Ok(Self {
            pictures,
            paths,
            labels,
            label,
            classes: classes.map(|(_, names)| names),
            other_labels,
        })
    }
}

/// What a file says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// Columns of pictures.
    pictures: Vec<String>,
    /// Columns of labels, with the names of their classes.
    labels: Vec<(String, Vec<String>)>,
}

impl Said {
    fn parse(text: &str) -> Result<Self, ParquetProblem> {
        let json: Value = serde_json::from_str(text).map_err(|e| {
            ParquetProblem::Columns(format!(
                "what it says under the key `{KEY}` is no JSON ({e}). Write it again"
            ))
        })?;
        let mut said = Self::default();
        let Some(features) = json.pointer("/info/features").and_then(Value::as_object) else {
            return Ok(said);
        };
        for (name, feature) in features {
            match feature.get("_type").and_then(Value::as_str) {
                Some("Image") => said.pictures.push(name.clone()),
                Some("ClassLabel") => said.labels.push((name.clone(), class_names(name, feature)?)),
                _ => {}
            }
        }
        Ok(said)
    }
}

fn class_names(column: &str, feature: &Value) -> Result<Vec<String>, ParquetProblem> {
    let names = feature.get("names").and_then(Value::as_array);
    let names = names.and_then(|names| names.iter().map(|name| Some(name.as_str()?.to_owned())).collect());
    names.ok_or_else(|| {
        ParquetProblem::Classes(format!(
            "its column `{column}` is of classes without names. Write it with `ClassLabel(names=[…])` of `datasets`"
        ))
    })
}

/// The name of a column: of those that are known to be of this kind, or else of all.
fn choose(kind: &str, names: &[&str], known: &[String], columns: &[Column]) -> Result<String, ParquetProblem> {
    let is_there = |name: &str| columns.iter().any(|column| column.path[0] == name);
    let usual = |among: &dyn Fn(&str) -> bool| names.iter().find(|name| among(name)).map(|&name| name.to_owned());
    match known {
        [one] if is_there(one) => return Ok(one.clone()),
        _ => {}
    }
    let of_known = usual(&|name| is_there(name) && known.iter().any(|known| known == name));
    // Several that are known, none of which has a usual name, are for no one to choose from.
    let of_all = || usual(&is_there).filter(|_| known.len() < 2);
    of_known.or_else(of_all).ok_or_else(|| {
        let mut found: Vec<String> = columns.iter().map(|column| format!("`{}`", column.path[0])).collect();
        found.dedup();
        let usual: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        ParquetProblem::Columns(format!(
            "which of its columns is the {kind} is not clear: it has {}. Call it {}",
            first_few(found.into_iter()),
            usual.join(" or ")
        ))
    })
}

fn place(columns: &[Column], path: &[&str]) -> Option<usize> {
    columns.iter().position(|column| column.path == path)
}

/// What a column holds, in words.
fn content(columns: &[Column], name: &str) -> String {
    let fields: Vec<&Column> = columns.iter().filter(|column| column.path[0] == name).collect();
    match fields[..] {
        [Column { content, path }] => match content {
            Content::Other(what) => (*what).to_owned(),
            _ if path.len() > 1 => format!("structures with the field `{}`", path[1..].join(".")),
            Content::Bytes => "bytes".to_owned(),
            Content::Text => "text".to_owned(),
            Content::Whole => "whole numbers".to_owned(),
        },
        _ => "structures of another kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        let column = |name: &&str| Column {
            path: name.split('.').map(str::to_owned).collect(),
            content: Content::Whole,
        };
        names.iter().map(column).collect()
    }

    #[test]
    fn what_a_file_says_goes_before_names() {
        let known = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
        let columns = columns(&["image", "label", "kind", "fine_label"]);
        let chosen = |said: &[&str]| choose("label", &LABELS, &known(said), &columns).ok();
        assert_eq!(chosen(&[]).as_deref(), Some("label"));
        assert_eq!(chosen(&["kind"]).as_deref(), Some("kind"));
        assert_eq!(chosen(&["kind", "fine_label"]).as_deref(), Some("fine_label"));
        assert_eq!(chosen(&["kind", "image"]), None);
        // A column that is said to be there and is not.
        assert_eq!(chosen(&["gone"]).as_deref(), Some("label"));
    }

    #[test]
    fn other_keys_of_the_same_json_are_passed_over() {
        let said = Said::parse(
            r#"{"info": {"features": {"x": {"_type": "Image"}, "n": {"dtype": "int64", "_type": "Value"}}}}"#,
        )
        .unwrap();
        assert_eq!(said.pictures, ["x"]);
        assert_eq!(Said::parse("{}").unwrap(), Said::default());
        assert!(Said::parse("{").unwrap_err().to_string().contains("no JSON"));
        let nameless = r#"{"info": {"features": {"y": {"_type": "ClassLabel"}}}}"#;
        assert!(Said::parse(nameless).unwrap_err().to_string().contains("without names"));
    }
}
