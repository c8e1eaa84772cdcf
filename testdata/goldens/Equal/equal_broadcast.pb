
2
xPlaceholder*
dtype0*
shape
:
6
yPlaceholder*
dtype0*
shape:

opEqualxy*
T0