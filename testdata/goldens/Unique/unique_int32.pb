
.
xPlaceholder*
dtype0*
shape:

opUniquex*
T0