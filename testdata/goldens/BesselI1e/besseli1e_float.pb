
2
xPlaceholder*
dtype0*
shape
:	

op	BesselI1ex*
T0