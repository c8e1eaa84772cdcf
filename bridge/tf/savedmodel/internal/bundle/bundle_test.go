package bundle_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/bundle"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

const (
	savedModels = "../../../../../testdata/savedmodels"
	objectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH"
)

func files(dir string) bundle.Files {
	return func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
}

func open(t *testing.T, model string) *bundle.Bundle {
	b, err := bundle.Open("variables/variables", files(filepath.Join(savedModels, model, "model")))
	require.NoError(t, err)
	return b
}

// recorded returns what TensorFlow reads of the variables of a SavedModel.
func recorded(t *testing.T, model string) *npy.Archive {
	f, err := os.Open(filepath.Join(savedModels, model, "variables.npz"))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	require.NoError(t, err)
	z, err := npy.OpenArchive(f, info.Size())
	require.NoError(t, err)
	return z
}

// The keys, types, shapes and elements are those that TensorFlow reads.
func TestTensorsAreTensorFlows(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(savedModels, "index.json"))
	require.NoError(t, err)
	var list []struct {
		Name string
		Keys []string
	}
	require.NoError(t, json.Unmarshal(data, &list))
	compared := 0
	for _, m := range list {
		if m.Keys == nil {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			b, z := open(t, m.Name), recorded(t, m.Name)
			assert.Equal(t, m.Keys, b.Keys())
			for i, key := range m.Keys {
				require.True(t, b.Has(key))
				got, err := b.Tensor(key)
				require.NoError(t, err)
				if got.Type == graphdef.String {
					list, err := b.Strings(key)
					require.NoError(t, err)
					require.Len(t, list, 1)
					continue
				}
				want, err := z.Read(fmt.Sprintf("v%d", i))
				require.NoError(t, err)
				assert.Equal(t, want.Bytes(), got.Data, key)
				shape := core.Shape{}
				for _, d := range got.Shape {
					shape = append(shape, int(d))
				}
				assert.Equal(t, want.Shape(), shape, key)
				compared++
			}
		})
	}
	assert.Greater(t, compared, 80)
}

// A region of a tensor that was saved in slices is cut from TensorFlow's whole.
func TestRegions(t *testing.T) {
	b, z := open(t, "tf1_partitioned"), recorded(t, "tf1_partitioned")
	keys := b.Keys()
	for _, test := range []struct {
		key, spec     string
		rows, columns [2]int
	}{
		{"net/w", "", [2]int{0, 10}, [2]int{0, 7}},
		{"net/w", "10 7 -:-", [2]int{0, 10}, [2]int{0, 7}},
		{"net/w", "10 7 0,4:-", [2]int{0, 4}, [2]int{0, 7}}, // as it was saved
		{"net/w", "10 7 4,3:-", [2]int{4, 7}, [2]int{0, 7}},
		{"net/w", "10 7 1,7:2,3", [2]int{1, 8}, [2]int{2, 5}}, // over three slices
		{"net/w", "10 7 9,1:6,1", [2]int{9, 10}, [2]int{6, 7}},
		{"net/w", "10 7 5,0:-", [2]int{5, 5}, [2]int{0, 7}},
		{"wide/wide", "7 6 -:0,3", [2]int{0, 7}, [2]int{0, 3}},
		{"wide/wide", "7 6 2,4:1,4", [2]int{2, 6}, [2]int{1, 5}},
	} {
		t.Run(test.key+"/"+test.spec, func(t *testing.T) {
			whole, err := z.Read(fmt.Sprintf("v%d", slices.Index(keys, test.key)))
			require.NoError(t, err)
			var want []byte
			for r := test.rows[0]; r < test.rows[1]; r++ {
				row := whole.Bytes()[r*whole.Shape()[1]*4:]
				want = append(want, row[test.columns[0]*4:test.columns[1]*4]...)
			}
			got, err := b.Region(test.key, test.spec)
			require.NoError(t, err)
			assert.Equal(t, []int64{int64(test.rows[1] - test.rows[0]), int64(test.columns[1] - test.columns[0])}, got.Shape)
			assert.Equal(t, string(want), string(got.Data))
		})
	}
}

