
2
xPlaceholder*
dtype0*
shape
:

opSquarex*
T0