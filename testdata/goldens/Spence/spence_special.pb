
.
xPlaceholder*
dtype0*
shape:

opSpencex*
T0