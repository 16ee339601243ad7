//! From words on the command line to [`Cli`], and what to say when they make no sense: one line.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Cli;
use crate::exit::{DONE, WRONG_USE};

/// Parses the words; otherwise says what is wrong with them, or the help that was asked for, and gives the exit status. Without a command they
/// mean `reproduce`.
pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Cli, u8> {
    let mut words: Vec<OsString> = words.collect();
    let cli = Cli::try_parse_from(&words).map_err(|e| explain(&e))?;
    if cli.command.is_some() {
        return Ok(cli);
    }
    words.push("reproduce".into());
    Cli::try_parse_from(&words).map_err(|e| explain(&e))
}

/// Prints help where it was asked for, or one line on what is wrong.
fn explain(error: &clap::Error) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that went away, such as `head`, has had enough.
            let _ = error.print();
            DONE
        }
        _ => {
            eprintln!("error: {}", one_line(&error.to_string()));
            WRONG_USE
        }
    }
}

/// What clap says in several paragraphs: the error, tips, the usage.
fn one_line(text: &str) -> String {
    let text = text.trim().trim_start_matches("error: ");
    let mut sentences = Vec::new();
    let mut help = String::new();
    for (number, paragraph) in text.split("\n\n").enumerate() {
        let mut lines = paragraph.lines().map(str::trim);
        if number == 0 {
            let first = lines.next().unwrap_or_default();
            let rest = lines.collect::<Vec<_>>().join(", ");
            sentences.push(format!("{first} {rest}").trim_end().to_owned());
        } else if let Some(usage) = paragraph.trim().strip_prefix("Usage: ") {
            help = format!("See `{} --help`", command(usage));
        } else if paragraph.trim().starts_with("tip: ") {
            sentences.extend(lines.map(|line| line.replacen("tip: ", "Tip: ", 1)));
        }
    }
    if !help.is_empty() {
        sentences.push(help);
    }
    sentences.join(". ")
}

/// `doubleback data show` of `doubleback data show [OPTIONS] …`.
fn command(usage: &str) -> String {
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
    usage
        .split_whitespace()
        .take_while(is_name)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_clap_says_becomes_one_line() {
        let text = "error: unexpected argument '--sed' found\n\n  tip: a similar argument exists: '--seed'\n\nUsage: doubleback train --seed <N>\n\n\
                    For more information, try '--help'.\n";
        assert_eq!(
            one_line(text),
            "unexpected argument '--sed' found. Tip: a similar argument exists: '--seed'. See `doubleback train --help`"
        );
        let text = "error: the following required arguments were not provided:\n  --out <FILE>\n  --eps <E>\n\nUsage: doubleback attack <X>";
        assert_eq!(
            one_line(text),
            "the following required arguments were not provided: --out <FILE>, --eps <E>. See `doubleback attack --help`"
        );
    }
}
