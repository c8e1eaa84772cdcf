
2
xPlaceholder*
dtype0*
shape
:

opInvertx*
T0