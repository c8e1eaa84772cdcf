
.
xPlaceholder*
dtype0*
shape:

opFloorx*
T0