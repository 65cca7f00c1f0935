//! Sentence embeddings: texts as vectors whose directions are near where the texts mean the same.

#[cfg(feature = "transformers")]
mod bert;
#[cfg(feature = "transformers")]
mod config;
mod shared;
#[cfg(feature = "transformers")]
mod tokens;

pub use shared::shared_embedder;

#[cfg(feature = "transformers")]
use super::Session;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// Rows of numbers, one for each text.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// The vectors, one after another; each has the length 1.
    pub data: Vec<f32>,
    /// Numbers of a vector.
    pub size: usize,
}

impl Embeddings {
    /// The vectors, in the order of the texts.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.data.chunks_exact(self.size)
    }

    /// How alike the texts of two rows are, in [-1, 1]: the cosine.
    ///
    /// ```
    /// use viralnow_core::model::Embeddings;
    /// let two = Embeddings { data: vec![1.0, 0.0, 0.6, 0.8], size: 2 };
    /// assert!((two.similarity(0, 1) - 0.6).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn similarity(&self, a: usize, b: usize) -> f32 {
        let row = |row: usize| &self.data[row * self.size..][..self.size];
        row(a).iter().zip(row(b)).map(|(x, y)| x * y).sum()
    }
}

/// A sentence-embedding model of the class of all-MiniLM-L6-v2, from a folder in the public format: `config.json`,
/// `tokenizer.json`, and either `model.safetensors`, which runs in this library, or `model.onnx` (also in a folder `onnx`),
/// which runs in ONNX Runtime; of both the first. `sentence_bert_config.json` and `1_Pooling/config.json` count where they are
/// there.
///
/// Models of the types `bert`, `roberta` and `xlm-roberta` are read; tokens are pooled by their mean, or the first one alone,
/// as the folder says (the mean where it does not); vectors are brought to length 1. Of a long text the beginning counts, as
/// far as the model reads (256 tokens for `MiniLM`).
///
/// ```
/// use viralnow_core::model::{Embedder, find_model, where_is};
/// use viralnow_core::monitor::Run;
///
/// let embedder = where_is(find_model("all-MiniLM-L6-v2", &[])?, None).and_then(|dir| Embedder::open(dir, 1));
/// match embedder {
///     Ok(embedder) => {
///         let texts = ["How to bake bread", "Baking a sourdough loaf", "The cup final"];
///         let found = embedder.embed(&texts, &mut Run::unwatched())?;
///         assert!(found.similarity(0, 1) > found.similarity(0, 2));
///     }
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct Embedder {
    #[cfg(feature = "transformers")]
    tokens: tokens::Tokens,
    #[cfg(feature = "transformers")]
    engine: Engine,
    #[cfg(feature = "transformers")]
    config: config::Config,
    #[cfg(feature = "transformers")]
    threads: usize,
    #[cfg(not(feature = "transformers"))]
    never: std::convert::Infallible,
}

#[cfg(feature = "transformers")]
enum Engine {
    Own(bert::Bert),
    Onnx(Session),
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder")
            .field("engine", &self.engine())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

#[cfg(not(feature = "transformers"))]
impl Embedder {
    /// Fails with `UNAVAILABLE`: this build has no sentence embeddings.
    pub fn open(dir: impl AsRef<Path>, _threads: usize) -> Result<Self> {
        Err(Error::new(
            ErrorKind::Unavailable,
            "this build has no sentence embeddings; build it with the feature `transformers`",
        )
        .with("feature", "transformers")
        .with("path", dir.as_ref().display()))
    }

    /// Never called.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self.never {}
    }

    /// Never called.
    #[must_use]
    pub fn size(&self) -> usize {
        match self.never {}
    }

    /// Never called.
    pub fn embed<T: AsRef<str>>(&self, _texts: &[T], _run: &mut Run) -> Result<Embeddings> {
        match self.never {}
    }
}

/// Tokens that go through the model at a time.
#[cfg(feature = "transformers")]
const BATCH: usize = 2048;

