
.
xPlaceholder*
dtype0*
shape:

opLgammax*
T0