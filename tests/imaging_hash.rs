//! Perceptual hashes against the peers' bits: imagehash and PDQ.

use crate::common;

use common::shared;
use serde_json::Value;
use std::path::Path;
use viralnow_core::ErrorKind;
use viralnow_core::imaging::{
    GrayImage, HashKind, ImageHash, PdqHash, Picture, Plane, RgbImage, Rotation, average_hash, colorhash,
    dhash, dhash_vertical, pdq, pdq_dihedral, phash, phash_simple, whash,
};

fn open(path: &Path) -> RgbImage {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    RgbImage { width, height, data: picture.into_raw() }
}

fn golden(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
}

fn assert_hashes(picture: &RgbImage, hashes: &Value, what: &str) {
    let gray = picture.to_gray();
    let theirs = |name: &str| hashes[name].as_str().expect("a hash").to_owned();
    for (name, ours) in [
        ("average_hash", average_hash(&gray)),
        ("dhash", dhash(&gray)),
        ("dhash_vertical", dhash_vertical(&gray)),
        ("phash", phash(&gray)),
        ("phash_simple", phash_simple(&gray)),
        ("whash_haar", whash(&gray)),
        ("colorhash", colorhash(picture)),
    ] {
        assert_eq!(ours.to_string(), theirs(name), "{name} of {what}");
        let kind: HashKind = name.trim_end_matches("_haar").parse().expect("a kind");
        assert_eq!(kind.hash(&picture.as_picture(), Rotation::None, None).expect("a hash"), ours, "{name}");
    }
    let large = HashKind::Phash.hash(&picture.as_picture(), Rotation::None, Some(16)).expect("a hash");
    assert_eq!(large.to_string(), theirs("phash16"), "phash16 of {what}");
}

#[test]
fn all_hashes_are_those_of_imagehash() {
    let test = "all_hashes_are_those_of_imagehash";
    let Some(folder) = shared(test, "golden/vision") else { return };
    let mut checked = 0;
    // Of the pictures only lossless ones: two JPEG decoders do not agree to the bit.
    for name in ["astronaut", "coffee", "peppers"] {
        let Some(file) = shared(test, &format!("data/images/{name}.png")) else { return };
        let expected = golden(&folder.join(format!("{name}.vision.json")));
        assert_hashes(&open(&file), &expected["hashes"], name);
        checked += 1;
    }
    for entry in std::fs::read_dir(&folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix("_frames") else { continue };
        let expected = golden(&folder.join(format!("{stem}.vision.json")));
        for entry in std::fs::read_dir(&path).expect("readable") {
            let file = entry.expect("readable").path();
            let number = file.file_stem().and_then(|n| n.to_str()).expect("a name");
            let number: u64 = number.parse().expect("a number");
            let hashes = expected["hashes"].as_array().expect("hashes");
            let hashes = hashes.iter().find(|h| h["frame"] == number).expect("the frame's hashes");
            assert_hashes(&open(&file), hashes, &format!("{stem} {number}"));
            checked += 1;
        }
    }
    assert!(checked >= 23, "only {checked} pictures");
}

#[test]
fn pdq_is_that_of_the_peer() {
    let test = "pdq_is_that_of_the_peer";
    let Some(file) = shared(test, "golden/vision/pdq.json") else { return };
    let mut checked = 0;
    for (name, theirs) in golden(&file).as_object().expect("an object") {
        let Some(path) = shared(test, &format!("data/images/{name}")) else { continue };
        let ours = pdq(&open(&path).as_picture()).expect("a hash");
        let distance = ours.hash.distance(theirs["pdq"].as_str().expect("a hash").parse().expect("a hash"));
        println!("{name}: distance {distance}, quality {}", ours.quality);
        // A JPEG is not decoded to the bit as by the peer's decoder.
        let lossless = path.extension().is_some_and(|e| e == "png");
        assert!(distance <= if lossless { 0 } else { 10 }, "{name}: {distance}");
        assert_eq!(u64::from(ours.quality), theirs["quality"].as_u64().expect("a number"), "{name}");
        checked += 1;
    }
    assert!(checked >= 9, "only {checked} pictures");
}

