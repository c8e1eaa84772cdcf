package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// list collects the lines of one package.
type list struct {
	pkg   *types.Package
	name  string
	lines []string
}

// lines returns a line for each name that a package exports, sorted.
func lines(name string, pkg *types.Package) []string {
	l := &list{pkg: pkg, name: name}
	for _, n := range pkg.Scope().Names() {
		if o := pkg.Scope().Lookup(n); o.Exported() {
			l.object(o)
		}
	}
	slices.Sort(l.lines)
	return slices.Compact(l.lines)
}

func (l *list) add(format string, args ...any) {
	l.lines = append(l.lines, "pkg "+l.name+", "+fmt.Sprintf(format, args...))
}

func (l *list) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		typ := ""
		if b, ok := o.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			typ = " " + l.typ(o.Type())
		}
		l.add("const %s%s = %s", o.Name(), typ, o.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", o.Name(), l.typ(o.Type()))
	case *types.Func:
		s := o.Signature()
		l.add("func %s%s%s", o.Name(), l.typeParams(s.TypeParams()), l.signature(s))
	case *types.TypeName:
		l.typeName(o)
	}
}

// typeName lists a type with its fields and methods; of an alias only what it stands for,
// unless that is in an internal package and so is listed nowhere else.
func (l *list) typeName(o *types.TypeName) {
	if o.IsAlias() {
		to := o.Type()
		if a, ok := to.(*types.Alias); ok {
			to = a.Rhs()
		}
		l.add("type %s = %s", o.Name(), l.typ(to))
		if named, ok := to.(*types.Named); ok && internal(named.Obj().Pkg()) {
			l.members(o.Name(), named)
		}
		return
	}
	named := o.Type().(*types.Named)
	name := o.Name() + l.typeParams(named.TypeParams())
	switch u := named.Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", name)
	case *types.Interface:
		l.add("type %s interface", name)
	default:
		l.add("type %s %s", name, l.typ(u))
	}
	l.members(o.Name(), named)
}

func internal(pkg *types.Package) bool {
	return pkg != nil && strings.Contains(pkg.Path()+"/", "/internal/")
}

// members lists the fields and methods of a type under a name.
func (l *list) members(name string, t *types.Named) {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		l.fields(name, u)
	case *types.Interface:
		l.methodsOfInterface(name, u)
		return
	}
	values := types.NewMethodSet(t)
	all := types.NewMethodSet(types.NewPointer(t))
	for i := range all.Len() {
		s := all.At(i)
		f := s.Obj().(*types.Func)
		if !f.Exported() || !l.listed(t, s.Index()) {
			continue
		}
		star := "*"
		if values.Lookup(f.Pkg(), f.Name()) != nil {
			star = ""
		}
		l.add("method (%s%s) %s%s", star, name, f.Name(), l.signature(f.Signature()))
	}
}

// listed reports whether a method at some path of embedded fields belongs to t's lines: it
// is t's own, or comes from an embedded field that has no lines of its own.
func (l *list) listed(t *types.Named, path []int) bool {
	u, ok := t.Underlying().(*types.Struct)
	if len(path) == 1 || !ok {
		return len(path) == 1
	}
	return !u.Field(path[0]).Exported()
}

// fields lists the exported fields of a struct, and those that it has from embedded fields
// that are not exported.
func (l *list) fields(name string, s *types.Struct) {
	for f := range s.Fields() {
		switch {
		case f.Embedded() && f.Exported():
			l.add("type %s struct, embedded %s", name, l.typ(f.Type()))
		case f.Exported():
			l.add("type %s struct, %s %s", name, f.Name(), l.typ(f.Type()))
		case f.Embedded():
			if inner, ok := deref(f.Type()).Underlying().(*types.Struct); ok {
				l.fields(name, inner)
			}
		}
	}
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func (l *list) methodsOfInterface(name string, i *types.Interface) {
	for m := range i.ExplicitMethods() {
		if !m.Exported() {
			l.add("type %s interface, unexported methods", name)
			continue
		}
		l.add("type %s interface, %s%s", name, m.Name(), l.signature(m.Signature()))
	}
	for e := range i.EmbeddedTypes() {
		l.add("type %s interface, embedded %s", name, l.typ(e))
	}
}

// typ writes a type without the names of parameters.
func (l *list) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Signature:
		return "func" + l.signature(t)
	case *types.Pointer:
		return "*" + l.typ(t.Elem())
	case *types.Slice:
		return "[]" + l.typ(t.Elem())
	case *types.Map:
		return "map[" + l.typ(t.Key()) + "]" + l.typ(t.Elem())
	}
	return types.TypeString(t, l.qualifier)
}

func (l *list) qualifier(p *types.Package) string {
	if p == l.pkg {
		return ""
	}
	return p.Name()
}

func (l *list) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var params []string
	for p := range list.TypeParams() {
		params = append(params, p.Obj().Name()+" "+l.typ(p.Constraint()))
	}
	return "[" + strings.Join(params, ", ") + "]"
}

func (l *list) signature(s *types.Signature) string {
	params := l.tuple(s.Params())
	if s.Variadic() {
		last := len(params) - 1
		params[last] = "..." + strings.TrimPrefix(params[last], "[]")
	}
	out := "(" + strings.Join(params, ", ") + ")"
	switch results := l.tuple(s.Results()); len(results) {
	case 0:
		return out
	case 1:
		return out + " " + results[0]
	default:
		return out + " (" + strings.Join(results, ", ") + ")"
	}
}

func (l *list) tuple(t *types.Tuple) []string {
	var list []string
	for v := range t.Variables() {
		list = append(list, l.typ(v.Type()))
	}
	return list
}
