// Package onnx writes a core.Function as an ONNX model.
//
// Export first runs the passes that turn quantized convolutions and products into integer ones
// (internal/passes, up to absorb_pads). Then each node is written by the row that exports has registered
// for its op. A row either writes nodes of ONNX's standard domain or says why it cannot. If any row
// cannot, the whole function is refused with all reasons in one *UnsupportedError, and nothing is written.
//
// A tensor of the function can be in the model in up to four forms (type form): with the axes in
// TensorFlow's order, or with the channels as axis 1, as ONNX's convolutions need them; and i8 as int8, or
// as uint8 that is 128 larger. A form is written when the first reader asks for it, so a
// Transpose is written only where a reader needs another order than the writer produced.
package onnx
