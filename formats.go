package tf2ng

import (
	"errors"
	"io/fs"
	"regexp"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// source is where a model is read from: a file, a directory, or bytes in memory.
type source struct {
	path  string // as the caller named it; empty for bytes in memory
	data  []byte // the content; nil for a directory
	dir   fs.FS  // the files of a directory; else nil
	files *files // in the directory, or beside the file; nil for bytes in memory
}

// translation is the result of reading a source.
type translation = savedmodel.Translation

// format is a file format of models, or one that people pass by mistake.
type format struct {
	name      string // with its article, for errors
	recognise func(s source) bool
	read      func(c *config, s source) (*translation, error) // nil if this format cannot be read

	// For a format that cannot be read:
	reason error  // what errors.Is finds
	advice string // what to do instead
}

// formats decides what a source is: the first row that recognises it reads it. The content counts, not
// the name. A new format is a new row, placed before any that would recognise it as their own. The last
// row takes everything that is left: a binary GraphDef has no mark to be recognised by, and its
// reader reports what is wrong with it.
var formats = []format{
	{
		name:      "a SavedModel directory",
		recognise: isSavedModel,
		read:      (*config).readDirectory,
	},
	{
		name:      "a directory with a checkpoint",
		recognise: isCheckpoint,
		reason:    graphdef.ErrForeign,
		advice:    "freeze the graph with the checkpoint first",
	},
	{
		name:      "a directory",
		recognise: func(s source) bool { return s.dir != nil },
		reason:    graphdef.ErrForeign,
		advice:    "name the file in it",
	},
	{name: "a converted model", recognise: func(s source) bool { return ngfile.Sniff(s.data) }, read: (*config).readNG},
	{
		name:      "a SavedModel",
		recognise: func(s source) bool { return errors.Is(graphdef.Recognise(s.data), graphdef.ErrSavedModel) },
		read:      (*config).readSavedModel,
	},
	{
		name:      "a GraphDef in text format",
		recognise: func(s source) bool { return graphdef.IsText(s.data) },
		read:      (*config).readText,
	},
	{
		name:      "a file of another program",
		recognise: func(s source) bool { return graphdef.Recognise(s.data) != nil },
		read:      refuseForeign,
	},
	{
		name:      "the variables of a checkpoint (.data)",
		recognise: isCheckpointData,
		reason:    graphdef.ErrForeign,
		advice:    "freeze the graph with the checkpoint first",
	},
	{name: "a GraphDef", recognise: func(source) bool { return true }, read: (*config).readGraphDef},
}

// recognise returns the format of a source.
func recognise(s source) format {
	for _, f := range formats {
		if f.recognise(s) {
			return f
		}
	}
	return formats[len(formats)-1]
}

// translation reads a source in this format.
func (f format) translation(c *config, s source) (*translation, error) {
	if f.read == nil {
		return nil, &graphdef.Error{
			Offset: -1,
			Msg: "got " + f.name + ", want a frozen GraphDef (.pb, .pbtxt), a SavedModel or a converted model (.ng): " +
				f.advice,
			Err: f.reason,
		}
	}
	return f.read(c, s)
}

// refuseForeign returns an error that names the format, for a file that package graphdef knows not to be
// a GraphDef.
func refuseForeign(_ *config, s source) (*translation, error) {
	return nil, graphdef.Recognise(s.data)
}

func isSavedModel(s source) bool { return s.has(savedmodel.Binary) || s.has(savedmodel.Text) }

func isCheckpoint(s source) bool { return s.has("checkpoint") }

// has reports whether the source is a directory with a file of that name.
func (s source) has(name string) bool {
	if s.dir == nil {
		return false
	}
	info, err := fs.Stat(s.dir, name)
	return err == nil && !info.IsDir()
}

var checkpointData = regexp.MustCompile(`\.data-\d{5}-of-\d{5}$`)

// isCheckpointData reports whether the file is a checkpoint's data: by its name, unless the content
// turns out to be a GraphDef with such a name.
func isCheckpointData(s source) bool {
	if !checkpointData.MatchString(s.path) {
		return false
	}
	_, err := graphdef.Parse(s.data, graphdef.Limits{})
	return err != nil
}
