
2
xPlaceholder*
dtype0*
shape
:

op	ZerosLikex*
T0