// A part of a tensor that was saved whole.
func TestRegionOfAWholeTensor(t *testing.T) {
	b, z := open(t, "tf1_variables"), recorded(t, "tf1_variables")
	whole, err := z.Read(fmt.Sprintf("v%d", slices.Index(b.Keys(), "net/w")))
	require.NoError(t, err)
	got, err := b.Region("net/w", "10 7 3,2:-")
	require.NoError(t, err)
	assert.Equal(t, whole.Bytes()[3*7*4:5*7*4], got.Data)
}

func TestRegionErrors(t *testing.T) {
	b := open(t, "tf1_partitioned")
	for spec, want := range map[string]string{
		"10 7 0,4":                     "",
		"10 0,4:-":                     "",
		"10 8 0,4:-":                   "",
		"10 7 0,4:x":                   "",
		"10 7 0,-4:-":                  "",
		"10 7 8,4:-":                   "got 4 elements from 8 on of dimension 0 of shape [10,7]",
		"10 7 -1,4:-":                  "got 4 elements from -1 on of dimension 0 of shape [10,7]",
		"10 7 9223372036854775807,4:-": "got 4 elements from 9223372036854775807 on of dimension 0 of shape [10,7]",
	} {
		if want == "" {
			want = fmt.Sprintf("got the slice %q of a tensor of shape [10,7], want its dimensions and START,LENGTH or - for "+
				"each", spec)
		}
		_, err := b.Region("net/w", spec)
		assert.EqualError(t, err, `variables/variables.index: key "net/w": `+want)
		assert.ErrorIs(t, err, graphdef.ErrValue)
	}
}

func TestNoSuchKey(t *testing.T) {
	b := open(t, "tf1_variables")
	_, err := b.Tensor("kernel/w")
	assert.EqualError(t, err, `variables/variables.index: key "kernel/w": no such key (did you mean "net/w"?)`)
	assert.ErrorIs(t, err, bundle.ErrNoKey)
	assert.False(t, b.Has("kernel/w"))
	assert.False(t, b.Has(""), "the header")
	_, err = b.Strings("net/w")
	assert.ErrorIs(t, err, graphdef.ErrTensorType)
}

// The writer of the tests: tables and entries as the format says, without the code under test.

type pair struct{ key, value string }

func mask(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

func checksum(b string) uint32 {
	return mask(crc32.Checksum([]byte(b), crc32.MakeTable(crc32.Castagnoli)))
}

// block writes a block and its trailer; keys share what they have in common with the one in front,
// except at each restart.
func block(pairs []pair, restart int) []byte {
	var b []byte
	var restarts []uint32
	last := ""
	for i, p := range pairs {
		shared := 0
		if i%restart == 0 {
			restarts = append(restarts, uint32(len(b)))
		} else {
			for shared < min(len(last), len(p.key)) && last[shared] == p.key[shared] {
				shared++
			}
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(p.key)-shared))
		b = binary.AppendUvarint(b, uint64(len(p.value)))
		b = append(append(b, p.key[shared:]...), p.value...)
		last = p.key
	}
	for _, r := range restarts {
		b = binary.LittleEndian.AppendUint32(b, r)
	}
	return seal(binary.LittleEndian.AppendUint32(b, uint32(len(restarts))), 0)
}

// seal appends the trailer of a block.
func seal(b []byte, compression byte) []byte {
	b = append(b, compression)
	return binary.LittleEndian.AppendUint32(b, checksum(string(b)))
}

func handle(offset, size int) string {
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(offset)), uint64(size)))
}

// table writes a table of blocks.
func table(blocks ...[]byte) []byte {
	var b []byte
	var index []pair
	for i, block := range blocks {
		index = append(index, pair{fmt.Sprintf("%03d", i), handle(len(b), len(block)-5)})
		b = append(b, block...)
	}
	return footer(b, block(index, 1))
}

