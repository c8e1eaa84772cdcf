// Package version tells which tf2ng a program has in it, as the Go tool recorded that when
// it built the program.
package version

import (
	"runtime/debug"
	"sync"
)

const (
	module  = "github.com/tf2ng/tf2ng"
	unknown = "(devel)"
)

// String returns the version of the module ("v1.2.3", or a pseudo-version that holds the
// revision); "(devel)" where there is none, with the revision behind it if that is recorded.
// It is the same in each call of one program.
func String() string { return recorded() }

var recorded = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	return of(info)
})

func of(info *debug.BuildInfo) string {
	if info.Main.Path == module {
		if v := info.Main.Version; v != "" && v != unknown {
			return v
		}
		return unknown + revision(info.Settings)
	}
	for _, m := range info.Deps {
		if m.Path != module {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		if m.Version != "" {
			return m.Version
		}
	}
	return unknown
}

// revision returns a space and the start of the revision, or nothing; "+dirty" marks
// files that were not committed.
func revision(settings []debug.BuildSetting) string {
	const digits = 12
	hash, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			hash = s.Value[:min(len(s.Value), digits)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if hash == "" {
		return ""
	}
	return " " + hash + dirty
}