#[cfg(feature = "transformers")]
impl Embedder {
    /// Loads the model; `threads` is how many threads one call may use (0: all cores).
    ///
    /// Fails with `NOT_FOUND` where a file is missing, with `UNSUPPORTED_FORMAT` for another type of model, with
    /// `DECODE_FAILED` where the files are damaged or do not fit each other, and with `UNAVAILABLE` for a model in ONNX where
    /// it cannot be run.
    pub fn open(dir: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let dir = dir.as_ref();
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        };
        let config = config::Config::read(dir)?;
        let tokens = tokens::Tokens::open(dir, &config)?;
        let onnx = ["model.onnx", "onnx/model.onnx"]
            .map(|name| dir.join(name))
            .into_iter()
            .find(|path| path.is_file());
        let own = dir.join("model.safetensors");
        let engine = match onnx {
            Some(path) if !own.is_file() => Engine::Onnx(Session::open(path, threads)?),
            _ => Engine::Own(bert::Bert::open(&own, &config)?),
        };
        Ok(Self { tokens, engine, config, threads })
    }

    /// What runs it: `own`, or `onnxruntime` or `tract` for a model in ONNX.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match &self.engine {
            Engine::Own(_) => "own",
            Engine::Onnx(session) => session.engine(),
        }
    }

    /// Numbers of a vector.
    #[must_use]
    pub fn size(&self) -> usize {
        self.config.hidden_size
    }

    /// The vectors of the texts, in their order; a text without words has one too. Fails as [`Run::advance`] does, and as the
    /// runtime does.
    pub fn embed<T: AsRef<str>>(&self, texts: &[T], run: &mut Run) -> Result<Embeddings> {
        let size = self.size();
        let ids: Vec<Vec<u32>> = texts
            .iter()
            .map(|text| {
                run.advance(0.0)?;
                self.tokens.ids(text.as_ref())
            })
            .collect::<Result<_>>()?;
        // Those of about the same length together: in ONNX the shorter ones are filled up.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&text| ids[text].len());
        let mut data = vec![0.0; texts.len() * size];
        let (mut rest, mut done) = (&*order, 0);
        while !rest.is_empty() {
            run.advance(done as f64 / ids.len() as f64)?;
            let mut tokens = 0;
            let fits = rest.iter().take_while(|&&text| {
                tokens += ids[text].len();
                tokens <= BATCH
            });
            let (batch, later) = rest.split_at(fits.count().max(1));
            let given: Vec<&[u32]> = batch.iter().map(|&text| &*ids[text]).collect();
            let vectors = match &self.engine {
                Engine::Own(bert) => bert.run(&given, &self.config, self.threads),
                Engine::Onnx(session) => onnx(session, &given, &self.config)?,
            };
            for (&text, vector) in batch.iter().zip(vectors.chunks_exact(size)) {
                let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
                for (out, x) in data[text * size..][..size].iter_mut().zip(vector) {
                    *out = x / length;
                }
            }
            done += batch.len();
            rest = later;
        }
        Ok(Embeddings { data, size })
    }
}

/// The pooled vectors, from a model in ONNX.
#[cfg(feature = "transformers")]
fn onnx(session: &Session, texts: &[&[u32]], config: &config::Config) -> Result<Vec<f32>> {
    use super::Tensor;
    let (rows, size) = (texts.len(), config.hidden_size);
    let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or(0);
    let filled = |value: &dyn Fn(u32) -> i64, fill: i64| {
        let row = |ids: &&[u32]| {
            let mut row: Vec<i64> = ids.iter().map(|&id| value(id)).collect();
            row.resize(longest, fill);
            row
        };
        Tensor::i64(&[rows, longest], texts.iter().flat_map(row).collect())
    };
    let ids = filled(&i64::from, i64::from(config.pad_token_id))?;
    let (mask, types) = (filled(&|_| 1, 0)?, filled(&|_| 0, 0)?);
    let given = [("input_ids", &ids), ("attention_mask", &mask), ("token_type_ids", &types)];
    let given: Vec<_> = given
        .into_iter()
        .filter(|(name, _)| session.inputs().iter().any(|port| port.name == *name))
        .collect();
    let mut outputs = session.run(&given)?;
    let wrong = || {
        let names: Vec<_> = session.outputs().iter().map(|port| port.name.clone()).collect();
        Error::new(
            ErrorKind::UnsupportedFormat,
            "the model gives neither last_hidden_state nor sentence_embedding of the size that config.json says",
        )
        .with("model", session.path().display())
        .with("gives", names.join(" "))
    };
    if let Some(pooled) = outputs.remove("sentence_embedding") {
        let fits = pooled.shape() == [rows, size];
        return pooled.as_f32().filter(|_| fits).map(<[f32]>::to_vec).ok_or_else(wrong);
    }
    let hidden = ["last_hidden_state", "token_embeddings"]
        .iter()
        .find_map(|name| outputs.remove(*name))
        .ok_or_else(wrong)?;
    let data = hidden.as_f32().filter(|_| hidden.shape() == [rows, longest, size]).ok_or_else(wrong)?;
    let pooled =
        |(row, ids): (usize, &&[u32])| config.pool(&data[row * longest * size..][..ids.len() * size]);
    Ok(texts.iter().enumerate().flat_map(pooled).collect())
}