// footer ends a table with its index block.
func footer(b, index []byte) []byte {
	at := len(b)
	foot := handle(0, 0) + handle(at, len(index)-5)
	foot += strings.Repeat("\x00", 40-len(foot)) + "\x57\xfb\x80\x8b\x24\x75\x47\xdb"
	return append(append(b, index...), foot...)
}

func varint(field protowire.Number, v int64) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), uint64(v)))
}

func message(field protowire.Number, m ...string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), strings.Join(m, "")))
}

func fixed32(field protowire.Number, v uint32) string {
	return string(protowire.AppendFixed32(protowire.AppendTag(nil, field, protowire.Fixed32Type), v))
}

func shape(dims ...int64) string {
	var m string
	for _, d := range dims {
		m += message(2, varint(1, d))
	}
	return message(2, m)
}

// entry writes a BundleEntryProto of bytes at a place.
func entry(typ graphdef.DataType, dims string, offset int, data string, more ...string) string {
	return varint(1, int64(typ)) + dims + varint(4, int64(offset)) + varint(5, int64(len(data))) +
		fixed32(6, checksum(data)) + strings.Join(more, "")
}

// read opens a bundle and reads the tensor "v".
func read(index []byte, data string) (*bundle.Tensor, error) {
	b, err := bundle.Open("b", func(name string) ([]byte, error) {
		switch name {
		case "b.index":
			return index, nil
		case "b.data-00000-of-00001":
			return []byte(data), nil
		}
		return nil, fs.ErrNotExist
	})
	if err != nil {
		return nil, err
	}
	return b.Tensor("v")
}

var header = pair{"", varint(1, 1)}

// Keys of many blocks, with what they share left out.
func TestManyBlocks(t *testing.T) {
	var data strings.Builder
	var pairs []pair
	for i := range 1000 {
		content := strings.Repeat(string(rune('a'+i%26)), i%7)
		pairs = append(pairs, pair{
			fmt.Sprintf("layer_%04d/kernel", i),
			entry(graphdef.Uint8, shape(int64(len(content))), data.Len(), content),
		})
		data.WriteString(content)
	}
	blocks := [][]byte{block([]pair{header}, 16)}
	for part := range slices.Chunk(pairs, 61) {
		blocks = append(blocks, block(part, 16))
	}
	b, err := bundle.Open("b", func(name string) ([]byte, error) {
		return map[string][]byte{"b.index": table(blocks...), "b.data-00000-of-00001": []byte(data.String())}[name], nil
	})
	require.NoError(t, err)
	require.Len(t, b.Keys(), 1000)
	for i, p := range pairs {
		got, err := b.Tensor(p.key)
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat(string(rune('a'+i%26)), i%7), string(got.Data))
	}
}

