
2
xPlaceholder*
dtype0*
shape
:

opNegx*
T0