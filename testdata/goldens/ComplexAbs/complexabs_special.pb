
2
xPlaceholder*
dtype0*
shape
:		

op
ComplexAbsx*
T0