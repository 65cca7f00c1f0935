//! The committed header is the one that the sources make. `VIRALNOW_BLESS=1` writes it.

use std::path::Path;

#[test]
fn header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../include/viralnow.h");
    let made = make(root);
    if std::env::var_os("VIRALNOW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = made.lines().zip(committed.lines()).position(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "include/viralnow.h is not what the sources make (first difference in line {}); run\n    \
         VIRALNOW_BLESS=1 cargo test -p viralnow-ffi --test header\nand commit it",
        difference.unwrap_or_else(|| made.lines().count().min(committed.lines().count())) + 1,
    );
}

/// A program compiled with the header can compare it with the library that it runs with.
#[test]
fn the_header_has_the_version_of_the_crate() {
    let header = make(Path::new(env!("CARGO_MANIFEST_DIR")));
    let value = |name: &str| {
        let start = format!("#define {name} ");
        let line = header.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{name} is not defined")).trim_matches('"').to_owned()
    };
    assert_eq!(value("VN_VERSION"), viralnow_core::VERSION);
    let numbers = [value("VN_VERSION_MAJOR"), value("VN_VERSION_MINOR"), value("VN_VERSION_PATCH")];
    assert_eq!(numbers.join("."), viralnow_core::VERSION);
}

/// Every status of the core's table is in the header under its number.
#[test]
fn the_header_has_every_status() {
    let header = make(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(header.contains("VN_STATUS_OK = 0,"));
    for kind in viralnow_core::ErrorKind::ALL {
        let line = format!("VN_STATUS_{} = {},", kind.code(), kind.number());
        assert!(header.contains(&line), "{line} is not in the header");
    }
}

fn make(root: &Path) -> String {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let [major, minor, patch] =
        [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
    config.after_includes = Some(format!(
        "\n/** The version of this header; `vn_version` gives that of the library that runs. */\n\
         #define VN_VERSION \"{}\"\n#define VN_VERSION_MAJOR {major}\n#define VN_VERSION_MINOR {minor}\n\
         #define VN_VERSION_PATCH {patch}",
        env!("CARGO_PKG_VERSION"),
    ));
    let mut header = Vec::new();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root.join("src").join(source));
    }
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

/// In the order in which the header tells them.
const SOURCES: &[&str] = &[
    "error.rs",
    "string.rs",
    "monitor.rs",
    "extract.rs",
    "store.rs",
    "options.rs",
    "analysis.rs",
    "batch.rs",
    "analyze.rs",
    "live.rs",
    "features.rs",
    "monitor_system.rs",
    "audio.rs",
    "voice.rs",
    "vision.rs",
    "clips.rs",
    "clips_store.rs",
    "models.rs",
    "score.rs",
    "sound_index.rs",
    "sound_stream.rs",
    "text.rs",
    "info.rs",
];
