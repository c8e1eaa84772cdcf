
2
xPlaceholder*
dtype0*
shape
:	

opBesselJ1x*
T0