/// What the peer gives for `coffee.png` as it is, turned by 90, 180 and 270 degrees, and flipped four ways.
const COFFEE: [&str; 8] = [
    "8c629e779a663698b9a33866c026726c21a679f61eb6e1f8c79ba7e23c8299e0",
    "ea1d74a51dd6029cec630fd0712cf50218fd0aaaeff5ae831118881beeee1577",
    "c93734ddcb329c36acf612cc947258c674f2d35c4ae34b5292ce0d5c29d7334a",
    "bf485e0f4883a836bb36a57b24795fa84daab000baa0052d444d32b5bbbb3fdd",
    "9c6261889e67c967f9a3c799c9278d9321a786091fb61e07c79b581d7c82661f",
    "8936cb22cb326389acf66d339472272974f22ca34ae3b4ad92cef2a32957c8b5",
    "ea1d03581dd67d63ec63d02e712c08dd18ffe555eff55078111867e0eeee4808",
    "ba48a1f0488357c9b9365a842479a0574daa4fffbaa0fad6444ddd4ebbbbc022",
];

#[test]
fn mirrored_and_turned_pdq_are_those_of_the_peer_and_of_mirrored_and_turned_pictures() {
    let test = "mirrored_and_turned_pdq_are_those_of_the_peer_and_of_mirrored_and_turned_pictures";
    let Some(file) = shared(test, "data/images/coffee.png") else { return };
    let picture = open(&file);
    let ours = pdq_dihedral(&picture.as_picture()).expect("hashes");
    assert_eq!(ours.map(|pdq| pdq.hash.to_string()), COFFEE);
    // A picture that is turned or mirrored in truth is nearest to that version, and near enough to be found. (The box of the
    // filter reaches further to one side, so that the bits are not all the same.) Rotations here are clockwise, the peer's
    // counter-clockwise.
    let mut flipped = picture.clone();
    flipped.data.chunks_exact_mut(picture.width * 3).for_each(|row| row.as_chunks_mut::<3>().0.reverse());
    let turned = |rotation| picture.as_picture().to_rgb(rotation);
    for (what, version, i) in [
        ("as it is", picture.clone(), 0),
        ("a quarter", turned(Rotation::Clockwise90), 3),
        ("half", turned(Rotation::Half), 2),
        ("three quarters", turned(Rotation::Clockwise270), 1),
        ("mirrored", flipped, 5),
    ] {
        let hash = pdq(&version.as_picture()).expect("a hash").hash;
        let distances = ours.map(|pdq| pdq.hash.distance(hash));
        assert_eq!(distances.iter().min(), Some(&distances[i]), "{what}: {distances:?}");
        assert!(distances[i] <= 31, "{what}: {distances:?}");
    }
}

