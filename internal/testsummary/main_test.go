package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSummarize(t *testing.T) {
	for _, test := range []struct {
		name, in, want string
		code           int
	}{
		{"passing", `{"Action":"start","Package":"a"}
{"Action":"output","Package":"a","Test":"TestX","Output":"noise\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"skip","Package":"a","Test":"TestY"}
{"Action":"output","Package":"a","Output":"NOT RUN: variants for avx512vnni\n"}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.01s\n"}
{"Action":"pass","Package":"a"}
`, `skipped: a TestY
ok  	a	0.01s
NOT RUN: variants for avx512vnni (a)
tests: 1 passed, 0 failed, 1 skipped, 1 lines NOT RUN
`, 0},
		{"failing", `{"Action":"output","Package":"a","Test":"TestX","Output":"why\n"}
{"Action":"fail","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.01s\n"}
{"Action":"fail","Package":"a"}
`, `=== a TestX
why
FAIL	a	0.01s
tests: 0 passed, 1 failed, 0 skipped, 0 lines NOT RUN
`, 1},
		{"crashing", `{"Action":"output","Package":"a","Test":"TestX","Output":"panic: no\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.01s\n"}
{"Action":"fail","Package":"a"}
`, `panic: no
FAIL	a	0.01s
tests: 0 passed, 0 failed, 0 skipped, 0 lines NOT RUN
`, 1},
		{"not building", `{"ImportPath":"a","Action":"build-output","Output":"a.go:1: undefined: x\n"}
{"ImportPath":"a","Action":"build-fail"}
{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}
{"Action":"fail","Package":"a","FailedBuild":"a"}
`, `a.go:1: undefined: x
FAIL	a [build failed]
tests: 0 passed, 0 failed, 0 skipped, 0 lines NOT RUN
`, 1},
		{"go speaks", "go: cannot find main module\n", `go: cannot find main module
tests: 0 passed, 0 failed, 0 skipped, 0 lines NOT RUN
`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			assert.Equal(t, test.code, summarize(strings.NewReader(test.in), &out))
			assert.Equal(t, test.want, out.String())
		})
	}
}
