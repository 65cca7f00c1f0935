//! Link arguments of a Node addon.

fn main() {
    napi_build::setup();
    // A worker thread that ends may have Node unload the library while one of our threads still runs its code.
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu" || env == "musl")
        && std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
    {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