func TestErrors(t *testing.T) {
	const four = "\x01\x02\x03\x04"
	with := func(value string) []byte { return table(block([]pair{header, {"v", value}}, 16)) }
	good := with(entry(graphdef.Uint8, shape(4), 0, four))
	_, err := read(good, four)
	require.NoError(t, err)
	changed := func(at int, by byte) []byte {
		b := slices.Clone(good)
		b[at] ^= by
		return b
	}
	one := block([]pair{header, {"v", "x"}}, 16)
	for _, test := range []struct {
		name  string
		index []byte
		data  string
		is    error
		want  string
	}{
		{"empty", nil, "", graphdef.ErrMalformed, "b.index: got 0 bytes that do not end as a LevelDB table does"},
		{
			"cut", good[:len(good)-1], "", graphdef.ErrMalformed,
			fmt.Sprintf("b.index: got %d bytes that do not end as a LevelDB table does", len(good)-1),
		},
		{"flipped bit", changed(9, 1), "", graphdef.ErrMalformed, ""},
		{"flipped bit in the index block", changed(len(good)-52, 1), "", graphdef.ErrMalformed, ""},
		{
			"block outside", footer(nil, block([]pair{{"k", handle(1<<40, 5)}}, 1)), "", graphdef.ErrMalformed,
			"b.index: a block of 5 bytes at byte 1099511627776, but the file has 72",
		},
		{
			"block of any size", footer(nil, block([]pair{{"k", handle(0, 1<<62)}}, 1)), "", graphdef.ErrMalformed,
			"b.index: a block of 4611686018427387904 bytes at byte 0, but the file has 75",
		},
		{
			"block twice", footer(one, block([]pair{{"a", handle(0, len(one)-5)}, {"b", handle(0, len(one)-5)}}, 1)), "",
			graphdef.ErrMalformed, "b.index: block at byte 0 begins in front of the end of the last one",
		},
		{
			"snappy", footer(seal([]byte("\x00"), 1), block([]pair{{"a", handle(0, 1)}}, 1)), "", graphdef.ErrForeign,
			"b.index: block at byte 0 is compressed with snappy, which is not supported: save the checkpoint again with a " +
				"newer TensorFlow",
		},
		{
			"other compression", footer(seal([]byte("\x00"), 4), block([]pair{{"a", handle(0, 1)}}, 1)), "",
			graphdef.ErrMalformed, "b.index: block at byte 0: got compression 4, want 0",
		},
		{
			"too many restarts", table(seal([]byte("\x00\x00\x00\xff\xff\xff\x0f"), 0)), "", graphdef.ErrMalformed,
			"b.index: block at byte 0 of 7 bytes has 268435455 restarts",
		},
		{"no restarts", table(seal([]byte("\x00"), 0)), "", graphdef.ErrMalformed, "b.index: block at byte 0 has 1 bytes"},
		{
			"key shares too much", table(seal([]byte("\x05\x01\x00x\x00\x00\x00\x00"), 0)), "", graphdef.ErrMalformed,
			"b.index: an entry of a block: got 5, 1 and 0 bytes, but the key in front has 0 and the block 1 more",
		},
		{
			"value too long", table(seal([]byte("\x00\x01\xff\xff\xff\xff\x0fx\x00\x00\x00\x00"), 0)), "",
			graphdef.ErrMalformed, "",
		},
		{
			"order", table(block([]pair{header, {"w", ""}, {"v", ""}}, 16)), "", graphdef.ErrMalformed,
			`b.index: key "v" follows key "w"`,
		},
		{
			"key twice", table(block([]pair{header, {"v", ""}, {"v", ""}}, 16)), "", graphdef.ErrMalformed,
			`b.index: key "v" follows key "v"`,
		},
		{
			"long key", table(block([]pair{header, {strings.Repeat("v", bundle.MaxKey+1), ""}}, 16)), "", graphdef.ErrLimit,
			"b.index: a key of 16385 bytes, the limit is 16384",
		},
		{
			"no header", table(block([]pair{{"v", ""}}, 16)), "", graphdef.ErrMalformed,
			"b.index: a table without the header of a bundle",
		},
		{
			"no shards", table(block([]pair{{"", ""}}, 16)), "", graphdef.ErrLimit, "b.index: got 0 shards, want 1 to 16384",
		},
		{
			"too many shards", table(block([]pair{{"", varint(1, 1<<40)}}, 16)), "", graphdef.ErrLimit,
			"b.index: got 1099511627776 shards, want 1 to 16384",
		},
		{
			"big-endian", table(block([]pair{{"", varint(1, 1) + varint(2, 1)}}, 16)), "", graphdef.ErrForeign,
			"b.index: got a bundle in big-endian order, want little-endian: save it on another machine",
		},
		{
			"damaged data", good, "\x01\x02\x03\x05", graphdef.ErrMalformed,
			fmt.Sprintf(`b.data-00000-of-00001: key "v": got checksum %#08x, want %#08x: the file is damaged`,
				checksum("\x01\x02\x03\x05"), checksum(four)),
		},
		{
			"cut data", good, "\x01\x02\x03", graphdef.ErrMalformed,
			`b.data-00000-of-00001: key "v": want 4 bytes from byte 0 on, but the file has 3: it is cut off`,
		},
		{
			"negative offset", with(entry(graphdef.Uint8, shape(4), -4, four)), four, graphdef.ErrMalformed,
			`b.data-00000-of-00001: key "v": want 4 bytes from byte -4 on, but the file has 4: it is cut off`,
		},
		{
			"another size", with(entry(graphdef.Float, shape(4), 0, four)), four, graphdef.ErrValue,
			`b.index: key "v": got 4 bytes, want 16 (float [4])`,
		},
		{
			"overflowing shape", with(entry(graphdef.Uint8, shape(1<<40, 1<<40), 0, four)), four, graphdef.ErrLimit,
			`b.index: key "v": shape [1099511627776,1099511627776] has more than 281474976710656 elements`,
		},
		{
			"negative dimension", with(entry(graphdef.Uint8, shape(-1), 0, four)), four, graphdef.ErrValue,
			`b.index: key "v": got a dimension of -1`,
		},
		{
			"unknown rank", with(entry(graphdef.Uint8, message(2, varint(3, 1)), 0, four)), four, graphdef.ErrValue,
			`b.index: key "v": got a shape of unknown rank`,
		},
		{
			"no such shard", with(entry(graphdef.Uint8, shape(4), 0, four, varint(3, 7))), four, graphdef.ErrValue,
			`b.index: key "v": got shard 7 of 1`,
		},
		{
			"negative shard", with(entry(graphdef.Uint8, shape(4), 0, four, varint(3, -1))), four, graphdef.ErrValue,
			`b.index: key "v": got shard -1 of 1`,
		},
		{
			"no slice", with(entry(graphdef.Uint8, shape(4), 0, "", message(7, message(1, varint(1, 0), varint(2, 4))))), four,
			bundle.ErrNoKey, `b.index: key "v": slice [{0 4}]: no such key`,
		},
		{
			"slice outside", with(entry(graphdef.Uint8, shape(4), 0, "", message(7, message(1, varint(1, 2), varint(2, 4))))),
			four, graphdef.ErrValue, `b.index: key "v": got 4 elements from 2 on of dimension 0 of shape [4]`,
		},
		{
			"slice of another rank", with(entry(graphdef.Uint8, shape(4), 0, "", message(7))), four, graphdef.ErrValue,
			`b.index: key "v": got a slice of 0 dimensions of a tensor of shape [4]`,
		},
		{"cut entry", with("\x08"), four, graphdef.ErrMalformed, `b.index: key "v": unexpected EOF`},
		{"group", with("\x0b\x0c"), four, graphdef.ErrMalformed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.index, test.data)
			require.ErrorIs(t, err, test.is)
			if test.want != "" {
				assert.EqualError(t, err, test.want)
			}
			t.Log(err)
		})
	}
}

