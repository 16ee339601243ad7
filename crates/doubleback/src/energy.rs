//! Energy that the machine's processors use while something is computed, where they count it and the system lets it be read.

use std::fs;
use std::path::{Path, PathBuf};

/// Where Linux shows the counters of Intel's and AMD's processors (running average power limit).
const COUNTERS: &str = "/sys/class/powercap";

/// Counters read at one time.
///
/// They count all that the machine does, not this process alone, and the processors' packages without the memory and a graphics card. Most systems let only root
/// read them.
#[derive(Clone, Debug)]
pub struct EnergyMeter {
    packages: Vec<Package>,
}

#[derive(Clone, Debug)]
struct Package {
    folder: PathBuf,
    /// Microjoules.
    begun: u64,
}

impl EnergyMeter {
    /// Begins to measure; none where nothing is counted or may be read.
    pub fn begin() -> Option<Self> {
        Self::of(Path::new(COUNTERS))
    }

    fn of(counters: &Path) -> Option<Self> {
        let mut packages: Vec<Package> = fs::read_dir(counters)
            .ok()?
            .filter_map(|entry| {
                let folder = entry.ok()?.path();
                // `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it.
                let package = folder.file_name()?.to_str()?.strip_prefix("intel-rapl:")?;
                package.parse::<u32>().ok()?;
                let begun = read(&folder, "energy_uj")?;
                Some(Package { folder, begun })
            })
            .collect();
        packages.sort_by(|a, b| a.folder.cmp(&b.folder));
        (!packages.is_empty()).then_some(Self { packages })
    }

    /// Joules since it began; none if a counter can no longer be read. A counter that came to its end, after minutes at the soonest, has begun again once.
    pub fn joules(&self) -> Option<f64> {
        let of = |package: &Package| {
            let now = read(&package.folder, "energy_uj")?;
            let used = match now.checked_sub(package.begun) {
                Some(used) => used,
                None => now + read(&package.folder, "max_energy_range_uj")?.checked_sub(package.begun)?,
            };
            Some(used as f64 / 1e6)
        };
        self.packages.iter().map(of).sum()
    }
}

fn read(folder: &Path, name: &str) -> Option<u64> {
    fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_summed_and_counters_begin_again() {
        let folder = tempfile::tempdir().unwrap();
        let write = |zone: &str, file: &str, value: u64| {
            fs::create_dir_all(folder.path().join(zone)).unwrap();
            fs::write(folder.path().join(zone).join(file), format!("{value}\n")).unwrap();
        };
        assert!(EnergyMeter::of(folder.path()).is_none());
        write("intel-rapl:0", "energy_uj", 5_000_000);
        write("intel-rapl:0:0", "energy_uj", 1_000_000);
        write("intel-rapl:1", "energy_uj", 90_000_000);
        write("intel-rapl:1", "max_energy_range_uj", 100_000_000);
        let meter = EnergyMeter::of(folder.path()).unwrap();
        assert_eq!(meter.joules(), Some(0.0));
        write("intel-rapl:0", "energy_uj", 7_500_000);
        write("intel-rapl:0:0", "energy_uj", 3_000_000);
        write("intel-rapl:1", "energy_uj", 4_000_000);
        assert_eq!(meter.joules(), Some(2.5 + 14.0));
        fs::remove_file(folder.path().join("intel-rapl:1/energy_uj")).unwrap();
        assert_eq!(meter.joules(), None);
    }
}
