
.
xPlaceholder*
dtype0*
shape:
.
yPlaceholder*
dtype0*
shape:

opModxy*
T0