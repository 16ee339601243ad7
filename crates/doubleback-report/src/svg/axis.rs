use crate::format;

/// A named axis: where values fall on it and where its ticks stand.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Quantity and unit.
    pub label: String,
    low: f64,
    high: f64,
    kind: Kind,
    /// Names of the steps of [`Axis::steps`].
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Steps,
    Stages,
    Number,
    Percent,
    Log10,
}

/// Ticks wanted on an axis; there may be a few less.
const TICKS: f64 = 7.0;

impl Axis {
    /// From `low` to `high`.
    pub fn linear(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self::new(label, low, high, Kind::Number)
    }

    /// Shares in [0, 1], written in percent.
    pub fn percent(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self::new(label, low, high, Kind::Percent)
    }

    /// From `10^low` to `10^high`, widened to whole powers of ten.
    pub fn log10(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self::new(label, low.floor(), high.ceil(), Kind::Log10)
    }

    /// A logarithmic axis that holds all of the positive values.
    pub fn log10_around(label: impl Into<String>, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extent(values.filter(|&value| value > 0.0).map(f64::log10)).unwrap_or((0.0, 1.0));
        Self::log10(label, low, high)
    }

    /// Equal steps with names, at 0, 1, 2, …
    pub fn steps(label: impl Into<String>, names: Vec<String>) -> Self {
        let last = names.len().saturating_sub(1) as f64;
        Self {
            names,
            ..Self::new(label, -0.3, last + 0.3, Kind::Steps)
        }
    }

    /// Equal steps as [`Axis::steps`], all of them named: the layers of a network.
    pub fn stages(label: impl Into<String>, names: Vec<String>) -> Self {
        Self {
            kind: Kind::Stages,
            ..Self::steps(label, names)
        }
    }

    /// Whether the names are too long to stand in one line `width` wide.
    pub fn is_crowded(&self, width: f64) -> bool {
        let longest = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        self.kind == Kind::Stages && 6.2 * (longest * self.names.len()) as f64 > width
    }

    fn new(label: impl Into<String>, low: f64, high: f64, kind: Kind) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() {
            (low, high)
        } else {
            (0.0, 1.0)
        };
        let high = if high > low { high } else { low + 1.0 };
        Self {
            label: label.into(),
            low,
            high,
            kind,
            names: Vec::new(),
        }
    }

    /// Where a value falls, from 0 to 1 (values outside at the ends); `None` for what is no number, or has no logarithm.
    pub fn fraction(&self, value: f64) -> Option<f64> {
        let value = if self.kind == Kind::Log10 { value.log10() } else { value };
        let value = if self.kind == Kind::Log10 && value == f64::NEG_INFINITY {
            self.low
        } else {
            value
        };
        value
            .is_finite()
            .then(|| ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    /// Whether a value lies between the ends of the axis.
    pub fn holds(&self, value: f64) -> bool {
        let value = if self.kind == Kind::Log10 { value.log10() } else { value };
        (self.low..=self.high).contains(&value)
    }

    /// Where the logarithm of a value falls, on a logarithmic axis.
    pub fn fraction_of_log(&self, log: f64) -> Option<f64> {
        log.is_finite()
            .then(|| ((log - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    /// Places and texts of the ticks.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        if matches!(self.kind, Kind::Steps | Kind::Stages) {
            return self.step_ticks();
        }
        let step = match self.kind {
            Kind::Log10 => ((self.high - self.low) / TICKS).ceil().max(1.0),
            _ => round_step((self.high - self.low) / TICKS),
        };
        let first = (self.low / step - 1e-6).ceil() as i64;
        let last = (self.high / step + 1e-6).floor() as i64;
        (first..=last)
            .map(|index| {
                let value = index as f64 * step;
                let text = match self.kind {
                    Kind::Log10 => format::power_of_ten(value as i32),
                    Kind::Percent => format::short((value * 1e4).round() / 1e2),
                    Kind::Number if value >= 1e3 => format::count(value as usize),
                    Kind::Number | Kind::Steps | Kind::Stages => format::short(value),
                };
                ((value - self.low) / (self.high - self.low), text)
            })
            .collect()
    }

    fn step_ticks(&self) -> Vec<(f64, String)> {
        let every = match self.kind {
            Kind::Stages => 1,
            _ => self.names.len().div_ceil(TICKS as usize).max(1),
        };
        let place = |index: usize| (index as f64 - self.low) / (self.high - self.low);
        let kept = self.names.iter().enumerate().step_by(every);
        kept.map(|(index, name)| (place(index), name.clone())).collect()
    }
}

/// The least and greatest finite value.
pub fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| value.is_finite())
        .fold(None, |extent, value| match extent {
            None => Some((value, value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        })
}

/// The next 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|&round| round >= step * 0.999)
        .unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            texts(&Axis::percent("", 0.0, 1.0)),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(
            texts(&Axis::linear("", 0.0, 0.7)),
            ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]
        );
        assert_eq!(
            texts(&Axis::log10("", -19.5, 2.0)),
            ["10⁻²⁰", "10⁻¹⁶", "10⁻¹²", "10⁻⁸", "10⁻⁴", "10⁰"]
        );
        assert_eq!(
            texts(&Axis::linear("", 0.0, 15_050.0)),
            ["0", "5,000", "10,000", "15,000"].map(str::to_owned)
        );
    }

    #[test]
    fn degenerate_axes_still_have_width() {
        for axis in [
            Axis::linear("", f64::NAN, 1.0),
            Axis::linear("", 2.0, 2.0),
            Axis::log10_around("", [].into_iter()),
        ] {
            assert!(axis.ticks().iter().all(|(fraction, _)| fraction.is_finite()));
        }
        assert_eq!(Axis::linear("", 0.0, 1.0).fraction(f64::NAN), None);
        assert_eq!(Axis::log10("", -3.0, 0.0).fraction(0.0), Some(0.0));
        assert_eq!(Axis::log10("", -3.0, 0.0).fraction(-1.0), None);
    }
}
