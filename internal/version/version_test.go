package version

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOf(t *testing.T) {
	main := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: module, Version: version}, Settings: settings}
	}
	used := func(m ...*debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: "example.com/server", Version: "v9.9.9"}, Deps: m}
	}
	hash := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	dirty := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, test := range []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"released", main("v1.2.3"), "v1.2.3"},
		{"released, with a revision", main("v1.2.3", hash), "v1.2.3"},
		{"without anything", main(""), "(devel)"},
		{"devel", main("(devel)"), "(devel)"},
		{"revision", main("(devel)", hash), "(devel) 0123456789ab"},
		{"changed files", main("(devel)", dirty, hash), "(devel) 0123456789ab+dirty"},
		{"short revision", main("", debug.BuildSetting{Key: "vcs.revision", Value: "01"}), "(devel) 01"},
		{
			"in another program",
			used(&debug.Module{Path: "example.com/x", Version: "v0.1.0"}, &debug.Module{
				Path:    module,
				Version: "v1.2.3",
			}),
			"v1.2.3",
		},
		{
			"replaced by a version",
			used(&debug.Module{
				Path:    module,
				Version: "v1.2.3",
				Replace: &debug.Module{Path: "example.com/fork", Version: "v1.2.4"},
			}),
			"v1.2.4",
		},
		{
			"replaced by a directory",
			used(&debug.Module{Path: module, Version: "v1.2.3", Replace: &debug.Module{Path: "../tf2ng"}}),
			"(devel)",
		},
		{"not in the program", used(), "(devel)"},
	} {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, of(test.info)) })
	}
}

func TestString(t *testing.T) {
	assert.NotEmpty(t, String())
	assert.Equal(t, String(), String())
}
