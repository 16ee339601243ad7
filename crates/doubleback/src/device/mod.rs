//! Where to compute: devices by name.
#[cfg(any(feature = "vulkan", feature = "metal", feature = "wgpu"))]
mod start;
#[cfg(any(test, all(target_os = "linux", any(feature = "vulkan", feature = "wgpu"))))]
mod vulkan_files;

use std::fmt;
use std::str::FromStr;

pub use burn::tensor::Device;
#[cfg(any(feature = "vulkan", feature = "metal", feature = "wgpu"))]
use burn::tensor::wgpu::WgpuBackend;

use crate::{Error, ErrorKind, Result};

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceName {
    /// The processor, with native kernels.
    Cpu,
    /// An NVIDIA GPU by number.
    Cuda(usize),
    /// A GPU through Vulkan.
    Vulkan,
    /// A GPU through Metal.
    Metal,
    /// A GPU through whatever WebGPU finds.
    Wgpu,
}

impl DeviceName {
    /// The device itself. Those of Vulkan, Metal and WebGPU are started; CUDA starts at its first work, and panics where it cannot.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when this build has no runtime for it; [`Error::Device`] when it does not start, with what is missing where that is
    /// known.
    pub fn open(self) -> Result<Device> {
        match self {
            DeviceName::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            DeviceName::Cuda(index) => Ok(Device::cuda(index)),
            #[cfg(feature = "vulkan")]
            DeviceName::Vulkan => start::start(WgpuBackend::Vulkan, Device::vulkan),
            #[cfg(feature = "metal")]
            DeviceName::Metal => start::start(WgpuBackend::Metal, Device::metal),
            #[cfg(feature = "wgpu")]
            DeviceName::Wgpu => start::start(WgpuBackend::Auto, Device::wgpu),
            #[allow(unreachable_patterns, reason = "unreachable only with every GPU feature")]
            absent => Err(Error::NoDevice {
                device: absent.to_string(),
                feature: absent.feature(),
            }),
        }
    }

    /// Cargo feature that it needs.
    fn feature(self) -> &'static str {
        match self {
            DeviceName::Cpu => "default",
            DeviceName::Cuda(_) => "cuda",
            DeviceName::Vulkan => "vulkan",
            DeviceName::Metal => "metal",
            DeviceName::Wgpu => "wgpu",
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceName::Cpu => f.write_str("cpu"),
            DeviceName::Cuda(index) => write!(f, "cuda:{index}"),
            other => f.write_str(other.feature()),
        }
    }
}

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownDevice> {
        let known = match name {
            "cpu" => Some(DeviceName::Cpu),
            "cuda" => Some(DeviceName::Cuda(0)),
            "vulkan" => Some(DeviceName::Vulkan),
            "metal" => Some(DeviceName::Metal),
            "wgpu" => Some(DeviceName::Wgpu),
            _ => name
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(DeviceName::Cuda),
        };
        known.ok_or(UnknownDevice)
    }
}

/// A name that no device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("known devices are cpu, cuda, cuda:N, vulkan, metal, wgpu")]
pub struct UnknownDevice;

impl UnknownDevice {
    /// Whose fault it is: the user's, who can mend it.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for name in ["cpu", "cuda:3", "vulkan", "metal", "wgpu"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceName::Cuda(0)));
        assert!("cuda:x".parse::<DeviceName>().is_err());
        assert!("gpu".parse::<DeviceName>().is_err());
    }
}
