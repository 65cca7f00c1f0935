//! The callable that stands for a function: it calls the function, and tells the monitor how that went.
//!
//! It is made by hand rather than by pyo3 because of what it costs: arguments are handed on as the C array in which they
//! came, and calling it as a method makes no bound method. No frame of Python comes between, so that tracebacks are those
//! of the bare function. Whatever it is asked that is not about being called, it asks the function: to `inspect`, and to
//! `isinstance`, it is one.

use super::parent;
use super::place::{Place, Policy, Told};
use super::symbols::{VectorCall, symbols};
use super::{current_or_start, failure};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use std::mem::{offset_of, size_of};
use std::ptr;
use std::time::Instant;
use viralnow_core::monitor::{MonitorSystem, Open, Outcome};

/// What `tp_flags` calls a type whose objects may be called with a C array; in all Pythons from 3.9 on.
const HAVE_VECTORCALL: c_ulong = 1 << 11;
/// Not to be made by calling the type.
const NO_NEW: c_ulong = 1 << 7;
const METHOD_DESCRIPTOR: c_ulong = 1 << 17;
/// Of an argument count: the place before the first argument may be written to.
const OFFSET_FLAG: usize = 1 << (usize::BITS - 1);

#[repr(C)]
struct Watched {
    head: ffi::PyObject,
    vectorcall: Option<VectorCall>,
    weak: *mut ffi::PyObject,
    function: *mut ffi::PyObject,
    /// What is called instead, where the function does not run to its end at once; it sees to the span.
    shell: *mut ffi::PyObject,
    place: Option<Py<Place>>,
}

/// The types: of what binds to an object as functions do, and of what does not.
struct Kinds {
    binding: Py<PyType>,
    plain: Py<PyType>,
}

static KINDS: PyOnceLock<Kinds> = PyOnceLock::new();
static METHOD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Wraps a callable. `binds` says whether it becomes a method when it is looked up on an object. With a `shell` that is
/// called, and the function only asked about itself.
#[pyfunction]
pub(crate) fn monitor_watch(
    py: Python<'_>,
    place: Bound<'_, Place>,
    function: Bound<'_, PyAny>,
    binds: bool,
    shell: Option<Bound<'_, PyAny>>,
) -> PyResult<Py<PyAny>> {
    let kinds = KINDS.get_or_try_init(py, || {
        METHOD.get_or_try_init(py, || py.import("types")?.getattr("MethodType").map(Bound::unbind))?;
        PyResult::Ok(Kinds { binding: kind(py, true)?, plain: kind(py, false)? })
    })?;
    let kind = if binds { &kinds.binding } else { &kinds.plain };
    // SAFETY: the type is one of ours, whose objects are as large as `Watched` and come zeroed; the references are given away
    // to it.
    unsafe {
        let made = ffi::PyType_GenericAlloc(kind.as_ptr().cast(), 0);
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        let watched = made.as_ptr().cast::<Watched>();
        (*watched).vectorcall = Some(call_vector);
        (*watched).function = function.into_ptr();
        (*watched).shell = shell.map_or(ptr::null_mut(), Bound::into_ptr);
        (*watched).place = Some(place.unbind());
        Ok(made.unbind())
    }
}

/// How calls reach what is watched: `vectorcall` or `call`.
#[pyfunction]
pub(crate) fn monitor_call_way() -> &'static str {
    if by_vector() { "vectorcall" } else { "call" }
}

fn by_vector() -> bool {
    symbols().vectorcall.is_some() && symbols().call_by_vector.is_some()
}

fn kind(py: Python<'_>, binds: bool) -> PyResult<Py<PyType>> {
    fn slot(slot: c_int, function: *mut c_void) -> ffi::PyType_Slot {
        ffi::PyType_Slot { slot, pfunc: function }
    }
    fn member(name: &'static std::ffi::CStr, offset: usize) -> ffi::PyMemberDef {
        ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: offset as ffi::Py_ssize_t,
            flags: ffi::Py_READONLY,
            doc: ptr::null(),
        }
    }
    let mut members = vec![member(c"__weaklistoffset__", offset_of!(Watched, weak))];
    let mut flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | NO_NEW;
    if by_vector() {
        members.push(member(c"__vectorcalloffset__", offset_of!(Watched, vectorcall)));
        flags |= HAVE_VECTORCALL;
    }
    members.push(ffi::PyMemberDef::default());
    // For the life of the process, as the type is.
    let members: &'static mut [ffi::PyMemberDef] = members.leak();
    let reduce = ffi::PyMethodDef {
        ml_name: c"__reduce_ex__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: reduce },
        ml_flags: ffi::METH_O,
        ml_doc: ptr::null(),
    };
    let methods: &'static mut [ffi::PyMethodDef] = vec![reduce, ffi::PyMethodDef::zeroed()].leak();
    let call = match symbols().call_by_vector {
        Some(by_vector_call) if by_vector() => by_vector_call as *mut c_void,
        _ => call_tuple as *mut c_void,
    };
    let mut slots = vec![
        slot(ffi::Py_tp_call, call),
        slot(ffi::Py_tp_getattro, get_attribute as *mut c_void),
        slot(ffi::Py_tp_setattro, set_attribute as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        slot(ffi::Py_tp_methods, methods.as_mut_ptr().cast()),
    ];
    if binds {
        slots.push(slot(ffi::Py_tp_descr_get, bind as *mut c_void));
        flags |= METHOD_DESCRIPTOR;
    }
    slots.push(ffi::PyType_Slot::default());
    let name = if binds { c"viralnow._viralnow.Watched" } else { c"viralnow._viralnow.WatchedCallable" };
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: size_of::<Watched>() as c_int,
        itemsize: 0,
        flags: flags as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification names functions of the right kinds; what has to outlive the call is static or leaked.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
    Ok(made.cast_into::<PyType>()?.unbind())
}

