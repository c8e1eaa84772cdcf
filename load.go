package tf2ng

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/mapped"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// Load reads a frozen GraphDef (.pb), a SavedModel (its directory, saved_model.pb or .pbtxt), a
// converted model (.ng), or a text GraphDef (.pbtxt, if the program imports package bridge/tf/pbtxt). The
// format is recognised by the content, not by the name. Files stay mapped into memory until Close.
//
// The inputs and outputs of a SavedModel, and of a .ng file made from one, are named by a signature: see
// WithSignature.
func Load(path string, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	s, err := open(path)
	if err != nil {
		return nil, err
	}
	m, err := c.load(s)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.files.close())
	}
	m.origin.files = s.files.mapped
	return m, nil
}

// open returns the source for a path: a directory, or the mapped content of a file.
func open(path string) (source, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return source{path: path, dir: os.DirFS(path), files: &files{dir: path}}, nil
	}
	s := source{path: path, files: &files{dir: filepath.Dir(path)}}
	var err error
	s.data, err = s.files.read(filepath.Base(path))
	return s, err
}

// LoadBytes is like Load for a model in memory. The bytes must not change until Close.
func LoadBytes(data []byte, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	return c.load(source{data: data})
}

// FromGraphDef is like Load for a GraphDef that graphdef.Parse has already parsed; the limits were those given
// to Parse. Neither the graph nor the bytes that it was parsed from may change until Close.
func FromGraphDef(g *graphdef.Graph, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, errors.New("got no graph")
	}
	t, err := c.translated(g, nil)
	if err != nil {
		return nil, err
	}
	return c.model(t)
}

// LoadReader is like Load for a model that is read from r until EOF. If there are more than 64 GiB, the largest
// size of a model, the error is a *SizeError.
func LoadReader(r io.Reader, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errors.New("got no reader")
	}
	data, err := mapped.Read(r, "", mapped.MaxBytes)
	if err != nil {
		return nil, err
	}
	return c.load(source{data: data})
}

func (c *config) load(s source) (*Model, error) {
	t, err := recognise(s).translation(c, s)
	if err != nil {
		return nil, err
	}
	if s.files != nil {
		c.kernels.Packed = s.files.drop
	}
	return c.model(t)
}

// readNG reads a .ng file.
func (c *config) readNG(s source) (*translation, error) {
	f, err := ngfile.Read(s.data)
	if err != nil {
		return nil, err
	}
	f, err = c.converted(f)
	return &translation{Function: f}, err
}

// readGraphDef reads a binary GraphDef.
func (c *config) readGraphDef(s source) (*translation, error) {
	g, err := graphdef.Parse(s.data, c.limits)
	return c.translated(g, err)
}

// readText reads a GraphDef in text format.
func (c *config) readText(s source) (*translation, error) {
	g, err := graphdef.ParseText(s.data, c.limits)
	return c.translated(g, err)
}

// readDirectory reads the SavedModel in a directory.
func (c *config) readDirectory(s source) (*translation, error) {
	name := savedmodel.Binary
	if !s.has(name) {
		name = savedmodel.Text
	}
	var err error
	if s.data, err = s.files.read(name); err != nil {
		return nil, err
	}
	return c.readSavedModel(s)
}

// readSavedModel reads a SavedModel from the content of its saved_model.pb or .pbtxt.
func (c *config) readSavedModel(s source) (*translation, error) {
	data := s.data
	if savedmodel.IsText(data) {
		var err error
		if data, err = savedmodel.ToBinary(data); err != nil {
			return nil, err
		}
	}
	var files savedmodel.Files
	if s.files != nil {
		files = s.files.read
	}
	m, err := savedmodel.Open(data, files, savedmodel.Options{Tags: c.tags, Limits: c.limits})
	if err != nil {
		return nil, err
	}
	name, err := c.choose(m.Names())
	if err != nil {
		return nil, err
	}
	return m.Translate(name, c.translation())
}

// translated translates a GraphDef, unless err, the error of parsing it, is not nil.
func (c *config) translated(g *graphdef.Graph, err error) (*translation, error) {
	if err != nil {
		return nil, err
	}
	f, err := tf.Translate(g, c.translation())
	return &translation{Function: f}, err
}

// translation returns the options for package bridge/tf.
func (c *config) translation() tf.Options {
	return tf.Options{
		Inputs: c.inputs, Outputs: c.outputs, TFVersion: c.tfVersion, CheckAsserts: c.checkAsserts,
		Constants: c.constants,
	}
}

// converted applies the options to the Function of a .ng file. It binds the shapes of inputs, and refuses options
// that would need another conversion.
func (c *config) converted(f *core.Function) (*core.Function, error) {
	if recorded := f.Meta[tf.MetaVersion]; c.tfVersion != "" {
		want, err := tf.VersionName(c.tfVersion)
		if err != nil {
			return nil, err
		}
		if want != recorded {
			return nil, fmt.Errorf("the model was converted for TensorFlow %s, not %s: convert the GraphDef again",
				recorded, c.tfVersion)
		}
	}
	if left := tf.LeftOut(f); c.checkAsserts && len(left) > 0 {
		return nil, fmt.Errorf("WithAssertsChecked: the model was converted without its %d Asserts, the first %q: "+
			"convert the GraphDef again, with --check-asserts", len(left), left[0])
	}
	if len(c.constants) > 0 {
		return nil, fmt.Errorf("WithConstant: %q: a converted model keeps its inputs: convert the GraphDef again, with "+
			"--set", c.constants[0].Name)
	}
	names, err := c.parameterNames(f)
	if err != nil {
		return nil, err
	}
	shapes := map[string]core.Shape{}
	for _, s := range c.inputs {
		name := portless(s.Name)
		if parameter, ok := names[s.Name]; ok {
			name = parameter
		}
		i := slices.IndexFunc(f.Parameters, func(p *core.Node) bool { return p.Name == name })
		if i < 0 {
			have := parameterNames(f)
			if len(names) > 0 {
				have = slices.Sorted(maps.Keys(names))
			}
			return nil, fmt.Errorf("input %q: a converted model keeps its inputs %q: convert the GraphDef again to "+
				"cut it elsewhere", s.Name, have)
		}
		if _, dup := shapes[name]; dup {
			return nil, fmt.Errorf("input %q: given twice", s.Name)
		}
		if got := f.Parameters[i].Outputs()[0].Type; s.Type != core.Dynamic && s.Type != got {
			return nil, fmt.Errorf("input %q: got type %v, but the model has %v", s.Name, s.Type, got)
		}
		shapes[name] = s.Shape
	}
	return f.Bind(shapes)
}

// parameterNames maps the names of inputs in the chosen signature to parameters of a converted model.
func (c *config) parameterNames(f *core.Function) (map[string]string, error) {
	name, err := c.choose(slices.Collect(maps.Keys(f.Signatures)))
	return f.Signatures[name].Inputs, err
}

func parameterNames(f *core.Function) []string {
	var names []string
	for _, p := range f.Parameters {
		names = append(names, p.Name)
	}
	return names
}

// Convert translates a GraphDef in memory, and writes it to w in the format of .ng files.
func Convert(w io.Writer, graph []byte, opts ...Option) error {
	m, err := LoadBytes(graph, opts...)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := errors.Join(m.WriteNG(&b), m.Close()); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
