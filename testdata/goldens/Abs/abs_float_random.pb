
2
xPlaceholder*
dtype0*
shape
:

opAbsx*
T0