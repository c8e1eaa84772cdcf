package onnx

import (
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

// What could be written with ONNX's ops, and has no row.
var (
	_ = lacks[array.DynPad](noRow)
	_ = lacks[array.BroadcastShape](noRow)
	_ = lacks[array.ReverseSequence](noRow)
	_ = lacks[array.Reverse](noRow)
	_ = lacks[array.Roll](noRow)
	_ = lacks[array.LinSpace](noRow)
	_ = lacks[array.SpaceToBatch](noRow)
	_ = lacks[array.BatchToSpace](noRow)
	_ = lacks[array.BandPart](noRow)
	_ = lacks[indexing.Gather](noRow)
	_ = lacks[indexing.GatherND](noRow)
	_ = lacks[indexing.InvertPermutation](noRow)
	_ = lacks[indexing.OneHot](noRow)
	_ = lacks[indexing.ScatterND](noRow)
	_ = lacks[indexing.Slice](noRow)
	_ = lacks[indexing.StridedSlice](noRow)
	_ = lacks[indexing.TopK](noRow)
	_ = lacks[indexing.Unique](noRow)
	_ = lacks[indexing.Where](noRow)
	_ = lacks[linear.ConvolutionBackpropData](noRow)
	_ = lacks[pointwise.SelectRows](noRow)
	_ = lacks[quantization.Quantize](noRow)
	_ = lacks[quantization.Dequantize](noRow)
	_ = lacks[quantization.FakeQuantize](noRow)
	_ = lacks[reduce.Any](noRow)
	_ = lacks[reduce.All](noRow)
	_ = lacks[tensorflow.FakeQuant](noRow)
	_ = lacks[tensorflow.QuantizeAndDequantize](noRow)
	_ = lacks[tensorflow.QuantizeDownAndShrinkRange](noRow)
	_ = lacks[tensorflow.QuantizedAdd](noRow)
	_ = lacks[tensorflow.QuantizedMul](noRow)
	_ = lacks[tensorflow.QuantizedBatchNorm](noRow)
	_ = lacks[tensorflow.QuantizedInstanceNorm](noRow)
	_ = lacks[tensorflow.QuantizedResizeBilinear](noRow)
	_ = lacks[tensorflow.RequantizationRangePerChannel](noRow)
	_ = lacks[tensorflow.RequantizePerChannel](noRow)
	_ = lacks[tensorflow.UniformQuantize](noRow)
	_ = lacks[tensorflow.UniformQuantizeRows](noRow)
	_ = lacks[tensorflow.UniformRequantize](noRow)
	_ = lacks[vision.CombinedNonMaxSuppression](noRow)
	_ = lacks[vision.CropAndResize](noRow)
	_ = lacks[vision.ExtractPatches](noRow)
	_ = lacks[vision.NonMaxSuppression](noRow)
	_ = lacks[vision.Resize](noRow)
)
