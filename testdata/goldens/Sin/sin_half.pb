
2
xPlaceholder*
dtype0*
shape
:

opSinx*
T0