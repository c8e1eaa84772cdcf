
2
tPlaceholder*
dtype0*
shape
:

opL2Losst*
T0