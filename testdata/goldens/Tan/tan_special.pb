
.
xPlaceholder*
dtype0*
shape:

opTanx*
T0