
.
xPlaceholder*
dtype0*
shape:

opSignx*
T0