package onnx

import (
	"errors"

	"github.com/tf2ng/tf2ng/core"
)

// This file writes core/op/tensorflow's conversions between reals and quantized values (see quantization.go
// there) as ONNX ops, for computed ranges. rha rounds to nearest, ties away from zero; n is 2 to the number of
// bits of the type.

// span is a range of f32: two tensors of shape [], in which subnormal numbers have been flushed to 0.
type span struct {
	e        *exporter
	min, max string
}

// span returns the range between two values of shape [] or [1].
func (e *exporter) span(min, max core.Value) (span, error) {
	lo, err := e.single(min)
	if err != nil {
		return span{}, err
	}
	hi, err := e.single(max)
	return span{e, e.flushed(lo), e.flushed(hi)}, err
}

// single writes a value of one element as a tensor of shape [].
func (e *exporter) single(v core.Value) (string, error) {
	if t := v.Constant(); t != nil && t.Len() == 1 {
		return e.scalar(over(t.Type(), core.Shape{}, t.Bytes())), nil
	}
	switch s := v.Shape(); {
	case s.Equal(core.Shape{}):
		return e.use(v, form{}), nil
	case s.Equal(core.Shape{1}):
		return e.emit("Squeeze", []string{e.use(v, form{}), e.ints("axes", []int{0})}), nil
	}
	return "", errors.New("a range is computed for each slice")
}

func (e *exporter) add(a, b string) string        { return e.emit("Add", []string{a, b}) }
func (e *exporter) sub(a, b string) string        { return e.emit("Sub", []string{a, b}) }
func (e *exporter) mul(a, b string) string        { return e.emit("Mul", []string{a, b}) }
func (e *exporter) div(a, b string) string        { return e.emit("Div", []string{a, b}) }
func (e *exporter) larger(names ...string) string { return e.emit("Max", names) }
func (e *exporter) abs(a string) string           { return e.emit("Abs", []string{a}) }
func (e *exporter) double(a float64) string       { return e.scalar(core.Scalar(a)) }
func (e *exporter) f64(a string) string           { return e.cast(a, core.F64) }
func (e *exporter) f32(a string) string           { return e.cast(a, core.F32) }

// flushed writes the flushing of a subnormal f32 of shape [] to 0.
func (e *exporter) flushed(a string) string {
	return e.once("flushed "+a, func() string {
		small := e.emit("Less", []string{e.abs(a), e.real(0x1p-126)})
		return e.emit("Where", []string{small, e.real(0), a})
	})
}

// choose writes a where the condition is true, else b.
func (e *exporter) choose(condition, a, b string) string {
	return e.emit("Where", []string{condition, a, b})
}

func (e *exporter) equal(a, b string) string { return e.emit("Equal", []string{a, b}) }

// clip writes the clamping of an f64 x to [lo, hi].
func (e *exporter) clip(x string, lo, hi float64) string {
	return e.emit("Clip", []string{x, e.double(lo), e.double(hi)})
}

// steps returns n and the lowest value of a quantized type.
func steps(t core.Type) (n, lowest float64) {
	lo, hi := t.Bounds()
	return float64(hi-lo) + 1, float64(lo)
}

// width writes max - min in f32.
func (r span) width() string {
	return r.e.once("width "+r.min+" "+r.max, func() string { return r.e.sub(r.max, r.min) })
}

// isPoint writes the comparison min = max.
func (r span) isPoint() string {
	return r.e.once("point "+r.min+" "+r.max, func() string { return r.e.equal(r.min, r.max) })
}

// twiceAdjusted writes 2 * f64(width) * (n/(n-1)). The factor 2 is there because ONNX Runtime drops products whose
// factor, rounded to float32, is 1, as n/(n-1) is for i32.
func (r span) twiceAdjusted(n float64) string {
	return r.e.mul(r.e.f64(r.width()), r.e.double(2*(n/(n-1))))
}

// toQuantized writes FloatToQuantized of an f64 x, without clamping: rha(x*k) - rha(min*k) + lowest with
// k = n/adjusted; lowest if min = max. If x is "", it stands for 0.
func (r span) toQuantized(x string, t core.Type) string {
	e := r.e
	n, lowest := steps(t)
	k := e.div(e.double(2*n), r.twiceAdjusted(n))
	q := e.sub(e.double(lowest), e.roundAway(e.mul(e.f64(r.min), k), core.F64))
	if x != "" {
		q = e.add(q, e.roundAway(e.mul(x, k), core.F64))
	}
	return e.choose(r.isPoint(), e.double(lowest), q)
}

// toReal writes QuantizedToFloat of an f64 q, with an f32 result: base + (q-lowest)*k with k = adjusted/n and
// base = rha(min/k)*k in f32; min if min = max.
func (r span) toReal(q string, t core.Type) string {
	e := r.e
	n, lowest := steps(t)
	k := e.div(r.twiceAdjusted(n), e.double(2*n))
	k32 := e.flushed(e.f32(k))
	base := e.flushed(e.mul(e.roundAway(e.div(r.min, k32), core.F32), k32))
	real := e.add(e.f64(base), e.mul(e.sub(q, e.double(lowest)), k))
	return e.choose(r.isPoint(), r.min, e.flushed(e.f32(real)))
}

// eigenDequantize writes the factor and the offset of DEQUANTIZE_WITH_EIGEN: q*factor + offset.
func (r span) eigenDequantize(t core.Type) (factor, offset string) {
	e := r.e
	n, lowest := steps(t)
	k := e.flushed(e.f32(e.div(e.f64(r.width()), e.double(n-1))))
	base := e.flushed(e.mul(e.roundAway(e.div(r.min, k), core.F32), k))
	base = e.choose(r.isPoint(), r.min, base)
	return k, e.flushed(e.sub(base, e.flushed(e.mul(e.real(float32(lowest)), k))))
}

// eigenQuantize writes the factor and the offset of QUANTIZE_WITH_EIGEN: rha(x*factor) - offset.
func (r span) eigenQuantize(t core.Type) (factor, offset string) {
	e := r.e
	n, lowest := steps(t)
	k := e.f32(e.div(e.double(n-1), e.f64(r.width())))
	k = e.choose(r.isPoint(), e.real(0), k)
	return k, e.sub(e.roundAway(e.mul(r.min, k), core.F32), e.real(float32(lowest)))
}

// magnitude writes max(|min|, |max|).
func (r span) magnitude() string { return r.e.larger(r.e.abs(r.min), r.e.abs(r.max)) }
