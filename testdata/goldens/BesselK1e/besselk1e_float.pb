
2
xPlaceholder*
dtype0*
shape
:	

op	BesselK1ex*
T0