/// Noise and steps of several sizes, with what imagehash 4.3.2 on Pillow 13.0.0 prints for the same picture:
/// `average_hash`, `dhash`, `dhash_vertical`, `phash`, `phash_simple`, `whash`, `colorhash`; `phash` and `whash` of size 4,
/// `dhash` of size 5, `colorhash` with 2 bits. And what pdqhash 0.2.8 gives.
const MADE: [(&str, usize, usize, &str, &str); 14] = [
    (
        "noise",
        1,
        1,
        "0000000000000000 0000000000000000 0000000000000000 8000000000000000 0000000000000000 0000000000000000 00007000000 8000 0000 0000000 0030000",
        "",
    ),
    (
        "noise",
        5,
        7,
        "1bc0fe3c60677edc 330c18f0c7cfc438 e4fe3c60c73f9ccc d23d3827588db0f3 10105050c0e0e4e4 0bc0fe3c60677ccc 00040008200 d332 965a 073626c 0000000",
        "3b0e799c64d9d6b5c3f0348dce739e27c4f1318c3b0e61d8348dcb72390e390e:100",
    ),
    (
        "noise",
        64,
        64,
        "7f0cb4d2b35ec131 9219293465d48bd7 84b5d3183ecea13a ccdb0195acf885ae 1a9f23a314b7befe 7e8c34d293f6c129 00000000000 dd09 6cf0 1462bd1 0000000",
        "35b2ff792f29108c242f99f2af5b0b6cdc9d70389fd09e0f869a0bd45540a62d:100",
    ),
    (
        "noise",
        90,
        160,
        "c62c3c8822f10e3c 0ccd485242a27870 333cc30b73cc0e78 d5f29224e977c816 8c22607fcf0d3307 867d7ca83af0863c 00000000000 d392 2e56 16e452c 0000000",
        "6bf1609de3014d734ab9efbd8cc2650f0c09f02cc319738719d0bc1ab52cf7e6:100",
    ),
    (
        "noise",
        160,
        90,
        "939e5e46606891f3 2630b094d1ca27a3 cc1ce205799691ef ecbcac6fa62c812c 481dda1821ebb835 93ce5ec2617090fb 00000000000 e1a6 98cd 0b25a29 0000000",
        "fe28bebaf2229b974487bd6a1ae1669361e479b81e40ddbe40a78b6b213a2934:100",
    ),
    (
        "noise",
        33,
        200,
        "7e60b41da0ee38b0 aaca65b55288e223 80b44f81665f39c0 c5b2c4b13980f6cf 24e96c1acae77d99 7ee2b459a0683af8 00000000000 cb43 d6c4 12c3699 0000000",
        "9e5ba8b9bb28c0c72cecd82ba066c78a11bf69f31e375d806fee48c4de025a94:100",
    ),
    (
        "noise",
        257,
        130,
        "52482b3a71c980b6 b69aaaf2a59b1064 480738c045881437 c111f7f0cc1d86f4 a853586387b37707 53486b3a714be4b5 00000000000 807f 259e 168e4a8 0000000",
        "b024cc67eeab710de4eafe9997296e56a27b9513a410895c17b94007e5f7f640:100",
    ),
    (
        "steps",
        1,
        1,
        "0000000000000000 0000000000000000 0000000000000000 8000000000000000 0000000000000000 0000000000000000 000000001c0 8000 0000 0000000 0000030",
        "",
    ),
    (
        "steps",
        5,
        7,
        "00000f3f3b3f6e76 6623fef3f3f3cccc 007f7f7899666471 8778724ccdb2ac6c 2f6b0e9b9a9b9b6f 00000f3f3b3f7e76 00002000180 8774 0377 01f6712 0010020",
        "9e273f0e61d8c3f029c89b2697266cd9d4b59b262b4a93246cd964d996273d0f:100",
    ),
    (
        "steps",
        64,
        64,
        "000c3c3e777a6d6d fff8f8ece6d6d9c9 7c7c636348486565 821e3b65265dd99a 7f7f7f7f7f7f3737 000c3c3e767a7d6d 00002001081 8537 0677 1fe6a55 0010010",
        "69cd68cd973292d3e5ca383c0a9507e30a91192c69cd68cd9732f6d3e56e783c:100",
    ),
    (
        "steps",
        90,
        160,
        "03183836667a6f6d fff1f1ecccd6d9c9 7c7c666659492565 811e3b35262fd9ca 7f7f7f7f7f7f1797 03183836766e6f6d 00002001081 8733 0677 1fe4ad5 0010010",
        "98cd63326b3648d6d56ab2bd15414dc1bab195699ccd63326b3248d6d54eb2bc:100",
    ),
    (
        "steps",
        160,
        90,
        "0f1b396d6c5a6664 fff3f3c9c996dccc 787866645a5aa464 81af3634331bcccb 7f7f7f7f7f7f1f1b 0f1b392d6c5a6666 00003001080 8ab3 3732 1fcd2d6 0010010",
        "c699dc6939662196c736947ac7986b8538e9ce69c6999c6939662196c736947a:100",
    ),
    (
        "steps",
        33,
        200,
        "00083d3e777b7f7f fff9f9e6e6d3d3d1 7f7d627249497c5c 805f786574768b9a 7f7f7f7f7f7f3734 00001d3e767b7d7d 00002000081 8576 0757 1de6a35 0010010",
        "65ea82539a53e6dbd9af22750d88dd8222701d2c65ea82539a53e2d3dd8f227d:100",
    ),
    (
        "steps",
        257,
        130,
        "1c3e336949557373 fcece6dbdb95a7a6 63634949f454a2a2 8017965a997f66a5 2d2d2d2d2d3d0f4a 1e3e334949517373 00003001041 899d 6555 1c956b3 0010000",
        "71b386ec92ec91ad4e34e1f40f131b0bb14b6e5279b3866c82ec91ad4eb4e4f4:100",
    ),
];

