//! The tract side of a session: ONNX models in Rust alone, through the crate `tract-onnx`, where there is no ONNX Runtime.

use super::{Element, Port, Tensor};
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Side;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto, type_proto};
use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, IntoTValue, TValue,
    TVec, TractResult, TypedSimplePlan,
};
use tract_onnx::tract_hir::prelude::Tensor as Value;

/// The series of releases of tract that is built in; a host's own lock file says which of them.
pub(super) const VERSION: &str = "0.23";

/// The way out of everything that tract cannot do.
const WAY_OUT: &str = "install ONNX Runtime 1.24 or newer (`pip install onnxruntime`), which then runs it";

/// Plans that are kept: the sizes that a caller comes back to are few, and each plan has the weights in an order of its own.
const KEPT: usize = 4;

/// What a plan is made for: the shape of each input in the model's order, and its value where that may choose the way
/// through the model.
type Sizes = Vec<(Vec<usize>, Option<Value>)>;

/// A loaded model that threads may share.
pub(super) struct Graph {
    model: InferenceModel,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    metadata: BTreeMap<String, String>,
    /// The plans that were used last, the latest first.
    plans: Mutex<Vec<(Sizes, Arc<TypedSimplePlan>)>>,
}

impl Graph {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::from(error).with("path", path.display()))?;
        Self::read(&bytes, path.parent()).map_err(|error| error.with("model", path.display()))
    }

    fn read(bytes: &[u8], folder: Option<&Path>) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::DecodeFailed, "the model is damaged, or no ONNX model");
        let onnx = tract_onnx::onnx().with_ignore_value_info(true);
        let proto: ModelProto =
            caught(|| onnx.proto_model_for_read(&mut &*bytes)).map_err(|fault| damaged().caused_by(fault))?;
        let graph = proto.graph.as_ref().ok_or_else(damaged)?;
        let mut unknown = BTreeSet::new();
        operators(graph, &mut |name| {
            if !onnx.op_register.0.contains_key(name) {
                unknown.insert(name.to_owned());
            }
        });
        if !unknown.is_empty() {
            let unknown: Vec<_> = unknown.into_iter().collect();
            return Err(unsupported().with("operators", unknown.join(", ")));
        }
        let parsed = caught(|| onnx.parse(&proto, folder.and_then(Path::to_str)))
            .map_err(|fault| unsupported().caused_by(fault))?;
        if !parsed.unresolved_inputs.is_empty() {
            return Err(damaged().with("undefined", parsed.unresolved_inputs.join(", ")));
        }
        let fixed: BTreeSet<&str> = graph.initializer.iter().map(|tensor| &*tensor.name).collect();
        let inputs: Vec<Port> =
            graph.input.iter().filter(|input| !fixed.contains(&*input.name)).map(port).collect();
        let metadata =
            proto.metadata_props.iter().map(|text| (text.key.clone(), text.value.clone())).collect();
        let outputs = graph.output.iter().map(port).collect();
        Ok(Self { model: parsed.model, inputs, outputs, metadata, plans: Mutex::default() })
    }

    /// The inputs and the outputs.
    pub(super) fn ports(&self) -> (Vec<Port>, Vec<Port>) {
        (self.inputs.clone(), self.outputs.clone())
    }

    /// A text of the model's own metadata.
    pub(super) fn metadata(&self, key: &str) -> Option<String> {
        self.metadata.get(key).cloned()
    }

    /// Runs on the calling thread alone. The inputs are checked: each is there once.
    pub(super) fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        let refused = |fault: String| {
            Error::new(
                ErrorKind::InvalidInput,
                "the model refuses these inputs; check their sizes and values",
            )
            .caused_by(fault)
        };
        let given = self.inputs.iter().filter_map(|port| inputs.iter().find(|(name, _)| *name == port.name));
        let values = caught(|| given.map(|(_, tensor)| value(tensor)).collect::<TractResult<Vec<_>>>())
            .map_err(refused)?;
        let plan = self.plan(&values)?;
        let values: TVec<TValue> = values.into_iter().map(IntoTValue::into_tvalue).collect();
        let outputs = caught(|| plan.run(values)).map_err(refused)?;
        self.outputs
            .iter()
            .zip(outputs)
            .map(|(port, value)| Ok((port.name.clone(), tensor(&port.name, &value)?)))
            .collect()
    }

    /// The model made ready for inputs like these; that costs more than to run it.
    fn plan(&self, values: &[Value]) -> Result<Arc<TypedSimplePlan>> {
        let sizes: Sizes = values.iter().map(|value| (value.shape().to_vec(), deciding(value))).collect();
        let plans = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut plans = plans();
            if let Some(at) = plans.iter().position(|(known, _)| *known == sizes) {
                plans[..=at].rotate_right(1);
                return Ok(plans[0].1.clone());
            }
        }
        // Others may run meanwhile.
        let plan = self.make(values, &sizes)?;
        let mut plans = plans();
        // Another thread may have made the same.
        plans.retain(|(known, _)| *known != sizes);
        plans.insert(0, (sizes, plan.clone()));
        plans.truncate(KEPT);
        Ok(plan)
    }

    fn make(&self, values: &[Value], sizes: &Sizes) -> Result<Arc<TypedSimplePlan>> {
        let sized = caught(|| {
            let mut model = self.model.clone();
            for (at, (value, (shape, known))) in values.iter().zip(sizes).enumerate() {
                let fact = match known {
                    Some(known) => InferenceFact::from(known.clone()),
                    None => InferenceFact::dt_shape(value.datum_type(), &**shape),
                };
                model.set_input_fact(at, fact)?;
            }
            model.analyse(false)?;
            Ok(model)
        });
        let sized = sized.map_err(|fault| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("the model refuses inputs of these sizes; check them, or {WAY_OUT}"),
            )
            .caused_by(fault)
        })?;
        // The sizes fit, so what fails now is a way of using an operator that tract does not know: the two branches of an
        // `If` that give different sizes, for one.
        caught(|| sized.into_typed()?.into_optimized()?.into_runnable())
            .map_err(|fault| unsupported().caused_by(fault))
    }
}

