"""ONNX Runtime: the Python package if it is installed, else the native library that the product is built with.

So an export can be checked wherever the product was built, with exactly the runtime that will run it. Only the necessary
part of ONNX Runtime's C API (onnxruntime_c_api.h) is bound here: one input and one output of floats, on the CPU.
"""

import ctypes
import os
from pathlib import Path

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
ROOT = Path(__file__).resolve().parent.parent
API_VERSION = 16  # the function table is only ever appended to: any release since 1.16 has these at the same indices

# Indices in OrtApi. Statuses and values are opaque pointers; every call returns a status, null on success.
GET_ERROR_MESSAGE, CREATE_ENV, CREATE_SESSION, RUN, CREATE_SESSION_OPTIONS = 2, 3, 7, 9, 10
SET_THREADS, TENSOR_OF_DATA, TENSOR_DATA, DIMENSIONS_COUNT, DIMENSIONS, SHAPE_OF, CPU_MEMORY = 24, 49, 51, 61, 62, 65, 69
RELEASE_VALUE, RELEASE_SHAPE = 96, 99
FLOAT = 1


class Native:
    """A session of the native library."""

    def __init__(self, library, model, threads):
        self.library = ctypes.CDLL(str(library))
        self.library.OrtGetApiBase.restype = ctypes.POINTER(ctypes.c_void_p)
        get_api = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)(self.library.OrtGetApiBase()[0])
        self.table = ctypes.cast(get_api(API_VERSION), ctypes.POINTER(ctypes.c_void_p))
        self.env = self._make(CREATE_ENV, ctypes.c_int(3), b"training")
        options = self._make(CREATE_SESSION_OPTIONS)
        self._call(SET_THREADS, options, ctypes.c_int(threads))
        self.session = self._make(CREATE_SESSION, self.env, os.fsencode(model), options)
        self.memory = self._make(CPU_MEMORY, ctypes.c_int(0), ctypes.c_int(0))

    def _call(self, place, *arguments):
        status = ctypes.CFUNCTYPE(ctypes.c_void_p)(self.table[place])
        status.argtypes = [type(a) if isinstance(a, ctypes._SimpleCData) else ctypes.c_void_p for a in arguments]
        if failed := status(*arguments):
            message = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(self.table[GET_ERROR_MESSAGE])
            raise RuntimeError(message(failed).decode())

    def _make(self, place, *arguments):
        made = ctypes.c_void_p()
        self._call(place, *arguments, ctypes.byref(made))
        return made

    def _release(self, place, thing):
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.table[place])(thing)

    def run(self, images):
        """images [N, 3, H, W] float32 → output0."""
        images = np.ascontiguousarray(images, np.float32)
        shape = (ctypes.c_int64 * images.ndim)(*images.shape)
        value = self._make(TENSOR_OF_DATA, self.memory, images.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(images.nbytes),
                           shape, ctypes.c_size_t(images.ndim), ctypes.c_int(FLOAT))
        inputs, outputs = (ctypes.c_char_p * 1)(b"images"), (ctypes.c_char_p * 1)(b"output0")
        values, results = (ctypes.c_void_p * 1)(value), (ctypes.c_void_p * 1)()
        self._call(RUN, self.session, None, inputs, values, ctypes.c_size_t(1), outputs, ctypes.c_size_t(1), results)
        result = ctypes.c_void_p(results[0])
        about = self._make(SHAPE_OF, result)
        count = ctypes.c_size_t()
        self._call(DIMENSIONS_COUNT, about, ctypes.byref(count))
        sides = (ctypes.c_int64 * count.value)()
        self._call(DIMENSIONS, about, sides, count)
        data = ctypes.cast(self._make(TENSOR_DATA, result), ctypes.POINTER(ctypes.c_float))
        found = np.ctypeslib.as_array(data, tuple(sides)).copy()
        self._release(RELEASE_SHAPE, about)
        self._release(RELEASE_VALUE, result)
        self._release(RELEASE_VALUE, value)
        return found


def session(model, threads=1):
    """A function images [N, 3, H, W] float32 → output0, on this many threads.

    Raises FileNotFoundError if there is neither the package nor a build of the worker.
    """
    try:
        import onnxruntime
    except ImportError:
        return Native(library(), model, threads).run
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["output0"], {"images": np.asarray(images, np.float32)})[0]


def library():
    """The native library of a build of the worker or of the tests, or the one that ONNX_RUNTIME names."""
    if named := os.environ.get("ONNX_RUNTIME"):
        return Path(named)
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "")
    found = sorted(ROOT.glob(f"ImagePrediction.*/bin/**/runtimes/linux-{machine}/native/libonnxruntime.so"))
    if not found:
        raise FileNotFoundError("ONNX Runtime: neither the package onnxruntime nor a build of ImagePrediction.Worker is here")
    return found[0]
