
.
xPlaceholder*
dtype0*
shape:

opRoundx*
T0