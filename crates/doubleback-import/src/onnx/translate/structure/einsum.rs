//! Einsum of one or two operands: sums, transposes and one product of matrices.

use doubleback::nn::layers::Reduction;

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Value};
use super::axes::{operand, product};
use super::product::of_matrices;
use super::reduce::reduced;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Einsum", einsum)];

/// An operand with a letter for each of its axes.
struct Lettered {
    a: Activation,
    letters: Vec<char>,
}

impl Lettered {
    fn size(&self, letter: char) -> Option<usize> {
        let place = self.letters.iter().position(|l| *l == letter)?;
        Some(self.a.shape[place])
    }

    /// The sizes of these letters together.
    fn sizes(&self, letters: &[char]) -> usize {
        product(
            &letters
                .iter()
                .filter_map(|&letter| self.size(letter))
                .collect::<Vec<_>>(),
        )
    }

    /// Summed over the letters that are not among these.
    fn keep(self, node: &Node, b: &mut Builder, kept: impl Fn(char) -> bool) -> Result<Self, Refusal> {
        let summed = (0..self.letters.len()).filter(|&axis| !kept(self.letters[axis]));
        let summed: Vec<usize> = summed.collect();
        if summed.is_empty() {
            return Ok(self);
        }
        let a = reduced(node, b, self.a, &summed, Reduction::Sum, false)?;
        let letters = self.letters.into_iter().filter(|&letter| kept(letter)).collect();
        Ok(Self { a, letters })
    }

    /// Its axes in the order of these letters, all of which it has.
    fn ordered(self, b: &mut Builder, letters: &[char]) -> Result<Activation, Refusal> {
        let order = letters
            .iter()
            .filter_map(|letter| self.letters.iter().position(|l| l == letter));
        let order: Vec<usize> = order.collect();
        b.transposed(self.a, &order)
    }
}

fn einsum(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let equation: String = node.required_text("equation")?.split_whitespace().collect();
    let refused = || {
        Refusal(format!(
            "its equation `{equation}` cannot be imported; products of two operands and sums of one can, each letter once an operand"
        ))
    };
    let (inputs, output) = split(&equation).ok_or_else(refused)?;
    let values = (0..node.inputs.len())
        .map(|i| b.input(node, i))
        .collect::<Result<Vec<_>, _>>()?;
    let beside = values.iter().find_map(|value| match value {
        Value::Activation(activation) => Some(activation.clone()),
        Value::Constant(_) => None,
    });
    let beside = beside.ok_or("none of its inputs depends on the image")?;
    if values.len() != inputs.len() {
        return Err(refused());
    }
    let mut operands = Vec::new();
    for (value, letters) in values.into_iter().zip(inputs) {
        let a = operand(node, b, value, &beside)?;
        if a.rank() != letters.len() {
            return Err(refused());
        }
        operands.push(Lettered { a, letters });
    }
    let second = operands.pop().filter(|_| operands.len() <= 1).ok_or_else(refused)?;
    let y = match operands.pop() {
        None => {
            let kept = second.keep(node, b, |letter| output.contains(&letter))?;
            if kept.letters.len() != output.len() {
                return Err(refused());
            }
            kept.ordered(b, &output)?
        }
        Some(first) => product_of(node, b, first, second, &output)
            .map_err(|Refusal(why)| Refusal(format!("its equation `{equation}`: {why}")))?,
    };
    b.set(node, 0, y)
}

/// Letters that both have are multiplied: in the output one by one, else summed.
fn product_of(
    node: &Node,
    b: &mut Builder,
    first: Lettered,
    second: Lettered,
    output: &[char],
) -> Result<Activation, Refusal> {
    let (of_first, of_second) = (first.letters.clone(), second.letters.clone());
    let first = first.keep(node, b, |letter| {
        output.contains(&letter) || of_second.contains(&letter)
    })?;
    let second = second.keep(node, b, |letter| output.contains(&letter) || of_first.contains(&letter))?;
    let (mut both, mut summed, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for &letter in &first.letters {
        match (second.letters.contains(&letter), output.contains(&letter)) {
            (true, true) => both.push(letter),
            (true, false) => summed.push(letter),
            _ => rows.push(letter),
        }
        if second.size(letter).is_some_and(|size| Some(size) != first.size(letter)) {
            return Err(format!("the sizes of `{letter}` differ").into());
        }
    }
    let columns: Vec<char> = second
        .letters
        .iter()
        .copied()
        .filter(|l| !first.letters.contains(l))
        .collect();
    if both.len() + rows.len() + columns.len() != output.len() {
        return Err("its output has a letter that no input has".into());
    }
    let (many, height, inner) = (first.sizes(&both), first.sizes(&rows), first.sizes(&summed));
    let width = second.sizes(&columns);
    let sizes = |letter: &char| first.size(*letter).or_else(|| second.size(*letter)).unwrap_or(1);
    let letters = [both.clone(), rows.clone(), columns.clone()].concat();
    let shape: Vec<usize> = letters.iter().map(sizes).collect();
    let left = first.ordered(b, &[both.clone(), rows, summed.clone()].concat())?;
    let right = second.ordered(b, &[both, summed, columns].concat())?;
    let left = b.reshaped(left, vec![many, height, inner])?;
    let right = b.reshaped(right, vec![many, inner, width])?;
    let y = of_matrices(node, b, left, right)?;
    let a = b.reshaped(y, shape)?;
    Lettered { a, letters }.ordered(b, output)
}

/// The letters of the inputs and of the output; none for what has repeated letters or dots.
fn split(equation: &str) -> Option<(Vec<Vec<char>>, Vec<char>)> {
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (equation, None),
    };
    let letters = |text: &str| -> Option<Vec<char>> {
        let letters: Vec<char> = text.chars().collect();
        let once = |(place, letter): (usize, &char)| letter.is_ascii_alphabetic() && !letters[..place].contains(letter);
        letters.iter().enumerate().all(once).then_some(letters)
    };
    let inputs = inputs.split(',').map(letters).collect::<Option<Vec<_>>>()?;
    let output = match output {
        Some(output) => letters(output)?,
        // The letters that occur once, in the order of the alphabet.
        None => {
            let all = inputs.concat();
            let mut once = all.clone();
            once.retain(|letter| all.iter().filter(|l| *l == letter).count() == 1);
            once.sort_unstable();
            once
        }
    };
    Some((inputs, output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_read() {
        let read = |equation: &str| {
            let (inputs, output) = split(equation)?;
            let join = |letters: Vec<char>| letters.into_iter().collect::<String>();
            Some((inputs.into_iter().map(join).collect::<Vec<_>>(), join(output)))
        };
        assert_eq!(
            read("bhid,bhjd->bhij"),
            Some((vec!["bhid".into(), "bhjd".into()], "bhij".into()))
        );
        assert_eq!(read("ij,jk"), Some((vec!["ij".into(), "jk".into()], "ik".into())));
        assert_eq!(read("ii->i"), None);
        assert_eq!(read("...d->d"), None);
    }
}
