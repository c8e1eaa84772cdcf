
.
xPlaceholder*
dtype0*
shape:

opCeilx*
T0