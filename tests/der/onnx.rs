//! Tiny ONNX models, written byte by byte (the protocol buffers of onnx.proto, operator set 13): of the inputs and outputs of
//! pyannote's models, and with made-up weights, because the real ones are not free to carry along.

/// Bytes of a message of ONNX.
#[derive(Default, Clone)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }
}

fn tensor(name: &str, shape: &[u64], data: &[f32]) -> Message {
    let message = shape.iter().fold(Message::default(), |message, &side| message.number(1, side));
    let raw: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
    message.number(2, 1).text(8, name).bytes(9, &raw)
}

fn integers(name: &str, values: &[u64]) -> Message {
    let message = Message::default().text(1, name);
    values.iter().fold(message, |message, &value| message.number(8, value)).number(20, 7)
}

fn integer(name: &str, value: u64) -> Message {
    Message::default().text(1, name).number(3, value).number(20, 2)
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Message]) -> Message {
    let message = inputs.iter().fold(Message::default(), |message, input| message.text(1, input));
    let message = message.text(2, output).text(4, operator);
    attributes.iter().fold(message, |message, attribute| message.message(5, attribute))
}

/// A port of float tensors; `None` is a side of any size.
fn port(name: &str, shape: &[Option<u64>]) -> Message {
    let sides = shape.iter().fold(Message::default(), |message, side| {
        let side = match side {
            Some(side) => Message::default().number(1, *side),
            None => Message::default().text(2, "any"),
        };
        message.message(1, &side)
    });
    let tensor = Message::default().number(1, 1).message(2, &sides);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

fn model(nodes: &[Message], weights: &[Message], input: &Message, output: &Message) -> Vec<u8> {
    let graph = nodes.iter().fold(Message::default(), |graph, node| graph.message(1, node)).text(2, "tiny");
    let graph = weights.iter().fold(graph, |graph, weight| graph.message(5, weight));
    let graph = graph.message(11, input).message(12, output);
    let operators = Message::default().text(1, "").number(2, 13);
    Message::default().number(1, 8).message(7, &graph).message(8, &operators).0
}

/// 64 samples of a cosine for each frequency: the weights of a filter bank, `[frequencies, 1, 64]`. It is applied every ten
/// samples, so that it meets the tones of the tests in every phase: every sixteen it would meet them in one, and a sine not
/// at all.
fn filters(hertz: &[f64]) -> Message {
    let weights: Vec<f32> = hertz
        .iter()
        .flat_map(|hz| {
            (0..64).map(move |i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).cos() as f32 / 32.0)
        })
        .collect();
    tensor("filters", &[hertz.len() as u64, 1, 64], &weights)
}

/// Who of two tones sounds: `waveform [1, 1, 160000]` to `[1, frames, 4]`, the logarithms of the probabilities of nobody,
/// the first, the second, and both.
pub fn segmentation(hertz: [f64; 2]) -> Vec<u8> {
    // A tone of amplitude 0.3 gives 0.15 to 0.2 after the filter and the mean of its size; 0.05 is the border.
    let (gain, border) = (400.0, 0.05);
    let mix = [0.0, gain, 0.0, gain, 0.0, 0.0, gain, gain];
    let bias = [0.0, -gain * border, -gain * border, -2.0 * gain * border];
    let nodes = [
        node("Conv", &["waveform", "filters"], "bands", &[integers("strides", &[10])]),
        node("Abs", &["bands"], "sizes", &[]),
        node(
            "AveragePool",
            &["sizes"],
            "levels",
            &[integers("kernel_shape", &[16]), integers("strides", &[16])],
        ),
        node("Transpose", &["levels"], "frames", &[integers("perm", &[0, 2, 1])]),
        node("MatMul", &["frames", "mix"], "mixed", &[]),
        node("Add", &["mixed", "bias"], "logits", &[]),
        node("LogSoftmax", &["logits"], "classes", &[integer("axis", 2)]),
    ];
    let weights = [filters(&hertz), tensor("mix", &[2, 4], &mix), tensor("bias", &[4], &bias)];
    let input = port("waveform", &[Some(1), Some(1), None]);
    model(&nodes, &weights, &input, &port("classes", &[Some(1), None, Some(4)]))
}

/// How much of two tones there is: `waveform [1, 1, samples]` to `[1, 2]`.
pub fn embedding(hertz: [f64; 2]) -> Vec<u8> {
    let nodes = [
        node("Conv", &["waveform", "filters"], "bands", &[integers("strides", &[10])]),
        node("Abs", &["bands"], "sizes", &[]),
        node("GlobalAveragePool", &["sizes"], "means", &[]),
        node("Flatten", &["means"], "vector", &[integer("axis", 1)]),
    ];
    let input = port("waveform", &[Some(1), Some(1), None]);
    model(&nodes, &[filters(&hertz)], &input, &port("vector", &[Some(1), Some(2)]))
}
