
2
xPlaceholder*
dtype0*
shape
:	

opBesselJ0x*
T0