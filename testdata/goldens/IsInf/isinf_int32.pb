
.
xPlaceholder*
dtype0*
shape:

opIsInfx*
T0