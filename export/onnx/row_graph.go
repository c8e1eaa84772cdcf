package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/parsing"
	"github.com/tf2ng/tf2ng/core/op/random"
	"github.com/tf2ng/tf2ng/core/op/signal"
	"github.com/tf2ng/tf2ng/core/op/text"
)

// noText is why ops on strings are not exported.
const noText = "ONNX has no such op on strings"

// noFiles is why ops on files of images are not exported.
const noFiles = "ONNX's ImageDecoder decodes to other pixels; give the images as inputs"

// The ends of a graph, and ops on strings.
var (
	_ = exports(exportParameter)
	_ = exports(exportConstant)
	_ = exports(exportResult)
	_ = exports(exportShapeOf)
	_ = lacks[parsing.ParseExample]("ONNX reads no protocol buffers; give its features as inputs")
	_ = lacks[random.PhiloxKey]("ONNX leaves open which random numbers a seed gives")
	_ = lacks[random.Philox]("ONNX leaves open which random numbers a seed gives")
	_ = lacks[indexing.TableLookup]("ONNX has tables in the domain ai.onnx.ml only")
	_ = lacks[signal.Fourier](noComplex)
	_ = lacks[signal.Complex](noComplex)
	_ = lacks[signal.ComplexPart](noComplex)
	_ = lacks[signal.Conjugate](noComplex)
	_ = lacks[signal.DecodeWav]("ONNX has no bytes of files")
	_ = lacks[signal.EncodeWav]("ONNX has no bytes of files")
	_ = lacks[signal.Spectrogram]("ONNX leaves open how a transform is rounded")
	_ = lacks[signal.Mfcc]("ONNX leaves open how its sums are rounded")
	_ = lacks[text.HashBucket](noText)
	_ = lacks[text.AsString](noText)
	_ = lacks[text.ChangeCase](noText)
	_ = lacks[text.Strip](noText)
	_ = lacks[text.Join](noText)
	_ = lacks[text.Length](noText)
	_ = lacks[text.ToNumber](noText)
	_ = lacks[text.Substring](noText)
	_ = lacks[text.DecodeRaw](noText)
	_ = lacks[codec.EncodeBase64](noText)
	_ = lacks[codec.DecodeBase64](noText)
	_ = lacks[codec.DecodeImage](noFiles)
	_ = lacks[codec.DecodeJPEGWindow](noFiles)
	_ = lacks[codec.JPEGSize](noFiles)
	_ = lacks[text.Split](noText)
	_ = lacks[text.SplitAny](noText)
	_ = lacks[text.RegexReplace](noText)
	_ = lacks[text.RegexMatch](noText)
	_ = lacks[text.ReduceJoin](noText)
	_ = lacks[text.SegmentJoin](noText)
	_ = lacks[text.NGrams](noText)
	_ = lacks[text.UnicodeDecode](noText)
	_ = lacks[text.UnicodeEncode](noText)
	_ = lacks[text.UnicodeTranscode](noText)
)

func exportParameter(e *exporter, n *core.Node, _ *core.Parameter) error {
	v := n.Out(0)
	if v.Type() == core.Dynamic {
		return errors.New("its type is not known; give the input one")
	}
	if !v.Shape().Ranked() {
		return errors.New("its rank is not known, which ONNX wants of inputs")
	}
	name := n.Name
	if !strings.Contains(name, ":") {
		name += ":0"
	}
	if e.results[v] == name {
		delete(e.results, v)
	}
	e.taken[name] = true
	e.set(v, form{}, name)
	dims := make([]string, len(v.Shape()))
	for i, d := range v.Shape() {
		if d == core.Unknown {
			dims[i] = fmt.Sprintf("%s_%d", n.Name, i)
		}
	}
	e.graph.inputs = append(e.graph.inputs, valueInfo{name, v.Fact(), dims})
	return nil
}

// exportConstant writes nothing: a reader says in which form it wants the constant.
func exportConstant(*exporter, *core.Node, *core.Constant) error { return nil }

func exportResult(e *exporter, n *core.Node, _ *core.Result) error {
	v := n.Inputs()[0]
	if !slices.Contains(e.ends, n) { // amid the function
		e.use(v, form{})
		e.alias(n.Out(0), v)
		return nil
	}
	if !v.Shape().Ranked() {
		return errors.New("its rank is not known, which ONNX wants of outputs")
	}
	if name := e.use(v, form{}); name != n.Name {
		e.emitTo([]string{n.Name}, "Identity", []string{name})
	}
	e.graph.outputs = append(e.graph.outputs, valueInfo{name: n.Name, fact: v.Fact()})
	return nil
}

func exportShapeOf(e *exporter, n *core.Node, _ *core.ShapeOf) error {
	shape := e.emit("Shape", []string{e.use(n.Inputs()[0], form{})})
	e.define(n.Out(0), form{}, "Cast", []string{shape}, attribute{"to", int(dataTypes[n.Outputs()[0].Type])})
	return nil
}
