
6
inputPlaceholder*
dtype0*
shape
:
$
opSelfAdjointEiginput*
T0"
