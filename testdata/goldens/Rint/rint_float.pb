
.
xPlaceholder*
dtype0*
shape:

opRintx*
T0