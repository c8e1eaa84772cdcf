
6
inputPlaceholder*
dtype0*
shape
:
&
opImaginput*

Tout0*
T0