fn made(name: &str, width: usize, height: usize) -> RgbImage {
    let mut state = 1_u32;
    let data = (0..width * height * 3)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
            let step = (x * 7 / width) * (y * 5 / height) * 37 + c * 50 + x;
            if name == "noise" { (state >> 24) as u8 } else { (step % 256) as u8 }
        })
        .collect();
    RgbImage { width, height, data }
}

#[test]
fn made_pictures_of_all_sizes_hash_as_by_the_peers() {
    for (name, width, height, hashes, theirs) in MADE {
        let picture = made(name, width, height);
        let kinds = HashKind::ALL.map(|kind| (kind, None)).into_iter().chain([
            (HashKind::Phash, Some(4)),
            (HashKind::Whash, Some(4)),
            (HashKind::Dhash, Some(5)),
            (HashKind::Colorhash, Some(2)),
        ]);
        for ((kind, size), theirs) in kinds.zip(hashes.split(' ')) {
            let ours = kind.hash(&picture.as_picture(), Rotation::None, size).expect("a hash");
            assert_eq!(ours.to_string(), theirs, "{kind} {size:?} of {name} {width}x{height}");
            assert_eq!(theirs.parse::<ImageHash>().expect("a hash"), ours);
        }
        let ours = pdq(&picture.as_picture()).expect("a hash");
        if theirs.is_empty() {
            assert_eq!((ours.hash, ours.quality), (PdqHash::default(), 0));
        } else {
            assert_eq!(format!("{}:{}", ours.hash, ours.quality), theirs, "{name} {width}x{height}");
            assert_eq!(PdqHash::from_bytes(ours.hash.to_bytes()), ours.hash);
        }
    }
}

#[test]
fn what_cannot_be_hashed_or_read_is_refused() {
    let samples = [9; 12];
    let rgb = |width, height, stride| Picture::Rgb24 { rgb: Plane { data: &samples, stride }, width, height };
    for picture in
        [rgb(0, 0, 0), rgb(2, 3, 6), rgb(usize::MAX, 1, 6), rgb(1, usize::MAX, 1 << 60), rgb(2, 2, 5)]
    {
        for kind in HashKind::ALL {
            let refused = kind.hash(&picture, Rotation::None, None).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{kind}");
        }
        assert_eq!(pdq(&picture).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(pdq_dihedral(&picture).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    for (kind, size) in [
        (HashKind::Phash, 0),
        (HashKind::Phash, 1),
        (HashKind::AverageHash, 257),
        (HashKind::Dhash, usize::MAX),
        (HashKind::Whash, 12),
        (HashKind::Colorhash, 0),
        (HashKind::Colorhash, 17),
    ] {
        let refused = kind.hash(&rgb(2, 2, 6), Rotation::None, Some(size)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{kind} {size}");
    }
    // The largest are made.
    for kind in HashKind::ALL {
        let size = if kind == HashKind::Colorhash { 16 } else { 256 };
        let hash = kind.hash(&rgb(2, 2, 6), Rotation::None, Some(size)).expect("a hash");
        assert_eq!(hash.to_string().parse::<ImageHash>().expect("a hash"), hash);
        assert_eq!(hash.as_u64(), None);
    }
    let claims = GrayImage { width: 1 << 40, height: 1 << 40, data: vec![1; 3] };
    let none = GrayImage { width: 0, height: 7, data: Vec::new() };
    for image in [claims, none] {
        for hash in [average_hash, dhash, dhash_vertical, phash, phash_simple, whash] {
            assert_eq!(hash(&image).as_u64(), Some(0));
        }
    }
    assert_eq!(colorhash(&RgbImage { width: 3, height: 0, data: Vec::new() }).as_u64(), Some(0));
    for text in ["", "g", "0x12", "\u{ff11}", "ü", "a b", &"0".repeat(16_385)] {
        assert_eq!(text.parse::<ImageHash>().unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
        assert_eq!(text.parse::<PdqHash>().unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
    }
    assert_eq!("0".repeat(65).parse::<PdqHash>().unwrap_err().kind(), ErrorKind::InvalidInput);
}
