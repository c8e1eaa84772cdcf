// Package npy reads and writes tensors as NumPy's .npy and .npz files. These element types are supported:
//
//	|b1 boolean   |i1 i8   |u1 u8   <i2 i16   <u2 u16   <i4 i32   <u4 u32
//	<i8 i64   <u8 u64   <f2 f16   <f4 f32   <f8 f64   <V2 bf16   <c8 c64   <c16 c128   |S<n> and <U<n> string
//
// NumPy itself has no bfloat16. TensorFlow and JAX use the type of the Python package ml_dtypes, which NumPy
// saves as two bytes without a meaning: <V2, or |V2 if the array was loaded from a file before. Both are
// read as bf16. A [Writer] writes bf16 either as <V2 or as u16 with the same bits. NumPy fills strings up with zeros,
// so that none of its strings ends with them. <U is read as UTF-8, and strings are written as |S, their bytes. Arrays
// in Fortran order, and arrays of big-endian numbers or of Python objects, are errors.
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
	"<f2": core.F16, "<f4": core.F32, "<f8": core.F64, "<c8": core.C64, "<c16": core.C128,
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

// Write writes t as a .npy file of version 1. Strings that end with zeros are an error.
func (w Writer) Write(to io.Writer, t *core.Tensor) error {
	descr, ok := w.descriptor(t.Type())
	data := t.Bytes()
	if t.Type() == core.String {
		text, width, err := bytesOf(t.Strings())
		if err != nil {
			return err
		}
		data, descr, ok = text, fmt.Sprintf("|S%d", width), true
	}
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
	_, err := to.Write(data)
	return err
}

// Read reads a .npy file from r. At most size bytes remain in r, and no more memory than that is
// allocated; for strings, 17 times as much.
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
	a, err := parseHeader(dict)
	if err != nil {
		return nil, err
	}
	n, err := a.shape.Elements()
	if err != nil {
		return nil, err
	}
	if need := int64(n) * int64(a.width); need > size || n > 0 && need/int64(n) != int64(a.width) {
		return nil, fmt.Errorf("%v%v takes %d bytes, the file has %d", a.typ, a.shape, need, size)
	}
	t, err := a.elements(r, n)
	if err != nil {
		return nil, fmt.Errorf("data of %v%v: %w", a.typ, a.shape, err)
	}
	if extra, _ := io.CopyN(io.Discard, r, 1); extra > 0 {
		return nil, fmt.Errorf("more data than %v%v has", a.typ, a.shape)
	}
	if a.typ == core.Bool && bytes.ContainsFunc(t.Bytes(), func(r rune) bool { return r > 1 }) {
		return nil, fmt.Errorf("got a boolean that is neither 0 nor 1")
	}
	return t, nil
}

// array is what a header says.
type array struct {
	typ        core.Type
	shape      core.Shape
	width      int  // bytes of an element
	characters bool // strings are characters of 32 bits
}

// elements reads the n elements of an array.
func (a *array) elements(r io.Reader, n int) (*core.Tensor, error) {
	if a.typ == core.String {
		list, err := readStrings(r, n, a.width, a.characters)
		if err != nil {
			return nil, err
		}
		return core.StringTensor(a.shape, list)
	}
	t, err := core.NewTensor(a.typ, a.shape)
	if err != nil {
		return nil, err
	}
	_, err = io.ReadFull(r, t.Bytes())
	return t, err
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

func parseHeader(dict string) (*array, error) {
	descr := descrPattern.FindStringSubmatch(dict)
	order := orderPattern.FindStringSubmatch(dict)
	dims := shapePattern.FindStringSubmatch(dict)
	if descr == nil || order == nil || dims == nil {
		return nil, fmt.Errorf("header: want a dictionary with descr, fortran_order and shape, got %.100q", dict)
	}
	a := &array{typ: core.String}
	if a.width, a.characters = textOf(descr[1]); a.width == 0 {
		if a.typ = descriptors[descr[1]]; a.typ == core.Dynamic {
			return nil, fmt.Errorf("dtype %q: want booleans, integers, reals, complex numbers or strings, little-endian",
				descr[1])
		}
		a.width = a.typ.Size()
	}
	a.shape = core.Shape{}
	for _, d := range strings.Split(dims[1], ",") {
		if d = strings.TrimSuffix(strings.TrimSpace(d), "L"); d == "" {
			continue
		}
		n, err := strconv.Atoi(d)
		if err != nil {
			return nil, fmt.Errorf("shape (%s): %q is not a dimension", dims[1], d)
		}
		a.shape = append(a.shape, n)
	}
	if len(a.shape) > maxRank {
		return nil, fmt.Errorf("got %d dimensions, want at most %d", len(a.shape), maxRank)
	}
	if order[1] == "True" && len(a.shape) > 1 {
		return nil, fmt.Errorf("the array is in Fortran's order: save it with numpy.ascontiguousarray")
	}
	return a, nil
}
