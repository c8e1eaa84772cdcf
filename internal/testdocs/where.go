package testdocs

import "regexp"

// Where says which test runs a command.
type Where int

const (
	Here       Where = iota // the tests of cmd/tf2ng
	TensorFlow              // make test-tensorflow
	Make                    // developers run these make targets; a test only checks that they exist
	Nowhere                 // no test; elsewhere has the reasons
)

// elsewhere lists the commands that need more than Go and a shell.
var elsewhere = []struct {
	pattern *regexp.Regexp
	where   Where
	why     string
}{
	{regexp.MustCompile(`--tensorflow\b|--python\b|\btensorflow,grappler\b`), TensorFlow, "it runs TensorFlow"},
	{regexp.MustCompile(`--against recorded\b`), TensorFlow, "it reads what TensorFlow gave"},
	{regexp.MustCompile(`^make `), Make, "it is a stage of CI, or needs what CI has"},
	{regexp.MustCompile(`^docker `), Nowhere, "it needs a Docker daemon"},
	{regexp.MustCompile(`^tensorflow_model_server `), Nowhere, "it is what tf2ng serve replaces"},
	{regexp.MustCompile(`^go (get|mod) `), Nowhere, "it needs the network"},
}

// Runs returns which test runs a command, and for Nowhere the reason.
func (c Command) Runs() (where Where, why string) {
	for _, e := range elsewhere {
		if e.pattern.MatchString(c.Text) {
			return e.where, e.why
		}
	}
	return Here, ""
}
