//! ViralNow for C and C++: opaque handles, a status number and an error object.
//!
//! `include/viralnow.h` is generated from this crate (`tests/header.rs`), so what is said here in words of C is what C
//! programmers read. One file is one object: `options.rs` is `vn_options`.
//!
//! Every function that can fail is a body inside [`panic::guard`], which turns an [`Error`](viralnow_core::Error) into a
//! status and an error object and a panic into `VN_STATUS_INTERNAL`; accessors, which cannot fail, give zero or NULL for a
//! NULL handle.

// The names are those of the C interface, so that one name is one thing everywhere.
#![allow(non_camel_case_types)]
// The documentation is printed in a C header, where a product's name in backticks is odd.
#![allow(clippy::doc_markdown)]
// The safety contract of all functions is one and stands at the head of the header: pointers are NULL or valid for what
// the parameter says, handles come from this library and are freed once.
#![allow(clippy::missing_safety_doc)]

pub mod analysis;
pub mod analyze;
mod args;
pub mod audio;
pub mod batch;
pub mod clips;
pub mod clips_store;
pub mod error;
pub mod extract;
pub mod features;
pub mod info;
pub mod live;
pub mod models;
pub mod monitor;
pub mod monitor_system;
pub mod options;
mod panic;
pub mod score;
pub mod sound_index;
pub mod sound_stream;
#[cfg(feature = "sqlite")]
pub mod store;
pub mod string;
pub mod text;
pub mod vision;
pub mod voice;

#[cfg(test)]
mod threads {
    /// Handles are used from any thread, as the header promises.
    #[test]
    fn handles_may_move_between_threads_and_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<crate::analysis::vn_analysis>();
        shared::<crate::batch::vn_batch>();
        shared::<crate::error::vn_error>();
        shared::<crate::features::vn_features>();
        shared::<crate::sound_index::vn_sound_index>();
        shared::<crate::sound_stream::vn_sound_stream>();
        shared::<crate::monitor::vn_cancel_token>();
        shared::<crate::monitor::vn_memory_monitor>();
        shared::<crate::monitor_system::vn_monitor>();
        shared::<crate::monitor_system::vn_subscription>();
        shared::<crate::monitor_system::vn_job>();
        shared::<crate::live::vn_live>();
        shared::<crate::options::vn_options>();
        #[cfg(feature = "sqlite")]
        shared::<crate::store::vn_store>();
    }
}
