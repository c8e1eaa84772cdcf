
.
xPlaceholder*
dtype0*
shape:

opErfinvx*
T0