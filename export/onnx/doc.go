// Package onnx writes a core.Function as an ONNX model.
//
// Export takes the function through those passes that make its quantized convolutions and
// products integer (internal/passes, up to absorb_pads), and asks a row for each op (exports)
// what the op is in ONNX. A row either writes nodes of the standard domain or says why it
// cannot. Then the whole function is refused, with all reasons in one *UnsupportedError, and
// nothing is written.
//
// A tensor of the function has up to four forms in the model (form): with the axes as they
// are in TensorFlow, or with the channels as axis 1, which ONNX's convolutions want; and, of
// i8, as int8 or as uint8 with zero point 128. A form is written when a reader first wants it,
// so transpositions stand only where a reader needs another order than the writer gave.
package onnx
