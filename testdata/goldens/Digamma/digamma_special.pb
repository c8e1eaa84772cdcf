
.
xPlaceholder*
dtype0*
shape:

opDigammax*
T0