
2
xPlaceholder*
dtype0*
shape
:	

opBesselY1x*
T0