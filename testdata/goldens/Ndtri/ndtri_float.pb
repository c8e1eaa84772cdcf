
2
xPlaceholder*
dtype0*
shape
:	

opNdtrix*
T0