
2
xPlaceholder*
dtype0*
shape
:	

opBesselY0x*
T0