//! Gives the shared library the name under which programs ask for it: `libviralnow.so.0`. Cargo sets none, and without it
//! a program keeps the path it was linked with. The number is the major version of the interface.

use std::env;

const ABI: &str = "0";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libviralnow.so.{ABI}");
        }
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libviralnow.{ABI}.dylib");
        }
        _ => {}
    }
}
