//! Files of pictures, written by hand: what no other program would write stands in them too.
#![allow(dead_code, reason = "every test file uses its own part")]

/// One element: its id, and its content with the length before it (in eight bytes, which is always allowed).
fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    bytes.extend(((content.len() as u64) | 1 << 56).to_be_bytes());
    bytes.extend(content);
    bytes
}

fn number(id: u32, value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let first = bytes.iter().position(|b| *b != 0).unwrap_or(7);
    element(id, &bytes[first..])
}

/// Matrix coefficients, range, transfer characteristics and primaries, by their elements' ids.
pub(crate) const COLOUR: [u32; 4] = [0x55B1, 0x55B9, 0x55BA, 0x55BB];

/// Two uncompressed pictures, 0.1 s apart. `colour` is written as it is given: an element's id and its number.
pub(crate) fn raw_video(
    fourcc: [u8; 4],
    (width, height): (u64, u64),
    picture: &[u8],
    colour: &[(u32, u64)],
) -> Vec<u8> {
    let colour: Vec<u8> = colour.iter().flat_map(|&(id, value)| number(id, value)).collect();
    let pictures =
        [number(0xB0, width), number(0xBA, height), element(0x2E_B524, &fourcc), element(0x55B0, &colour)];
    file(&[element(0x86, b"V_UNCOMPRESSED"), element(0xE0, &pictures.concat())].concat(), picture)
}

/// Two pictures that are PNG, whatever size they have: the file says that it is 16 x 16.
pub(crate) fn png_video(picture: &[u8]) -> Vec<u8> {
    // Microsoft's BITMAPINFOHEADER, which names the codec.
    let mut header = Vec::new();
    [40_u32, 16, 16].iter().for_each(|n| header.extend(n.to_le_bytes()));
    header.extend([1, 0, 24, 0]);
    header.extend(b"MPNG");
    header.resize(40, 0);
    let pictures = [number(0xB0, 16), number(0xBA, 16)].concat();
    let codec = [element(0x86, b"V_MS/VFW/FOURCC"), element(0x63A2, &header), element(0xE0, &pictures)];
    file(&codec.concat(), picture)
}

/// A black PNG of 16 bits a sample: its zeros, of which deflate makes a thousandth.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        // Without the right checksum, for which libav does not look.
        [&(content.len() as u32).to_be_bytes(), &kind[..], content, &[0; 4]].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[16, 2, 0, 0, 0]].concat();
    let zeros = u64::from(height) * (u64::from(width) * 6 + 1);
    let parts = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &deflated_zeros(zeros)),
        chunk(b"IEND", &[]),
    ];
    parts.concat()
}

/// RFC 1950 and 1951: one block of fixed codes, a literal zero and then the longest match at distance 1 again and again.
fn deflated_zeros(count: u64) -> Vec<u8> {
    let (mut bytes, mut bits, mut filled) = (vec![0x78, 0x01], 0_u64, 0);
    let mut put = |value: u64, width: u32| {
        bits |= value << filled;
        filled += width;
        while filled >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            filled -= 8;
        }
    };
    let code = |value: u64, width: u32| value.reverse_bits() >> (64 - width);
    put(0b011, 3);
    put(code(0b0011_0000, 8), 8);
    let matches = count.div_ceil(258);
    for _ in 0..matches {
        put(code(0b1100_0101, 8), 8);
        put(0, 5);
    }
    // The end of the block, and enough to fill the last byte with.
    put(0, 7);
    put(0, 7);
    // Adler's checksum of zeros. What one of the two fills left over is no byte of it.
    let whole = (2 + (3 + 8 + 13 * matches + 7).div_ceil(8)) as usize;
    bytes.truncate(whole);
    bytes.extend((((1 + 258 * matches) % 65_521) << 16 | 1).to_be_bytes().split_at(4).1);
    bytes
}

/// An FLV file of pictures that say in their own header (Sorenson's H.263) how large they are, and nowhere before it.
pub(crate) fn flv(width: u64, height: u64) -> Vec<u8> {
    let mut file = b"FLV\x01\x01\0\0\0\x09\0\0\0\0".to_vec();
    // Start code, version, number, "the size follows in 16 bits", size, key frame, filter, quantiser.
    let fields =
        [(1, 17), (0, 5), (0, 8), (1, 3), (width, 16), (height, 16), (0, 2), (0, 1), (10, 5), (0, 1)];
    let bits: Vec<u8> = fields
        .iter()
        .flat_map(|&(value, width)| (0..width).rev().map(move |i| (value >> i & 1) as u8))
        .collect();
    let mut picture = vec![0x22];
    picture.extend(
        bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (i, bit)| sum | bit << (7 - i))),
    );
    picture.resize(4000, 0x55);
    for i in 0..10_u8 {
        let size = &(picture.len() as u32).to_be_bytes()[1..];
        file.extend([&[9], size, &[0, 0, i * 25, 0, 0, 0, 0], &picture[..]].concat());
        file.extend((picture.len() as u32 + 11).to_be_bytes());
    }
    file
}

/// A track of uncompressed pictures of which there is none.
pub(crate) fn no_pictures((width, height): (u64, u64)) -> Vec<u8> {
    let pictures = [number(0xB0, width), number(0xBA, height), element(0x2E_B524, b"I420")];
    let codec = [element(0x86, b"V_UNCOMPRESSED"), element(0xE0, &pictures.concat())];
    file_of(&codec.concat(), &[])
}

/// Two blocks with this picture in one track; `codec` are the elements that say what it is.
fn file(codec: &[u8], picture: &[u8]) -> Vec<u8> {
    file_of(codec, &[picture, picture])
}

/// One track with a block for each picture, 0.1 s apart.
fn file_of(codec: &[u8], pictures: &[&[u8]]) -> Vec<u8> {
    let head = [
        number(0x4286, 1),
        number(0x42F7, 1),
        number(0x42F2, 4),
        number(0x42F3, 8),
        element(0x4282, b"matroska"),
        number(0x4287, 4),
        number(0x4285, 2),
    ];
    let info = [number(0x2A_D7B1, 1_000_000), element(0x4489, &200f64.to_be_bytes())];
    let track =
        [number(0xD7, 1), number(0x73C5, 1), number(0x83, 1), number(0x23_E383, 100_000_000), codec.to_vec()];
    let block = |(i, picture): (usize, &&[u8])| {
        let mut block = vec![0x81];
        block.extend((100 * i as u16).to_be_bytes());
        block.push(0x80);
        block.extend(*picture);
        element(0xA3, &block)
    };
    let blocks: Vec<u8> = pictures.iter().enumerate().flat_map(block).collect();
    let segment = [
        element(0x1549_A966, &info.concat()),
        element(0x1654_AE6B, &element(0xAE, &track.concat())),
        element(0x1F43_B675, &[number(0xE7, 0), blocks].concat()),
    ];
    [element(0x1A45_DFA3, &head.concat()), element(0x1853_8067, &segment.concat())].concat()
}
