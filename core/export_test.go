package core

// What the tests of the package's outside need of its inside.
var (
	AppendJSON = appendJSON
	ParseJSON  = parseJSON
)
