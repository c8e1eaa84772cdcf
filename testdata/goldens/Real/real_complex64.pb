
6
inputPlaceholder*
dtype0*
shape
:
&
opRealinput*

Tout0*
T0