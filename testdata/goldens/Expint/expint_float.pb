
2
xPlaceholder*
dtype0*
shape
:	

opExpintx*
T0