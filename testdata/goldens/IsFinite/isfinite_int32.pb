
.
xPlaceholder*
dtype0*
shape:

opIsFinitex*
T0