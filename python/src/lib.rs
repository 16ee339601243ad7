//! The compiled half of the Python package `doubleback`: what the library does, on NumPy arrays.
//!
//! The package in `py_src/` is what users see; it checks and converts arguments, and calls what is here. All work is done by `work::run`: on a
//! worker thread, without the interpreter's lock, stopped by Ctrl-C.
mod arrays;
mod attack;
mod audit;
mod caller;
mod command;
mod data;
mod errors;
mod explain;
mod functions;
mod log;
mod method;
mod metric;
mod model;
mod pool;
mod progress;
mod train;
mod transfer;
mod work;

#[pyo3::pymodule]
mod _doubleback {
    #[pymodule_export]
    use crate::attack::{attack, attacks};
    #[pymodule_export]
    use crate::audit::{AuditHandle, audit};
    #[pymodule_export]
    use crate::command::command;
    #[pymodule_export]
    use crate::data::load_data;
    #[pymodule_export]
    use crate::explain::{explain, methods, resized};
    #[pymodule_export]
    use crate::metric::{measure, metrics};
    #[pymodule_export]
    use crate::model::ModelHandle;
    #[pymodule_export]
    use crate::pool::num_threads;
    #[pymodule_export]
    use crate::train::train;
    #[pymodule_export]
    use crate::transfer::transfer;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        doubleback_cli::keep_memory();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
