package tf2ng

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/mapped"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// Load reads a frozen GraphDef (.pb), a text GraphDef (.pbtxt, if package
// bridge/tf/pbtxt is linked in) or a converted model (.ng). The content decides, not the
// name. The file is mapped into memory until Close.
func Load(path string, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	s, file, err := open(path)
	if err != nil {
		return nil, err
	}
	m, err := c.load(s)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		if file != nil {
			err = errors.Join(err, file.Close())
		}
		return nil, err
	}
	m.file = file
	return m, nil
}

// open returns the source at a path, and the file that it borrows from: nil for a directory.
func open(path string) (source, *mapped.File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return source{path: path, dir: os.DirFS(path)}, nil, nil
	}
	file, err := mapped.Open(path)
	if err != nil {
		return source{}, nil, err
	}
	return source{path: path, data: file.Data}, file, nil
}

// LoadBytes is Load for a model in memory, which must not change until Close.
func LoadBytes(data []byte, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	return c.load(source{data: data})
}

// LoadReader is Load for a model that is read from r to its end. It does not read more than
// a model may have, 64 GiB: that is a *SizeError.
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
	f, err := recognise(s).function(c, s)
	if err != nil {
		return nil, err
	}
	return c.model(f)
}

// readNG reads a .ng file.
func (c *config) readNG(s source) (*core.Function, error) {
	f, err := ngfile.Read(s.data)
	if err != nil {
		return nil, err
	}
	return c.converted(f)
}

// readGraphDef reads a binary GraphDef.
func (c *config) readGraphDef(s source) (*core.Function, error) {
	g, err := graphdef.Parse(s.data, c.limits)
	return c.translated(g, err)
}

// readText reads a GraphDef in text format.
func (c *config) readText(s source) (*core.Function, error) {
	g, err := graphdef.ParseText(s.data, c.limits)
	return c.translated(g, err)
}

// translated returns the Function of a GraphDef that was read, or its error.
func (c *config) translated(g *graphdef.Graph, err error) (*core.Function, error) {
	if err != nil {
		return nil, err
	}
	return tf.Translate(g, tf.Options{
		Inputs: c.inputs, Outputs: c.outputs, TFVersion: c.tfVersion, CheckAsserts: c.checkAsserts,
		Constants: c.constants,
	})
}

// converted narrows the Function of a .ng file to what the options want of it.
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
	shapes := map[string]core.Shape{}
	for _, s := range c.inputs {
		name := strings.TrimSuffix(s.Name, ":0")
		i := slices.IndexFunc(f.Parameters, func(p *core.Node) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("input %q: a converted model keeps its inputs %q: convert the GraphDef again to "+
				"cut it elsewhere", s.Name, parameterNames(f))
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

func parameterNames(f *core.Function) []string {
	var names []string
	for _, p := range f.Parameters {
		names = append(names, p.Name)
	}
	return names
}

// Convert translates a GraphDef in memory and writes it as a .ng file.
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
