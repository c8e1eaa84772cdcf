
6
inputPlaceholder*
dtype0*
shape
:
'
opAngleinput*

Tout0*
T0