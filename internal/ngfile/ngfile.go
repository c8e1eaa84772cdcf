// Package ngfile reads and writes .ng files: a Function in a safetensors container, which any
// safetensors reader can open.
//
//	8 bytes   length of the header, little-endian
//	header    JSON: name -> {dtype, shape, data_offsets}, and __metadata__; padded with
//	          spaces so that the data starts at a multiple of 8
//	data      the constants' tensors without gaps, in descending order of element size, so that
//	          each is aligned
//
// __metadata__ has the graph (in core's JSON form) as one string and the schema version. So that people
// can see them, it also has the producer, its version, and the version of TensorFlow whose arithmetic
// the graph follows. docs/NGFILE.md describes the format and its compatibility promises.
package ngfile

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
	program "github.com/tf2ng/tf2ng/internal/version"
)

// Limits of the header.
const (
	MaxHeaderBytes = 100 << 20 // the limit of safetensors itself
	MaxTensors     = core.MaxJSONNodes
)

// Producer is the producer that Write records in a file.
const Producer = "tf2ng"

// The keys of __metadata__.
const (
	metadata    = "__metadata__"
	keyGraph    = "graph"
	keyProducer = "producer"
	keyProgram  = "producer_version"
	keySchema   = "schema"
	keyVersion  = "tensorflow"
)

// ErrFormat is wrapped by all errors about a file's content.
var ErrFormat = errors.New("invalid .ng file")

// dtypes has safetensors' names for element types.
var dtypes = map[core.Type]string{
	core.Bool: "BOOL", core.U8: "U8", core.I8: "I8", core.I16: "I16", core.U16: "U16", core.I32: "I32", core.U32: "U32",
	core.I64: "I64", core.U64: "U64", core.F16: "F16", core.BF16: "BF16", core.F32: "F32", core.F64: "F64",
	core.C64: "C64", core.C128: "C128",
}

var types = func() map[string]core.Type {
	m := map[string]core.Type{}
	for t, name := range dtypes {
		m[name] = t
	}
	return m
}()

// entry describes a tensor in the header.
type entry struct {
	Type    string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"` // from the start of the data
}

// Write writes f as a .ng file. Equal functions give equal files if the same version of the program
// writes them, since the file includes that version.
func Write(w io.Writer, f *core.Function) error {
	graph, tensors, err := f.EncodeJSON()
	if err != nil {
		return err
	}
	names := slices.Collect(maps.Keys(tensors))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(tensors[b].Type().Size(), tensors[a].Type().Size()), cmp.Compare(a, b))
	})
	header, err := header(graph, f.Meta[keyVersion], names, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := w.Write(tensors[name].Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// header returns the first bytes of a file: the length of the header, its JSON and the padding.
func header(graph []byte, version string, names []string, tensors map[string]*core.Tensor) ([]byte, error) {
	meta := map[string]string{
		keyGraph:    string(graph),
		keySchema:   strconv.Itoa(core.Schema),
		keyProducer: Producer,
		keyProgram:  program.String(),
	}
	if version != "" {
		meta[keyVersion] = version
	}
	m, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 8, len(m)+1024)
	b = append(b, `{"`+metadata+`":`...)
	b = append(b, m...)
	at := uint64(0)
	for _, name := range names {
		t := tensors[name]
		e := entry{dtypes[t.Type()], append([]int{}, t.Shape()...), [2]uint64{at, at + uint64(len(t.Bytes()))}}
		at = e.Offsets[1]
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, ','), key...), ':'), value...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b)-8 > MaxHeaderBytes {
		return nil, fmt.Errorf("the header is %d bytes long, the limit is %d", len(b)-8, MaxHeaderBytes)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

// Sniff reports whether data starts like a safetensors file.
func Sniff(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) <= MaxHeaderBytes
}
