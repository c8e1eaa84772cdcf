// Command speed compares the speed of tf2ng with that of other runtimes; see README.md.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// places are the directories that the commands use.
type places struct {
	Dir     string   `help:"Directory of the virtual environments, the models and the results." default:"bin/peers" type:"path"`
	Models  []string `help:"Directories of the INT8 models (MODEL.pb)." default:"testdata/graphdefs" type:"path"`
	TF2NG   string   `name:"tf2ng" help:"The tf2ng to measure." default:"bin/tf2ng" type:"path"`
	Scripts string   `help:"Directory of the Python scripts." default:"scripts/speed" type:"path"`
	Python  string   `help:"The Python (3.11 to 3.13) that makes the environments." default:"python3"`
}

var cli struct {
	Prepare prepareCommand `cmd:"" help:"Make environments, models and graphs, those that are not there."`
	Run     runCommand     `cmd:"" help:"Measure, or go on measuring, into DIR/results.json."`
	Publish publishCommand `cmd:"" help:"Take DIR/results.json into the repository, for make generate."`
}

func main() {
	c := kong.Parse(&cli, kong.Description("Measures tf2ng beside other runtimes."))
	if err := c.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
