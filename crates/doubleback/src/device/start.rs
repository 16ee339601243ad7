//! Starts a GPU, so that one that is not there is an error. A device of Burn that starts by itself, at its first work, panics on a thread of its
//! runtime instead.

use burn::tensor::wgpu::{WgpuBackend, WgpuInitError};
use burn::tensor::{Device, DeviceKind};

use crate::{Error, Result};

/// The best GPU that `api` finds; `again` gives it where this process has started it before.
pub(super) fn start(api: WgpuBackend, again: fn(DeviceKind) -> Device) -> Result<Device> {
    match Device::wgpu_options().graphics_api(api).init() {
        Ok(device) => Ok(device),
        // All else that can fail was done before: a device is there, and the runtime has one under this name.
        Err(WgpuInitError::Registration { .. }) => Ok(again(DeviceKind::DefaultDevice)),
        Err(problem) => Err(Error::device("starting a GPU", explained(api, &problem))),
    }
}

/// What is missing, where that is known, and what the runtime said.
fn explained(api: WgpuBackend, problem: &WgpuInitError) -> String {
    #[cfg(all(target_os = "linux", any(feature = "vulkan", feature = "wgpu")))]
    if matches!(api, WgpuBackend::Vulkan | WgpuBackend::Auto) {
        return format!("{}. The runtime says: {problem}", super::vulkan_files::state());
    }
    format!("{api:?}: {problem}")
}
