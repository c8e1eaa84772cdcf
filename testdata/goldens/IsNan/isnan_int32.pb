
.
xPlaceholder*
dtype0*
shape:

opIsNanx*
T0