//! Where tasks run: on threads of this process.

mod local;

pub use local::Local;
