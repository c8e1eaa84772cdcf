
.
xPlaceholder*
dtype0*
shape:

op
Reciprocalx*
T0