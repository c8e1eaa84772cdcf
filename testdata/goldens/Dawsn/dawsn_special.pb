
.
xPlaceholder*
dtype0*
shape:

opDawsnx*
T0