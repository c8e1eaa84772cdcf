
2
yPlaceholder*
dtype0*
shape
:
.
xPlaceholder*
dtype0*
shape:

opAtan2yx*
T0