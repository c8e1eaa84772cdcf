
.
xPlaceholder*
dtype0*
shape:l
.
yPlaceholder*
dtype0*
shape:l

opFloorModxy*
T0