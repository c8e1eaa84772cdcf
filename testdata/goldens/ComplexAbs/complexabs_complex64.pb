
2
xPlaceholder*
dtype0*
shape
:
(
op
ComplexAbsx*

Tout0*
T0