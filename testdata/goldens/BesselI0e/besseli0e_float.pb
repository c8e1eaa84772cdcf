
2
xPlaceholder*
dtype0*
shape
:	

op	BesselI0ex*
T0