// Slices must cover the tensor once.
func TestSlicesThatDoNotFit(t *testing.T) {
	part := func(start, length int64) string { return message(7, message(1, varint(1, start), varint(2, length))) }
	key := func(start, length byte) string {
		return "\x00v\x00\x01\x01\x01" + string([]byte{0x80 + start, 0x80 + length})
	}
	whole := func(parts ...string) pair { return pair{"v", entry(graphdef.Uint8, shape(4), 0, "", parts...)} }
	a := pair{key(0, 2), entry(graphdef.Uint8, shape(2), 0, "ab")}
	b := pair{key(2, 2), entry(graphdef.Uint8, shape(2), 2, "cd")}
	middle := pair{key(1, 2), entry(graphdef.Uint8, shape(2), 1, "bc")}
	for _, test := range []struct {
		name  string
		pairs []pair
		want  string // of the error; of none, the elements
	}{
		{"all", []pair{header, a, b, whole(part(0, 2), part(2, 2))}, ""},
		{
			"hole",
			[]pair{header, a, b, whole(part(0, 2))},
			`b.index: key "v": its slices have 2 of 4 elements`,
		},
		{
			"overlap",
			[]pair{header, a, middle, b, whole(part(0, 2), part(1, 2))},
			`b.index: key "v": slices overlap`,
		},
		{
			"bytes twice",
			[]pair{
				header,
				{key(0, 4), entry(graphdef.Uint8, shape(4), 0, "abcd")},
				{key(4, 4), entry(graphdef.Uint8, shape(4), 0, "abcd")},
				{"v", entry(graphdef.Uint8, shape(8), 0, "", part(0, 4), part(4, 4))},
			},
			`b.index: key "v": got a tensor of 8 bytes from files of 4`,
		},
		{
			"another type",
			[]pair{header, a, {b.key, entry(graphdef.Int8, shape(2), 2, "cd")}, whole(part(0, 2), part(2, 2))},
			`b.index: key "v": slice [{2 2}]: got int8, want uint8`,
		},
		{
			"another size",
			[]pair{header, a, {b.key, entry(graphdef.Uint8, shape(1), 2, "c")}, whole(part(0, 2), part(2, 2))},
			`b.index: key "v": slice [{2 2}]: got 1 bytes, want 2`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(table(block(test.pairs, 16)), "abcd")
			if test.want != "" {
				assert.EqualError(t, err, test.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "abcd", string(got.Data))
		})
	}
}

