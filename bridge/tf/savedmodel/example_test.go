package savedmodel_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
)

// Open a SavedModel, list its signatures, and make constants of the variables that an output needs.
func Example() {
	const dir = "../../../testdata/savedmodels/int8_variables/model"
	data, err := os.ReadFile(filepath.Join(dir, savedmodel.Binary))
	if err != nil {
		log.Fatal(err)
	}
	files := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))) }
	m, err := savedmodel.Open(data, files, savedmodel.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Tags, m.Names())
	output := m.Signatures[savedmodel.ServingDefault].Outputs["y"]
	frozen, err := m.Freeze(output.Name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(output.Name, len(frozen.Nodes) < len(m.Graph().Nodes))
	// Output:
	// [serve] [serving_default]
	// QuantizedMatMulWithBiasAndDequantize:0 true
}
