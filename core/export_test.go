package core

import "reflect"

// What the tests of the package's outside need of its inside.
var (
	AppendJSON = appendJSON
	ParseJSON  = parseJSON
)

// JSONField is an attribute, or a field of one, as files hold it.
type JSONField struct {
	Name string
	Type reflect.Type
}

// JSONFields lists the fields of a struct in their order.
func JSONFields(t reflect.Type) []JSONField {
	var list []JSONField
	for _, f := range jsonFields(t) {
		list = append(list, JSONField{f.name, t.FieldByIndex(f.index).Type})
	}
	return list
}

// CheckRegistration is what registration asks of a name and a type.
func CheckRegistration[T any](name string) error {
	return checkRegistration(name, reflect.TypeFor[T]())
}
