//! A Matroska file of uncompressed pictures, written by hand: what no other program would write stands in it too.

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

/// Two pictures, 0.1 s apart. `colour` is written as it is given: an element's id and its number.
pub(crate) fn raw_video(
    fourcc: [u8; 4],
    (width, height): (u64, u64),
    picture: &[u8],
    colour: &[(u32, u64)],
) -> Vec<u8> {
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
    let colour: Vec<u8> = colour.iter().flat_map(|&(id, value)| number(id, value)).collect();
    let pictures =
        [number(0xB0, width), number(0xBA, height), element(0x2E_B524, &fourcc), element(0x55B0, &colour)];
    let track = [
        number(0xD7, 1),
        number(0x73C5, 1),
        number(0x83, 1),
        element(0x86, b"V_UNCOMPRESSED"),
        number(0x23_E383, 100_000_000),
        element(0xE0, &pictures.concat()),
    ];
    let block = |at_ms: u16| {
        let mut block = vec![0x81];
        block.extend(at_ms.to_be_bytes());
        block.push(0x80);
        block.extend(picture);
        element(0xA3, &block)
    };
    let segment = [
        element(0x1549_A966, &info.concat()),
        element(0x1654_AE6B, &element(0xAE, &track.concat())),
        element(0x1F43_B675, &[number(0xE7, 0), block(0), block(100)].concat()),
    ];
    [element(0x1A45_DFA3, &head.concat()), element(0x1853_8067, &segment.concat())].concat()
}