/// What the object was made with.
///
/// SAFETY: `object` is one of ours that is alive.
unsafe fn parts<'a>(object: *mut ffi::PyObject) -> &'a Watched {
    unsafe { &*object.cast::<Watched>() }
}

/// A call under way.
struct Going<'a> {
    place: &'a Place,
    monitor: &'static MonitorSystem,
    open: Open,
    before: parent::Inside,
    started: Option<Instant>,
    step: bool,
}

impl<'a> Going<'a> {
    #[inline]
    fn begin(py: Python<'_>, place: &'a Place) -> Option<Self> {
        let monitor = current_or_start(py)?;
        let (around, variable) = parent::find(py);
        let step = place.step && super::bus::step_started(py, place);
        let open = monitor.begin(place.site(monitor), around);
        let started = place.threshold.map(|_| Instant::now());
        let before = parent::enter(open.span, variable);
        Some(Self { place, monitor, open, before, started, step })
    }

    /// What the call's arguments are to be told as, if they are.
    #[inline]
    fn told(&self) -> Option<Told<'a>> {
        (self.place.args != Policy::None && self.monitor.keeps(self.open)).then(|| Told::new(self.place))
    }

    /// SAFETY: `result` is null or an object that is alive.
    #[inline]
    unsafe fn end(
        self,
        py: Python<'_>,
        result: *mut ffi::PyObject,
        args: Option<String>,
    ) -> *mut ffi::PyObject {
        parent::leave(self.before);
        if result.is_null() {
            return self.failed(py, args);
        }
        // SAFETY: given by the caller.
        let value = unsafe { Bound::from_borrowed_ptr(py, result) };
        match self.place.detail(args, Some(&value)) {
            Some(detail) => self.monitor.end_with(self.open, &Outcome::Completed, detail),
            None => self.monitor.end(self.open, &Outcome::Completed),
        }
        drop(value);
        self.after(py);
        result
    }

    #[cold]
    fn failed(self, py: Python<'_>, args: Option<String>) -> *mut ffi::PyObject {
        let raised =
            PyErr::take(py).unwrap_or_else(|| PyRuntimeError::new_err("a call failed without an exception"));
        let trace = raised.traceback(py);
        failure::end(self.monitor, self.place, self.open, raised.value(py).as_any(), trace.as_ref(), args);
        self.after(py);
        raised.restore(py);
        ptr::null_mut()
    }

    #[inline]
    fn after(&self, py: Python<'_>) {
        if let Some(started) = self.started {
            self.place.judge(self.monitor, self.open.span, started.elapsed());
        }
        if self.step {
            super::bus::step_completed(py, self.place);
        }
    }
}

unsafe extern "C" fn call_vector(
    object: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, attached, with an object of ours and arguments that are alive; the function and the
    // place live as long as the object, which the caller holds.
    unsafe {
        let py = Python::assume_attached();
        let watched = parts(object);
        let function = watched.function;
        // There, or the type would not have this slot.
        let Some(vectorcall) = symbols().vectorcall else { return ptr::null_mut() };
        if !watched.shell.is_null() {
            return vectorcall(watched.shell, args, count, names);
        }
        let going = watched.place.as_ref().and_then(|place| Going::begin(py, place.get()));
        let Some(going) = going else { return vectorcall(function, args, count, names) };
        let told = going.told().map(|mut told| {
            let positional = count & !OFFSET_FLAG;
            for i in 0..positional {
                told.positional(&Bound::from_borrowed_ptr(py, *args.add(i)));
            }
            if !names.is_null()
                && let Ok(names) = Bound::from_borrowed_ptr(py, names).cast_into::<PyTuple>()
            {
                for (i, name) in names.iter().enumerate() {
                    told.keyword(&name, &Bound::from_borrowed_ptr(py, *args.add(positional + i)));
                }
            }
            told.finish()
        });
        let result = vectorcall(function, args, count, names);
        going.end(py, result, told)
    }
}