// One byte of a file is in one tensor, so that reading all of them takes no longer than the files.
func TestTensorsOverlap(t *testing.T) {
	index := table(block([]pair{
		header,
		{"v", entry(graphdef.Uint8, shape(4), 0, "abcd")},
		{"w", entry(graphdef.Uint8, shape(3), 1, "bcd")},
	}, 16))
	b, err := bundle.Open("b", func(name string) ([]byte, error) {
		return map[string][]byte{"b.index": index, "b.data-00000-of-00001": []byte("abcd")}[name], nil
	})
	require.NoError(t, err)
	for range 3 {
		_, err = b.Tensor("v")
		require.NoError(t, err)
	}
	_, err = b.Tensor("w")
	assert.EqualError(t, err, `b.data-00000-of-00001: key "w": tensors overlap`)
}

// No files make the reader panic, or a tensor larger than they are. The checksums of blocks are made
// to hold, so that what is in them is reached.
func FuzzBundle(f *testing.F) {
	const four = "\x01\x02\x03\x04"
	part := func(start, length int64) string { return message(7, message(1, varint(1, start), varint(2, length))) }
	for _, pairs := range [][]pair{
		{header, {"v", entry(graphdef.Uint8, shape(4), 0, four)}},
		{
			header,
			{"\x00v\x00\x01\x01\x01\x80\x82", entry(graphdef.Uint8, shape(2), 0, "\x01\x02")},
			{"\x00v\x00\x01\x01\x01\x82\x82", entry(graphdef.Uint8, shape(2), 2, "\x03\x04")},
			{"v", entry(graphdef.Uint8, shape(4), 0, "", part(0, 2), part(2, 2))},
		},
		{header, {"v", entry(graphdef.String, shape(1), 0, "\x01")}, {"w", entry(graphdef.Float, shape(1, 1), 0, four)}},
	} {
		b := block(pairs, 16)
		f.Add(b[:len(b)-5], []byte(four))
	}
	f.Fuzz(func(t *testing.T, content, data []byte) {
		for _, index := range [][]byte{table(seal(slices.Clone(content), 0)), content} {
			shards := 0
			b, err := bundle.Open("b", func(name string) ([]byte, error) {
				if name == "b.index" {
					return index, nil
				}
				shards++
				return data, nil
			})
			if err != nil {
				continue
			}
			for _, key := range b.Keys() {
				_, _ = b.Strings(key)
				x, err := b.Tensor(key)
				if err != nil {
					continue
				}
				require.LessOrEqual(t, len(x.Data), len(data)*shards, "the files have that many bytes")
				spec := strings.Trim(fmt.Sprint(x.Shape), "[]") + " " + strings.Repeat("0,1:", max(len(x.Shape)-1, 0)) + "0,1"
				_, _ = b.Region(key, spec)
			}
		}
	})
}
