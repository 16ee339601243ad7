//! The files without which Vulkan finds no GPU on Linux: whoever reaches it only through a driver of its own is told which of them is not there.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The library that finds the drivers.
const LOADER: &str = "libvulkan.so.1";

/// Where libraries are, besides `LD_LIBRARY_PATH`.
const LIBRARIES: [&str; 9] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
];

/// Where drivers say that they are, besides the folders of `XDG_DATA_DIRS`.
const DRIVERS: [&str; 3] = ["/etc", "/usr/local/share", "/usr/share"];

/// What is missing on this machine, and what helps; if nothing is, which drivers there are.
#[cfg_attr(
    not(any(feature = "vulkan", feature = "wgpu")),
    allow(dead_code, reason = "compiled for its tests alone")
)]
pub(super) fn state() -> String {
    describe(|name| env::var_os(name), files)
}

/// A folder's files, or the file itself; nothing if it is not there.
fn files(path: &Path) -> Vec<PathBuf> {
    match path.read_dir() {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => path.exists().then(|| path.to_owned()).into_iter().collect(),
    }
}

fn describe(variable: impl Fn(&str) -> Option<OsString>, files: impl Fn(&Path) -> Vec<PathBuf>) -> String {
    let paths = |name| variable(name).map(|value| env::split_paths(&value).collect::<Vec<_>>());
    let libraries = paths("LD_LIBRARY_PATH").unwrap_or_default().into_iter();
    let mut libraries = libraries.chain(LIBRARIES.map(PathBuf::from));
    if !libraries.any(|folder| !files(&folder.join(LOADER)).is_empty()) {
        return format!(
            "the Vulkan loader {LOADER} is missing. Install it (Debian: libvulkan1), or put the folder that has it into LD_LIBRARY_PATH"
        );
    }
    // Where one of these is set, the loader looks nowhere else.
    let given = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].into_iter();
    let given = given.filter_map(|name| Some((name, paths(name)?))).next();
    let places = match &given {
        Some((_, named)) => named.clone(),
        None => {
            let shared = paths("XDG_DATA_DIRS").unwrap_or_default().into_iter();
            let folders = shared.chain(DRIVERS.map(PathBuf::from));
            folders.map(|folder| folder.join("vulkan/icd.d")).collect()
        }
    };
    let found = places.iter().flat_map(|place| files(place));
    let mut drivers: Vec<String> = found
        .filter(|file| file.extension().is_some_and(|ending| ending == "json"))
        .map(|file| file.display().to_string())
        .collect();
    drivers.sort();
    drivers.dedup();
    match (drivers.is_empty(), given) {
        (true, Some((name, _))) => format!(
            "{name} names no driver file that is there. Let it name the .json file of a GPU's driver, or unset it to have the installed ones"
        ),
        (true, None) => "no driver of a GPU is installed: neither /usr/share/vulkan/icd.d nor /etc/vulkan/icd.d has a .json file. Install the \
                         GPU's driver, or Debian's mesa-vulkan-drivers; a container must let NVIDIA's in (NVIDIA_DRIVER_CAPABILITIES=all)"
            .to_owned(),
        (false, _) => format!(
            "the Vulkan loader is there, and so are drivers ({}), but none has a GPU that answers",
            drivers.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let loader = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";
        let found = |there: &[&str], set: Option<&str>| {
            let there: Vec<PathBuf> = there.iter().map(PathBuf::from).collect();
            let variable = |name: &str| (name == "VK_DRIVER_FILES").then(|| set.map(OsString::from)).flatten();
            describe(variable, |path| {
                let inside = there.iter().filter(|file| file.starts_with(path));
                inside.cloned().collect()
            })
        };
        assert!(found(&[], None).contains("libvulkan.so.1 is missing"));
        assert!(found(&[loader], None).contains("no driver of a GPU is installed"));
        let driver = "/usr/share/vulkan/icd.d/nvidia_icd.json";
        assert!(found(&[loader, driver], None).contains(driver));
        assert!(found(&[loader, driver], Some("/other.json")).contains("VK_DRIVER_FILES names no driver file"));
        assert!(found(&[loader, "/other.json"], Some("/other.json")).contains("/other.json"));
    }
}
