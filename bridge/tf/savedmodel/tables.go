package savedmodel

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// MaxAssets bounds the files that a MetaGraph names.
const MaxAssets = 1 << 12

// The names by which MetaGraphs tell the operation that initializes tables: a signature, or collections.
const (
	initSignature    = internal + "init_op"
	mainCollection   = "saved_model_main_op"
	legacyCollection = "legacy_init_op"
	assetCollection  = "saved_model_assets"
)

// Field numbers.
const (
	assetTensor protowire.Number = 1
	assetFile   protowire.Number = 2

	collectionNodes protowire.Number = 1
	collectionAny   protowire.Number = 5
	listValue       protowire.Number = 1
	anyValue        protowire.Number = 2
)

// asset reads an AssetFileDef: which tensor has the name of a file.
func (m *SavedModel) asset(message []byte) (err error) {
	var tensor, file string
	err = each(message, func(f wire.Field) (err error) {
		switch f.Number {
		case assetTensor:
			err = each(f.Bytes, func(f wire.Field) (err error) {
				if f.Number == tensorName {
					tensor, err = f.Text("name of a tensor")
				}
				return err
			})
		case assetFile:
			file, err = f.Text("filename")
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(m.assets) == MaxAssets {
		return wire.Errorf(graphdef.ErrLimit, "more than %d assets, which is the limit", MaxAssets)
	}
	m.assets[nodeOf(tensor)] = "assets/" + file
	return nil
}

// collection reads a collection that tells what initializes tables, or which files they read.
func (m *SavedModel) collection(f wire.Field) error {
	name, message, err := f.MapEntry("collection_def")
	if err != nil || name != mainCollection && name != legacyCollection && name != assetCollection {
		return err
	}
	return each(message, func(list wire.Field) error {
		return each(list.Bytes, func(f wire.Field) (err error) {
			switch {
			case f.Number != listValue:
			case list.Number == collectionNodes:
				m.collections[name], err = f.Text("a node")
			case list.Number == collectionAny && name == assetCollection:
				err = each(f.Bytes, func(f wire.Field) error {
					if f.Number != anyValue {
						return nil
					}
					return m.asset(f.Bytes)
				})
			}
			return err
		})
	})
}

// each calls f for each field of a message.
func each(message []byte, f func(wire.Field) error) error {
	for field, err := range wire.Fields(message) {
		if err == nil {
			err = f(field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// initializer returns the name of the operation that initializes tables; empty if there is none.
func (m *SavedModel) initializer() string {
	if t, ok := m.internal[initSignature].Outputs[initSignature]; ok {
		return nodeOf(t.Name)
	}
	for _, c := range []string{mainCollection, legacyCollection} {
		if m.collections[c] != "" {
			return nodeOf(m.collections[c])
		}
	}
	return ""
}

// initializing returns the indices of the nodes that initialize the tables among the wanted nodes: those that the
// initializer needs, and that read the tables, and all that they read.
func (m *SavedModel) initializing(top *scope, wanted []int) []int {
	tables := map[string]bool{}
	for _, i := range wanted {
		if n := &top.nodes[i]; ops.IsTableOp(n.Op) {
			tables[n.SharedName()] = true
		}
	}
	start := m.initializer()
	if len(tables) == 0 || start == "" {
		return nil
	}
	var names []string
	for _, i := range needed(top, true, start) {
		n := &top.nodes[i]
		if n.Op == "Identity" {
			continue
		}
		reads := func(in graphdef.Input) bool {
			made, ok := ops.TableOf(top.lookup, in)
			return ok && tables[made.SharedName()]
		}
		if slices.ContainsFunc(n.DataInputs(), reads) {
			names = append(names, n.Name)
		}
	}
	return needed(top, false, names...)
}

// assetVariables returns the files by the names of the variables that the graph assigns the names of assets.
func (m *SavedModel) assetVariables() map[string]string {
	files := map[string]string{}
	if len(m.assets) == 0 {
		return files
	}
	for i := range m.graph.Nodes {
		n := &m.graph.Nodes[i]
		data := n.DataInputs()
		if n.Op != "AssignVariableOp" || len(data) != 2 {
			continue
		}
		to, ok := m.graph.Lookup(data[0].Node)
		if file, isAsset := m.assets[data[1].Node]; ok && isAsset && isVariable(to) {
			files[to.SharedName()] = file
		}
	}
	return files
}

// assetName returns the constant that stands for a node whose value is the name of an asset: its name in the
// SavedModel's directory.
func assetName(n *graphdef.Node, file string) graphdef.Node {
	value := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(graphdef.String))
	value = protowire.AppendBytes(protowire.AppendTag(value, 2, protowire.BytesType), nil)
	value = protowire.AppendBytes(protowire.AppendTag(value, 8, protowire.BytesType), []byte(file))
	return graphdef.NewNode(n.Name, "Const", nil, graphdef.TypeAttribute("dtype", graphdef.String),
		graphdef.TensorAttribute("value", value))
}

// readAsset returns the content of an asset by its name in the directory, "assets/words.txt".
func (m *SavedModel) readAsset(name string) ([]byte, error) {
	if data, ok := m.read[name]; ok {
		return data, nil
	}
	known := false
	for _, file := range m.assets {
		known = known || file == name
	}
	switch {
	case !known:
		return nil, wire.Errorf(graphdef.ErrStructure, "the file %q is no asset of the SavedModel", name)
	case !fs.ValidPath(name) || strings.Contains(name, "\\"):
		return nil, wire.Errorf(graphdef.ErrStructure, "the asset %q is outside of the SavedModel", name)
	case m.files == nil:
		return nil, errNoFiles
	}
	data, err := m.files(name)
	if err != nil {
		return nil, fmt.Errorf("asset %q: %w", name, err)
	}
	m.read[name] = data
	return data, nil
}
