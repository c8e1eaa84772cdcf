package onnx

import (
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// What could be written with ONNX's ops, and has no row.
var (
	_ = lacks[control.Branch](noRow)
	_ = lacks[control.List](noRow)
	_ = lacks[control.Loop](noRow)
	_ = lacks[control.SetRow](noRow)
	_ = lacks[quantization.FakeQuantize](noRow)
	_ = lacks[tensorflow.QuantizeDownAndShrinkRange](noRow)
	_ = lacks[tensorflow.QuantizedBatchNorm](noRow)
	_ = lacks[tensorflow.QuantizedInstanceNorm](noRow)
	_ = lacks[tensorflow.QuantizedResizeBilinear](noRow)
	_ = lacks[tensorflow.RequantizationRangePerChannel](noRow)
	_ = lacks[tensorflow.UniformQuantize](noRow)
	_ = lacks[tensorflow.UniformQuantizeRows](noRow)
	_ = lacks[tensorflow.UniformRequantize](noRow)
)
