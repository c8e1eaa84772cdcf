package kernels

// lowerings is the table of the core ops that have kernels.
var lowerings = map[string]lowering{
	"IntegerConvolution": lowerConvolution,
	"IntegerDot":         lowerDot,
	"Convolution":        lowerFloatConvolution,
	"Dot":                lowerFloatDot,
	"BatchDot":           lowerFloatDot,

	"MaxPool": lowerMaxPool,
	"AvgPool": lowerAvgPool,
	"Mean":    lowerMean,
	"Sum":     lowerSum,

	"TFQuantizedAvgPool": lowerQuantizedAvgPool,

	"TFRequantize":                    lowerRequantize,
	"TFRequantizationRange":           lowerUsedRange,
	"TFQuantizeDownAndShrinkRange":    lowerUsedRange,
	"TFRequantizePerChannel":          lowerRequantizePerChannel,
	"TFRequantizationRangePerChannel": lowerUsedRangePerChannel,
	"TFQuantizedAdd":                  lowerQuantizedSum,
	"TFQuantizedBiasAdd":              lowerQuantizedSum,
	"TFQuantizedMul":                  lowerQuantizedProduct,
	"TFQuantizedConcat":               lowerQuantizedConcat,
	"Max":                             lowerExtreme,
	"Min":                             lowerExtreme,

	"Softmax":    lowerSoftmax,
	"LogSoftmax": lowerSoftmax,

	"Resize": lowerResize,
	"Concat": lowerConcat,
	"Pad":    lowerPad,

	"Transpose": lowerTranspose,

	"Lookup":       lowerLookup,
	"FlipSign":     lowerFlipSign,
	"Quantize":     lowerElementwise,
	"Dequantize":   lowerElementwise,
	"TFQuantizeV2": lowerQuantizeV2,
	"TFDequantize": lowerElementwise,
	"Convert":      lowerElementwise,
	"Add":          lowerBinary,
	"Subtract":     lowerBinary,
	"Multiply":     lowerBinary,
	"Divide":       lowerBinary,
	"Maximum":      lowerBinary,
	"Minimum":      lowerBinary,
	"Activate":     lowerElementwise,
	"Unary":        lowerElementwise,
	"Clamp":        lowerElementwise,
	"BatchNorm":    lowerElementwise,
}
