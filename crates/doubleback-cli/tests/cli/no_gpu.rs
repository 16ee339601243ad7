//! A GPU that is not there is one line that names what is missing. Needs a build with the feature `vulkan`: `.ci/run-gpu`.
#![cfg(all(target_os = "linux", feature = "vulkan"))]

use crate::support;

use std::path::Path;

use doubleback::device::DeviceName;
use support::{Run, command};

#[test]
fn a_driver_file_that_is_not_there_is_named() {
    let args = ["bench", "gradients", "--device", "vulkan", "--batch", "1"];
    let mut without = command(Path::new("."), &args);
    without
        .env("VK_DRIVER_FILES", "/nonexistent/icd.json")
        .env_remove("VK_ICD_FILENAMES");
    let run: Run = without.output().unwrap().into();
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    // Where there is no loader either, that is said instead.
    let named =
        run.stderr.contains("VK_DRIVER_FILES names no driver file") || run.stderr.contains("libvulkan.so.1 is missing");
    assert!(named && run.stderr.lines().count() == 1, "{}", run.stderr);
}

#[test]
fn a_device_opens_again() {
    let Ok(first) = DeviceName::Vulkan.open() else {
        println!("skipped: no Vulkan device");
        return;
    };
    assert_eq!(DeviceName::Vulkan.open().unwrap(), first);
}
