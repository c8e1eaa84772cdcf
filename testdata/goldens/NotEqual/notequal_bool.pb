
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

opNotEqualxy*
T0
