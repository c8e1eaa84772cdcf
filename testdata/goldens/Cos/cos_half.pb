
2
xPlaceholder*
dtype0*
shape
:

opCosx*
T0