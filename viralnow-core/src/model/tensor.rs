//! What goes into a model and comes out of it.

use crate::{Error, ErrorKind, Result};

/// The type of a tensor's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit integer.
    I64,
    /// Yes or no.
    Bool,
}

impl Element {
    /// ONNX's name of the type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::I64 => "int64",
            Self::Bool => "bool",
        }
    }
}

impl std::fmt::Display for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Numbers with a shape, the last dimension fastest. A scalar has the shape `[]`.
///
/// ```
/// use viralnow_core::model::Tensor;
/// let frames = Tensor::f32(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(frames.shape(), [2, 3]);
/// assert_eq!(frames.as_f32().unwrap()[3], 4.0);
/// let rate = Tensor::i64(&[], vec![16_000])?;
/// assert!(rate.as_f32().is_none());
/// assert!(Tensor::f32(&[2, 3], vec![1.0]).is_err());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

#[derive(Debug, Clone, PartialEq)]
enum Data {
    F32(Vec<f32>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
}

impl Tensor {
    /// Floating-point numbers of this shape. Fails with `INVALID_INPUT` where their number is not the product of the shape.
    pub fn f32(shape: &[usize], data: Vec<f32>) -> Result<Self> {
        check(shape, data.len())?;
        Ok(Self { shape: shape.to_vec(), data: Data::F32(data) })
    }

    /// Integers of this shape. Fails as [`Tensor::f32`] does.
    pub fn i64(shape: &[usize], data: Vec<i64>) -> Result<Self> {
        check(shape, data.len())?;
        Ok(Self { shape: shape.to_vec(), data: Data::I64(data) })
    }

    /// Yes or no, of this shape. Fails as [`Tensor::f32`] does.
    pub fn bool(shape: &[usize], data: Vec<bool>) -> Result<Self> {
        check(shape, data.len())?;
        Ok(Self { shape: shape.to_vec(), data: Data::Bool(data) })
    }

    /// Floating-point zeros of this shape.
    ///
    /// ```
    /// assert_eq!(viralnow_core::model::Tensor::zeros(&[2, 1, 128]).as_f32().unwrap().len(), 256);
    /// ```
    #[must_use]
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), data: Data::F32(vec![0.0; shape.iter().product()]) }
    }

    /// The dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the numbers.
    #[must_use]
    pub fn element(&self) -> Element {
        match self.data {
            Data::F32(_) => Element::F32,
            Data::I64(_) => Element::I64,
            Data::Bool(_) => Element::Bool,
        }
    }

    /// The numbers, where they are floating point.
    #[must_use]
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(data) => Some(data),
            Data::I64(_) | Data::Bool(_) => None,
        }
    }

    /// The numbers, to be written over, where they are floating point: a model that runs often needs one tensor.
    pub fn as_f32_mut(&mut self) -> Option<&mut [f32]> {
        match &mut self.data {
            Data::F32(data) => Some(data),
            Data::I64(_) | Data::Bool(_) => None,
        }
    }

    /// The numbers, where they are integers.
    #[must_use]
    pub fn as_i64(&self) -> Option<&[i64]> {
        match &self.data {
            Data::I64(data) => Some(data),
            Data::F32(_) | Data::Bool(_) => None,
        }
    }

    /// The values, where they are yes or no.
    #[must_use]
    pub fn as_bool(&self) -> Option<&[bool]> {
        match &self.data {
            Data::Bool(data) => Some(data),
            Data::F32(_) | Data::I64(_) => None,
        }
    }
}

fn check(shape: &[usize], len: usize) -> Result<()> {
    let wanted = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    if wanted == Some(len) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "a tensor needs as many numbers as its shape has places")
        .with("shape", format!("{shape:?}"))
        .with("numbers", len))
}
