
6
inputPlaceholder*
dtype0*
shape
:
6
opEnsureShapeinput*
T0*
shape
: