
2
xPlaceholder*
dtype0*
shape
:	

op	BesselK0ex*
T0