unsafe extern "C" fn call_tuple(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as in `call_vector`; `args` is a tuple, `kwargs` null or a dict.
    unsafe {
        let py = Python::assume_attached();
        let watched = parts(object);
        if !watched.shell.is_null() {
            return ffi::PyObject_Call(watched.shell, args, kwargs);
        }
        let going = watched.place.as_ref().and_then(|place| Going::begin(py, place.get()));
        let Some(going) = going else { return ffi::PyObject_Call(watched.function, args, kwargs) };
        let told = going.told().map(|mut told| {
            if let Ok(args) = Bound::from_borrowed_ptr(py, args).cast_into::<PyTuple>() {
                args.iter().for_each(|value| told.positional(&value));
            }
            if !kwargs.is_null()
                && let Ok(kwargs) = Bound::from_borrowed_ptr(py, kwargs).cast_into::<PyDict>()
            {
                kwargs.iter().for_each(|(name, value)| told.keyword(&name, &value));
            }
            told.finish()
        });
        let result = ffi::PyObject_Call(watched.function, args, kwargs);
        going.end(py, result, told)
    }
}

unsafe extern "C" fn bind(
    object: *mut ffi::PyObject,
    owner: *mut ffi::PyObject,
    _kind: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter; `owner` is null when it is looked up on the class.
    unsafe {
        let py = Python::assume_attached();
        match METHOD.get(py) {
            Some(method) if !owner.is_null() && owner != ffi::Py_None() => ffi::PyObject_CallFunctionObjArgs(
                method.as_ptr(),
                object,
                owner,
                ptr::null_mut::<ffi::PyObject>(),
            ),
            _ => {
                ffi::Py_INCREF(object);
                object
            }
        }
    }
}

/// What is about being called is its own; for all else it is the function.
const OWN: [&[u8]; 11] = [
    b"__call__",
    b"__get__",
    b"__reduce__",
    b"__reduce_ex__",
    b"__eq__",
    b"__ne__",
    b"__hash__",
    b"__repr__",
    b"__getattribute__",
    b"__setattr__",
    b"__delattr__",
];

/// SAFETY: `name` is an object that is alive.
unsafe fn text<'a>(name: *mut ffi::PyObject) -> &'a [u8] {
    let mut size = 0;
    // SAFETY: a string keeps its UTF-8 form as long as it lives.
    unsafe {
        let bytes: *const c_char = ffi::PyUnicode_AsUTF8AndSize(name, &raw mut size);
        if bytes.is_null() {
            ffi::PyErr_Clear();
            return b"";
        }
        std::slice::from_raw_parts(bytes.cast(), size as usize)
    }
}

unsafe extern "C" fn get_attribute(
    object: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an object of ours and a string.
    unsafe {
        let asked = text(name);
        if asked == b"__wrapped__" {
            let function = parts(object).function;
            ffi::Py_INCREF(function);
            return function;
        }
        if OWN.contains(&asked) {
            return ffi::PyObject_GenericGetAttr(object, name);
        }
        ffi::PyObject_GetAttr(parts(object).function, name)
    }
}

unsafe extern "C" fn set_attribute(
    object: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as above; a null value deletes.
    unsafe { ffi::PyObject_SetAttr(parts(object).function, name, value) }
}

unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe { ffi::PyObject_Repr(parts(object).function) }
}

/// Pickled as functions are: by name.
unsafe extern "C" fn reduce(object: *mut ffi::PyObject, _protocol: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe {
        let name = ffi::PyObject_GetAttrString(parts(object).function, c"__qualname__".as_ptr());
        if name.is_null() {
            ffi::PyErr_Clear();
            return ffi::PyObject_GetAttrString(parts(object).function, c"__name__".as_ptr());
        }
        name
    }
}

unsafe extern "C" fn traverse(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector; the type is one of the heap, which its objects hold.
    unsafe {
        let watched = parts(object);
        for held in [ffi::Py_TYPE(object).cast(), watched.function, watched.shell] {
            if !held.is_null() {
                let stop = visit(held, argument);
                if stop != 0 {
                    return stop;
                }
            }
        }
    }
    0
}

unsafe extern "C" fn clear(_object: *mut ffi::PyObject) -> c_int {
    // A cycle through it goes through the function's dict or closure too, which the collector clears; what is watched must
    // stay callable as long as anybody can reach it.
    0
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: called once, when the last reference is gone.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        let watched = object.cast::<Watched>();
        if !(*watched).weak.is_null() {
            ffi::PyObject_ClearWeakRefs(object);
        }
        let kind = ffi::Py_TYPE(object);
        ffi::Py_XDECREF((*watched).function);
        ffi::Py_XDECREF((*watched).shell);
        drop((*watched).place.take());
        ffi::PyObject_GC_Del(object.cast());
        ffi::Py_DECREF(kind.cast());
    }
}