/// A value that may choose the way through a model: one yes or no, or one whole number without dimensions. Token ids, which
/// are new with every run, have dimensions.
fn deciding(value: &Value) -> Option<Value> {
    let decides = match value.datum_type() {
        DatumType::Bool => value.len() == 1,
        DatumType::I64 => value.rank() == 0,
        _ => false,
    };
    decides.then(|| value.clone())
}

fn unsupported() -> Error {
    Error::new(ErrorKind::UnsupportedFormat, format!("tract cannot run this model; {WAY_OUT}"))
        .with("engine", format!("tract {VERSION}"))
}

/// What tract says of a fault, in one line. It panics at some models that are damaged.
fn caught<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| {
            let text = format!("{error:#}");
            let line: Vec<_> = text.split_whitespace().collect();
            // Some of its errors print whole tensors.
            line.join(" ").chars().take(1000).collect()
        }),
        Err(panic) => {
            Err(Error::from_panic(&*panic).context().iter().map(|(_, text)| text.as_str()).collect())
        }
    }
}

/// Calls `each` with the operators of a graph, and of the graphs inside it.
fn operators<'a>(graph: &'a GraphProto, each: &mut dyn FnMut(&'a str)) {
    for node in &graph.node {
        each(&node.op_type);
        for attribute in &node.attribute {
            attribute.g.iter().chain(&attribute.graphs).for_each(|graph| operators(graph, each));
        }
    }
}

fn port(info: &ValueInfoProto) -> Port {
    let (element, shape) = match info.r#type.as_ref().and_then(|ty| ty.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => {
            let element = match DataType::try_from(tensor.elem_type) {
                Ok(DataType::Float) => Some(Element::F32),
                Ok(DataType::Int64) => Some(Element::I64),
                Ok(DataType::Bool) => Some(Element::Bool),
                _ => None,
            };
            let sides = tensor.shape.iter().flat_map(|shape| &shape.dim).map(|side| match side.value {
                Some(Side::DimValue(side)) => usize::try_from(side).ok(),
                _ => None,
            });
            (element, sides.collect())
        }
        None => (None, vec![]),
    };
    Port { name: info.name.clone(), element, shape }
}

fn value(tensor: &Tensor) -> TractResult<Value> {
    let shape = tensor.shape();
    match (tensor.as_f32(), tensor.as_i64(), tensor.as_bool()) {
        (Some(data), ..) => Value::from_shape(shape, data),
        (_, Some(data), _) => Value::from_shape(shape, data),
        (.., data) => Value::from_shape(shape, data.unwrap_or_default()),
    }
}

/// No output of yes or no is read, as from ONNX Runtime.
fn tensor(name: &str, value: &Value) -> Result<Tensor> {
    let ty = value.datum_type();
    let read = caught(|| {
        Ok(match ty {
            DatumType::F32 => {
                Some(Tensor::f32(value.shape(), value.try_as_plain_ram()?.as_slice()?.to_vec()))
            }
            // tract computes with sizes in a type of its own.
            DatumType::I64 | DatumType::TDim => {
                let whole = value.cast_to::<i64>()?;
                Some(Tensor::i64(whole.shape(), whole.try_as_plain_ram()?.as_slice()?.to_vec()))
            }
            _ => None,
        })
    });
    read.map_err(|fault| unsupported().with("output", name).caused_by(fault))?.unwrap_or_else(|| {
        Err(Error::new(ErrorKind::Unavailable, "the model gives an output of a type that is not supported")
            .with("output", name)
            .with("type", format!("{ty:?}"))
            .with("supported", "float, int64"))
    })
}
