// Package npy reads and writes tensors as NumPy's .npy and .npz files. These element types are supported:
//
//	|b1 boolean   |i1 i8   |u1 u8   <i2 i16   <u2 u16   <i4 i32   <u4 u32
//	<i8 i64   <u8 u64   <f2 f16   <f4 f32   <f8 f64   <V2 bf16
//
// NumPy itself has no bfloat16. TensorFlow and JAX use the type of the Python package ml_dtypes, which NumPy
// saves as two bytes without a meaning: <V2, or |V2 if the array was loaded from a file before. Both are
// read as bf16. A [Writer] writes bf16 either as <V2 or as u16 with the same bits. Arrays in Fortran order,
// and arrays of big-endian numbers, of Python objects or of strings, are errors.
//
// The format is defined by NumPy's NEP 1; its versions 1 to 3 can be read.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// ErrFormat is wrapped by all errors about a file's content.
var ErrFormat = errors.New("invalid .npy data")

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16
	maxRank   = 64 // NumPy's own limit
)

var descriptors = map[string]core.Type{
	"|b1": core.Bool, "|i1": core.I8, "|u1": core.U8, "<i2": core.I16, "<u2": core.U16,
	"<i4": core.I32, "<u4": core.U32, "<i8": core.I64, "<u8": core.U64,
	"<f2": core.F16, "<f4": core.F32, "<f8": core.F64,
	"<b1": core.Bool, "<i1": core.I8, "<u1": core.U8,
	"<V2": core.BF16, "|V2": core.BF16,
}

// Writer writes .npy and .npz files. The zero value writes files that every program can read.
type Writer struct {
	// BFloat16 writes bf16 as <V2, which x.view(ml_dtypes.bfloat16) turns into an array of
	// bfloat16. Otherwise bf16 is written as u16 with the same bits.
	BFloat16 bool
}

// descriptor returns NumPy's name for a type.
func (w Writer) descriptor(t core.Type) (string, bool) {
	switch t {
	case core.Bool:
		return "|b1", true
	case core.I8:
		return "|i1", true
	case core.U8:
		return "|u1", true
	case core.BF16:
		if w.BFloat16 {
			return "<V2", true
		}
		return "<u2", true
	}
	for name, u := range descriptors {
		if u == t {
			return name, true
		}
	}
	return "", false
}

// Write writes t as a .npy file, with the zero Writer.
func Write(to io.Writer, t *core.Tensor) error { return Writer{}.Write(to, t) }

// Write writes t as a .npy file of version 1. Strings are an error.
func (w Writer) Write(to io.Writer, t *core.Tensor) error {
	descr, ok := w.descriptor(t.Type())
	if !ok {
		return fmt.Errorf(".npy files cannot hold a tensor of %v", t.Type())
	}
	dims := ""
	for _, d := range t.Shape() {
		dims += strconv.Itoa(d) + ", "
	}
	if len(t.Shape()) > 1 {
		dims = strings.TrimSuffix(dims, ", ")
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr,
		strings.TrimSuffix(dims, " "))
	const prefix = len(magic) + 4
	dict += strings.Repeat(" ", 63-(prefix+len(dict))%64) + "\n"
	if len(dict) >= maxHeader {
		return fmt.Errorf("shape %v is too long for a .npy file", t.Shape())
	}
	header := append([]byte(magic), 1, 0)
	header = binary.LittleEndian.AppendUint16(header, uint16(len(dict)))
	if _, err := to.Write(append(header, dict...)); err != nil {
		return err
	}
	_, err := to.Write(t.Bytes())
	return err
}

// Read reads a .npy file from r. At most size bytes remain in r, and no more memory than that is
// allocated.
func Read(r io.Reader, size int64) (*core.Tensor, error) {
	t, err := read(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

func read(r io.Reader, size int64) (*core.Tensor, error) {
	dict, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	typ, shape, err := parseHeader(dict)
	if err != nil {
		return nil, err
	}
	n, err := shape.Elements()
	if err != nil {
		return nil, err
	}
	if need := int64(n) * int64(typ.Size()); need > size {
		return nil, fmt.Errorf("%v%v takes %d bytes, the file has %d", typ, shape, need, size)
	}
	t, err := core.NewTensor(typ, shape)
	if err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(r, t.Bytes()); err != nil {
		return nil, fmt.Errorf("data of %v%v: %w", typ, shape, err)
	}
	if extra, _ := io.CopyN(io.Discard, r, 1); extra > 0 {
		return nil, fmt.Errorf("more data than %v%v has", typ, shape)
	}
	if typ == core.Bool && bytes.ContainsFunc(t.Bytes(), func(r rune) bool { return r > 1 }) {
		return nil, fmt.Errorf("got a boolean that is neither 0 nor 1")
	}
	return t, nil
}

// readHeader returns the text of the Python dictionary that describes the array.
func readHeader(r io.Reader) (string, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	if string(start[:6]) != magic {
		return "", fmt.Errorf("does not start with \\x93NUMPY")
	}
	size := make([]byte, 2)
	switch version := start[6]; version {
	case 1:
	case 2, 3:
		size = make([]byte, 4)
	default:
		return "", fmt.Errorf("version: got %d, want 1, 2 or 3", version)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	n := binary.LittleEndian.Uint32(append(size, 0, 0)[:4])
	if n > maxHeader {
		return "", fmt.Errorf("header of %d bytes, the limit is %d", n, maxHeader)
	}
	dict := make([]byte, n)
	if _, err := io.ReadFull(r, dict); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	return string(dict), nil
}

var (
	descrPattern = regexp.MustCompile(`['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|\[)`)
	orderPattern = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	shapePattern = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([\d\s,L]*)\)`)
)

func parseHeader(dict string) (core.Type, core.Shape, error) {
	descr := descrPattern.FindStringSubmatch(dict)
	order := orderPattern.FindStringSubmatch(dict)
	dims := shapePattern.FindStringSubmatch(dict)
	if descr == nil || order == nil || dims == nil {
		return 0, nil, fmt.Errorf("header: want a dictionary with descr, fortran_order and shape, got %.100q", dict)
	}
	typ, ok := descriptors[descr[1]]
	if !ok {
		return 0, nil, fmt.Errorf("dtype %q: want booleans, integers or reals, little-endian", descr[1])
	}
	shape := core.Shape{}
	for _, d := range strings.Split(dims[1], ",") {
		if d = strings.TrimSuffix(strings.TrimSpace(d), "L"); d == "" {
			continue
		}
		n, err := strconv.Atoi(d)
		if err != nil {
			return 0, nil, fmt.Errorf("shape (%s): %q is not a dimension", dims[1], d)
		}
		shape = append(shape, n)
	}
	if len(shape) > maxRank {
		return 0, nil, fmt.Errorf("got %d dimensions, want at most %d", len(shape), maxRank)
	}
	if order[1] == "True" && len(shape) > 1 {
		return 0, nil, fmt.Errorf("the array is in Fortran's order: save it with numpy.ascontiguousarray")
	}
	return typ, shape, nil
}
