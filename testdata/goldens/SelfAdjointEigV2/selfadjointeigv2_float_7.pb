
:
inputPlaceholder*
dtype0*
shape:
&
opSelfAdjointEigV2input*
T0