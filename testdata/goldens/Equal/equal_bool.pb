
.
xPlaceholder*
dtype0
*
shape:
.
yPlaceholder*
dtype0
*
shape:

opEqualxy*
T0
