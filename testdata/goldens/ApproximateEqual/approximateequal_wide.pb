
2
xPlaceholder*
dtype0*
shape
:
2
yPlaceholder*
dtype0*
shape
:
9
opApproximateEqualxy*
T0*
	tolerance%333?