
.
xPlaceholder*
dtype0*
shape:l
.
yPlaceholder*
dtype0*
shape:l

opDivxy*
T0