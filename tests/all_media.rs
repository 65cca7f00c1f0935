//! Every test of decoding, and of the whole way from a file to a payload, in one binary: it is linked once, and the tests of all files share the processors.

mod common;
#[path = "support/matroska.rs"]
mod matroska;

mod corpus;
mod media;
mod media_made;
mod pipeline;
mod vectors;
