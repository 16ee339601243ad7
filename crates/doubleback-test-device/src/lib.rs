//! The device that tests compute on: what the environment variable [`VARIABLE`] names, or else the CPU. For tests alone; it stands below all
//! other crates, so that each of them can have it among its dev-dependencies.

use burn::tensor::Device;

/// `cpu`, or one of `cuda`, `vulkan`, `metal` and `wgpu` where the tests are built with the feature of that name.
pub const VARIABLE: &str = "DOUBLEBACK_TEST_DEVICE";

/// The device to test on.
///
/// # Panics
/// When this build has no such device: a test must not pass on another one than was asked for.
pub fn test_device() -> Device {
    open(&name())
}

/// The device to test on where the test needs f64, as oracles do; the CPU where that device has none.
pub fn f64_device() -> Device {
    match name().as_str() {
        "vulkan" | "metal" | "wgpu" => Device::flex(),
        with_f64 => open(with_f64),
    }
}

fn name() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| "cpu".to_owned())
}

fn open(name: &str) -> Device {
    match name {
        "cpu" => Device::flex(),
        #[cfg(feature = "cuda")]
        "cuda" => Device::cuda(0),
        #[cfg(feature = "vulkan")]
        "vulkan" => Device::vulkan(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "metal")]
        "metal" => Device::metal(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "wgpu")]
        "wgpu" => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
        other => panic!("{VARIABLE}: no device `{other}` in this build. Build the tests with the feature of that name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there() {
        assert_eq!(open("cpu"), Device::flex());
    }

    #[test]
    #[should_panic(expected = "DOUBLEBACK_TEST_DEVICE: no device `abacus`")]
    fn another_device_is_not_replaced() {
        open("abacus");
    }
}
