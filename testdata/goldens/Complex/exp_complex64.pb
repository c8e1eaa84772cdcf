
2
xPlaceholder*
dtype0*
shape
:

opExpx*
T0