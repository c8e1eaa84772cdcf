
2
xPlaceholder*
dtype0*
shape
:	

opBesselK0x*
T0