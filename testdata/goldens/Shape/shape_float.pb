
6
inputPlaceholder*
dtype0*
shape
:

opShapeinput*
T0